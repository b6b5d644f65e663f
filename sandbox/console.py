"""Lines for the user, who may stop reading at any time: `… | head -3` must not stop a deployment halfway."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_DOTS = 80
"""In a line."""


def say(text: object, stream: TextIO | None = None) -> None:
    """Print a line, at once, to standard output unless another stream is given; nothing where nobody reads any more."""
    told: TextIO = stream or sys.stdout
    try:
        told.write(f"{text}\n")
        told.flush()
    except BrokenPipeError:
        # What is still in the buffer, and all that follows, goes nowhere; closing it instead would fail once more.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, told.fileno())
        os.close(nowhere)


def tick(done: int) -> None:
    """So many are done: a dot for the last of them on standard error, where it is in no result's way."""
    sys.stderr.write("." if done % _DOTS else ".\n")
    sys.stderr.flush()


def cut(line: str, width: int) -> str:
    """The line, or what fits of it."""
    return line if len(line) <= width else f"{line[: width - 1]}…"
