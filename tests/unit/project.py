"""The project's folder, for tests of whatever depth."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]
