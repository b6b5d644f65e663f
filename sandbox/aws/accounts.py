"""moto's backends of a service, which it keeps by account and region."""

from __future__ import annotations

from collections.abc import Iterator

from moto.core.base_backend import SERVICE_BACKEND, BackendDict


def every(backends: BackendDict[SERVICE_BACKEND]) -> Iterator[SERVICE_BACKEND]:
    """Those that were used so far, whichever account's."""
    for account in list(backends.values()):
        yield from list(account.values())
