"""What a gateway keeps of an issuer: who it is, and the keys that it publishes.

A token that names a key which is not known is a reason to look again: the issuer may have begun to use it. But anybody
can send such a token, so that reason counts once a second. A key that an issuer takes back is forgotten after a minute.
How long AgentCore keeps keys is not known.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

FetchJson = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Gets a JSON object from a URL; raises LookupError where there is none."""

LIFETIME = 60.0
PAUSE = 1.0
"""Seconds that keys are kept, and from one look for an unknown key to the next."""


@dataclass(frozen=True)
class Published:
    """What an issuer published when it was looked at, and when last because of an unknown key; nothing, where it could
    not be had.
    """

    looked: float
    urged: float
    issuer: str = ""
    jwks: Mapping[str, Any] | None = None

    def has(self, kid: object) -> bool:
        return self.jwks is not None and (kid is None or kid in [key.get("kid") for key in self.jwks["keys"]])


class IssuerKeys:
    """`fetch` reaches the issuers; `clock` gives seconds from any start."""

    def __init__(self, fetch: FetchJson, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._held: dict[str, Published] = {}
        self._looking = defaultdict[str, asyncio.Lock](asyncio.Lock)

    async def of(self, discovery_url: str, kid: object) -> Published:
        """What the issuer at a discovery URL publishes, for a token that names the key `kid` (None: names none)."""
        async with self._looking[discovery_url]:
            now = self._clock()
            held = self._held.get(discovery_url, Published(-math.inf, -math.inf))
            is_old = now - held.looked >= LIFETIME
            is_urged = not is_old and not held.has(kid) and now - held.urged >= PAUSE
            if is_old or is_urged:
                held = await self._look(discovery_url, now, now if is_urged else held.urged)
                self._held[discovery_url] = held
            return held

    async def _look(self, discovery_url: str, now: float, urged: float) -> Published:
        try:
            discovery = await self._fetch(discovery_url)
            return Published(now, urged, discovery["issuer"], await self._fetch(discovery["jwks_uri"]))
        except LookupError:
            return Published(now, urged)
