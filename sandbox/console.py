"""Lines for the user, who may stop reading at any time: `… | head -3` must not stop a deployment halfway."""

from __future__ import annotations

import os
import sys
from threading import Lock
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


class Dots:
    """A dot for each resource that a deployment tells of, by the lines of its progress; other lines as they are.

    Those that are `held_back` wait for `show`, since something else is printed meanwhile.
    """

    def __init__(self, *, held_back: bool = False) -> None:
        self._done, self._shown, self._held_back = 0, 0, held_back
        self._lock = Lock()

    def tell(self, line: str) -> None:
        """A line of the deployment's progress."""
        with self._lock:
            if not line.startswith("  +"):
                say(line, sys.stderr)
                return
            self._done += 1
            self._catch_up()

    def show(self) -> None:
        """Print what was held back, and hold back no more."""
        with self._lock:
            self._held_back = False
            self._catch_up()

    def _catch_up(self) -> None:
        while self._shown < self._done and not self._held_back:
            self._shown += 1
            tick(self._shown)


def cut(line: str, width: int) -> str:
    """The line, or what fits of it."""
    return line if len(line) <= width else f"{line[: width - 1]}…"
