"""Times of a token, as a person reads them. Pure."""

from __future__ import annotations

from datetime import datetime, timezone

_UNITS = ((365 * 86400, "years"), (86400, "days"), (3600, "hours"), (60, "minutes"))
_MILLISECONDS = 10**11
"""From here on (the year 5138 in seconds, 1973 in milliseconds) a time is in milliseconds."""


def duration(seconds: float) -> str:
    """A number of seconds, from 0 on, in the largest unit of which it has two."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{int(min(seconds // size, 10**6))} {unit}"
    return f"{int(seconds)} seconds" if seconds >= 2 else "a second"


def moment(seconds: float) -> str | None:
    """Seconds since 1970 as a date (UTC); None beyond the calendar."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return None


def is_in_milliseconds(seconds: float) -> bool:
    """Whether a time claim was in all likelihood written in milliseconds, where RFC 7519 (2) wants seconds."""
    return seconds >= _MILLISECONDS
