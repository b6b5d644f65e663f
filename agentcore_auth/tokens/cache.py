"""Tokens kept until shortly before they expire, in files that only the user can read.

One file for each request, in `$XDG_CACHE_HOME/agentcore-auth/` (by default `~/.cache/agentcore-auth/`), named by a hash
of everything that the request depends on; so another secret, scope or audience is another file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import cast

LONGEST_MARGIN = 60.0
"""Seconds before its expiry from which on a token is not handed out any more; a tenth of its life if that is less."""


@dataclass(frozen=True)
class CachedToken:
    """A token and until when it is handed out, and valid (seconds since 1970)."""

    access_token: str
    usable_until: float
    expires_at: float


class TokenCache:
    """The cache in a folder. A folder that cannot be written is no error: nothing is kept then."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or users_caches() / "agentcore-auth"

    def path(self, *request: str | None) -> Path:
        """The file for a request: its endpoint, client, secret, scope and audience."""
        return self._folder / f"{hashlib.sha256(json.dumps(request).encode()).hexdigest()}.json"

    def load(self, path: Path, now: float) -> CachedToken | None:
        """The token in a file, if it can be handed out for a while still."""
        try:
            fields = cast("dict[str, object]", json.loads(path.read_text(encoding="ascii")))
            token, usable_until, expires_at = fields["token"], fields["usable_until"], fields["expires_at"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None
        if not (isinstance(usable_until, int | float) and isinstance(expires_at, int | float)):
            return None
        return CachedToken(token, usable_until, expires_at) if isinstance(token, str) and now < usable_until else None

    def store(self, path: Path, token: str, lifetime: float, now: float) -> None:
        """Keep a token that is valid for `lifetime` seconds from `now`."""
        margin = min(LONGEST_MARGIN, lifetime / 10)
        fields = {"token": token, "usable_until": now + lifetime - margin, "expires_at": now + lifetime}
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, json.dumps(fields))


def users_caches() -> Path:
    """Where the user's caches are (XDG Base Directory Specification); of nobody's, a place that holds nothing."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base and Path(base).is_absolute():
        return Path(base)
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        return Path(os.devnull)  # containers may run as a user whom the system does not know


def write_private(path: Path, text: str) -> None:
    """Write a file that only the user can read, at once or not at all. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
