"""Commands that people run at a prompt, as whole processes, and how fast tokens are verified and judged."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.authorizer.verification import verify
from bench.measuring import Bench, BenchError, Cost, Figure, Limit, in_turn, ratios
from sandbox.services import PROJECT

_ISSUER = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_Example12"
_AUTHORIZER: dict[str, Any] = {
    "discoveryUrl": f"{_ISSUER}/.well-known/openid-configuration",
    "allowedClients": ["1example23456789"],
    "allowedScopes": ["tools/read"],
}
_TOKENS = 300
"""Verified in one round: a tenth of a second."""


class Signed:
    """A token as Cognito issues them, and the keys to verify it with."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        now = int(time.time())
        self.claims = {
            "sub": "1example23456789",
            "token_use": "access",
            "scope": "tools/read",
            "auth_time": now,
            "iss": _ISSUER,
            "exp": now + 86400,
            "iat": now,
            "version": 2,
            "jti": "0f8fad5b-d9cb-469f-a165-70867728950e",
            "client_id": "1example23456789",
        }
        self.token = jwt.encode(self.claims, key, "RS256", headers={"kid": "one"})
        self.public = key.public_key()
        published: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.public))
        self.jwks = {"keys": [{**published, "kid": "one", "alg": "RS256", "use": "sig"}]}


def at_the_prompt(bench: Bench) -> Iterator[Figure]:
    """`decode` and `check`, each against a Python that does nothing but `import jwt`."""
    signed = Signed()
    folder = bench.folder / "commands"
    folder.mkdir()
    (folder / "jwks.json").write_text(json.dumps(signed.jwks))
    (folder / "authorizer.json").write_text(json.dumps(_AUTHORIZER))
    command = str(Path(sys.executable).with_name("agentcore-auth"))

    def run(*arguments: str) -> Callable[[], Cost]:
        return lambda: bench.command(*arguments, cwd=folder, stdin=signed.token)

    decode, check, bare = in_turn(
        3 * bench.rounds,
        run(command, "decode"),
        run(command, "check", "--authorizer", "authorizer.json", "--jwks", "jwks.json"),
        run(sys.executable, "-c", "import jwt"),
    )
    decoding, checking, importing = ([cost.cpu for cost in costs] for costs in (decode, check, bare))
    yield Figure("command line: a bare import jwt", importing, "s")
    yield Figure("command line: decode / import jwt", ratios(decoding, importing), "x", Limit(at_most=1.0))
    yield Figure("command line: check --jwks / import jwt", ratios(checking, importing), "x", Limit(at_most=1.4))


def verifying(bench: Bench) -> Iterator[Figure]:
    """Tokens a second, of verify and judge against PyJWT's decode with the key at hand."""
    signed = Signed()
    authorizer = Authorizer.from_api(_AUTHORIZER)

    def ours() -> None:
        claims = verify(signed.token, signed.jwks)
        if judge(authorizer, claims, issuer=_ISSUER, now=time.time()).status != 200:
            raise BenchError("the token that is measured with is refused")

    def bare() -> None:
        jwt.decode(signed.token, signed.public, algorithms=["RS256"], issuer=_ISSUER)

    rates = in_turn(3 * bench.rounds, lambda: _rate(ours), lambda: _rate(bare))
    yield Figure("tokens: verified and judged", rates[0], "/s")
    yield Figure("tokens: decoded by PyJWT, the key at hand", rates[1], "/s")
    yield Figure("tokens: the former / the latter", ratios(*rates), "x", Limit(at_least=0.8))


def _rate(work: Callable[[], None]) -> float:
    began = time.process_time()
    for _ in range(_TOKENS):
        work()
    return _TOKENS / (time.process_time() - began)


def reporting(bench: Bench, preview: str) -> Iterator[Figure]:
    """`impact` on a preview of 100 gateways with ten callers each."""
    file = bench.folder / "impact.json"
    file.write_text(preview)
    command = str(Path(sys.executable).with_name("agentcore-auth"))
    runs = [bench.command(command, "impact", str(file), cwd=PROJECT) for _ in range(bench.rounds)]
    subject = "report: a preview of 100 gateways with 1,000 callers"
    yield Figure(subject, [run.cpu for run in runs], "s", Limit(at_most=2))
