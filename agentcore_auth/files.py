"""Reading what a user names: it may be a pipe that nobody writes to, or a device that never ends."""

from __future__ import annotations

import os
import select
import stat
from pathlib import Path

TEXT_LIMIT = 64 * 1024 * 1024
"""Bytes of a preview or of outputs: far more than a stack's have."""
PIPE_SECONDS = 60.0
"""How long a pipe may be silent: whatever fills it may have to start first."""
_CHUNK = 1024 * 1024


class UnreadableError(Exception):
    """What cannot be read; the message names it and says why."""


def reason(error: OSError) -> str:
    """What the system refused, in a line: where, as far as it says so, and why."""
    where = error.filename or ("the current folder" if isinstance(error, FileNotFoundError) else None)
    why = error.strerror or str(error)
    return f"{where}: {why}" if where else why


def read_text(path: str | Path, limit: int = TEXT_LIMIT) -> str:
    """The text of a file in UTF-8. Raises UnreadableError."""
    try:
        return read_bytes(path, limit).decode()
    except UnicodeDecodeError:
        raise UnreadableError(f"{path} cannot be read: it is no text in UTF-8") from None


def read_bytes(path: str | Path, limit: int) -> bytes:
    """All of a file, of a pipe once its writer is done, or of a device that ends before the limit.

    Raises UnreadableError for what is not there, too long, or a pipe that nobody writes to.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # else a pipe without writer is waited for
        try:
            return _read(descriptor, path, limit)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"{path} cannot be read: {reason}") from None


def _read(descriptor: int, path: str | Path, limit: int) -> bytes:
    is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    if not is_pipe:
        os.set_blocking(descriptor, True)
    parts: list[bytes] = []
    left = limit + 1
    while left:
        if is_pipe and not _has_more(descriptor):
            raise UnreadableError(f"{path} cannot be read: it is a pipe that nobody writes to")
        part = os.read(descriptor, min(left, _CHUNK))
        if not part:
            return b"".join(parts)
        parts.append(part)
        left -= len(part)
    raise UnreadableError(f"{path} cannot be read: it is longer than {size_text(limit)}")


def _has_more(descriptor: int) -> bool:
    """Wait until there is something in a pipe, or its last writer has gone; False where neither comes."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN | select.POLLHUP)
    return bool(waiting.poll(PIPE_SECONDS * 1000))


def size_text(limit: int) -> str:
    """A number of bytes for people."""
    return f"{limit // 1024**2} MB" if limit >= 1024**2 else f"{limit // 1024} KB"
