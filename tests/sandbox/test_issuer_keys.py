"""An issuer changes its keys: new tokens are taken at once, old ones while their key is published, and nobody can make
the gateway ask again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from agentcore_auth.authorizer.causes import TokenError
from agentcore_auth.authorizer.jws import parse
from agentcore_auth.authorizer.verification import verify
from sandbox.gateway.issuer_keys import LIFETIME, PAUSE, IssuerKeys
from tests.unit.issued_tokens import COGNITO_ISSUER, cognito, discovery_url, public_key, signed

URL = discovery_url(COGNITO_ISSUER)
KEYS_URL = f"{COGNITO_ISSUER}/keys"
OLD, NEW, FORGED = (signed(cognito(), kid=kid) for kid in ("old", "new", "forged"))


@pytest.fixture
def loop() -> Generator[asyncio.AbstractEventLoop]:
    """One for the whole test, as a gateway has one."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


class Issuer:
    """An issuer with a list of keys, and a gateway that knows it; `fetched` counts what was asked of the issuer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *kids: str) -> None:
        self._loop = loop
        self.kids = list(kids)
        self.fetched = 0
        self.now = 1000.0
        self._keys = IssuerKeys(self._fetch, lambda: self.now)

    async def _fetch(self, url: str) -> Mapping[str, Any]:
        self.fetched += 1
        await asyncio.sleep(0)
        if not self.kids:
            raise LookupError(url)
        documents: dict[str, Mapping[str, Any]] = {
            URL: {"issuer": COGNITO_ISSUER, "jwks_uri": KEYS_URL},
            KEYS_URL: {"keys": [public_key(kid) for kid in self.kids]},
        }
        return documents[url]

    async def _takes(self, token: str) -> bool:
        published = await self._keys.of(URL, parse(token).header.get("kid"))
        try:
            verify(token, published.jwks or {})
        except TokenError:
            return False
        return published.issuer == COGNITO_ISSUER

    def takes(self, *tokens: str) -> list[bool]:
        """Whether the gateway takes these tokens, sent all at once."""

        async def all_at_once() -> list[bool]:
            return list(await asyncio.gather(*(self._takes(token) for token in tokens)))

        return self._loop.run_until_complete(all_at_once())


def test_many_requests_are_one_look_at_the_issuer(loop: asyncio.AbstractEventLoop) -> None:
    issuer = Issuer(loop, "old")
    assert issuer.takes(*[OLD] * 50) == [True] * 50
    assert issuer.fetched == 2  # its discovery document and its keys


def test_a_new_key_is_known_at_once_and_the_old_one_still(loop: asyncio.AbstractEventLoop) -> None:
    issuer = Issuer(loop, "old")
    assert issuer.takes(OLD, NEW) == [True, False]
    issuer.now += PAUSE
    issuer.kids = ["new", "old"]
    assert issuer.takes(NEW, OLD) == [True, True]


def test_a_new_key_is_known_at_once_although_the_issuer_was_just_looked_at(loop: asyncio.AbstractEventLoop) -> None:
    issuer = Issuer(loop, "old")
    assert issuer.takes(OLD) == [True]
    issuer.kids = ["new"]
    assert issuer.takes(NEW) == [True]


def test_a_key_that_is_gone_is_forgotten(loop: asyncio.AbstractEventLoop) -> None:
    issuer = Issuer(loop, "old", "new")
    assert issuer.takes(OLD, NEW) == [True, True]
    issuer.kids = ["new"]
    issuer.now += LIFETIME
    assert issuer.takes(OLD, NEW) == [False, True]


def test_forged_key_ids_make_no_storm_of_requests(loop: asyncio.AbstractEventLoop) -> None:
    issuer = Issuer(loop, "old")
    assert issuer.takes(OLD, *[FORGED] * 200) == [True, *[False] * 200]
    assert issuer.fetched == 4  # once for the good one, once more for all of the others
    issuer.now += PAUSE
    issuer.takes(*[FORGED] * 200)
    assert issuer.fetched == 6


def test_an_issuer_that_cannot_be_had_is_asked_again_after_the_pause(loop: asyncio.AbstractEventLoop) -> None:
    issuer = Issuer(loop)
    assert issuer.takes(*[OLD] * 50) == [False] * 50
    asked = issuer.fetched
    issuer.kids = ["old"]
    issuer.now += PAUSE
    assert issuer.takes(OLD) == [True]
    assert asked == 2  # the first look, and one because nothing was known of the key
