"""How strictly a stack is set up; the stack file's key `mode`."""

from __future__ import annotations

from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["pinned", "tutorial"]
"""`pinned`: every claim that tokens offer is checked, least privilege in IAM. `tutorial`: as in AWS's walk-through."""

AccessMode: TypeAlias = Literal["enforce", "logOnly"]
"""Whether a gateway refuses the calls that no policy permits, or only logs that it would."""
