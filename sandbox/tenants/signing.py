"""RSA keys of an issuer: what it signs access tokens with and publishes at its JWKS endpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

ALGORITHM = "RS256"


class SigningKey:
    """One RS256 key pair. `kid` is the key's RFC 7638 thumbprint unless given.

    A key with another issuer's `kid` signs what looks like that issuer's token until its signature is checked.
    """

    def __init__(self, kid: str | None = None) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        self._public = {name: str(numbers[name]) for name in ("e", "kty", "n")}
        canonical = json.dumps(self._public, sort_keys=True, separators=(",", ":"))
        self.kid = kid or base64url_encode(hashlib.sha256(canonical.encode()).digest()).decode()

    def jwks(self) -> dict[str, object]:
        """The JSON Web Key Set (RFC 7517) that verifiers fetch."""
        return {"keys": [{**self._public, "kid": self.kid, "use": "sig", "alg": ALGORITHM}]}

    def sign(self, claims: Mapping[str, object], *, typ: str | None = "JWT") -> str:
        """A compact JWS over `claims`; `typ` None leaves that header out."""
        return jwt.encode(dict(claims), self._private, algorithm=ALGORITHM, headers={"kid": self.kid, "typ": typ})

    def verify(self, token: str, *, issuer: str, audience: str) -> dict[str, object]:
        """The claims of an unexpired token of this key; raises `jwt.InvalidTokenError` otherwise."""
        return jwt.decode(token, self._private.public_key(), algorithms=[ALGORITHM], issuer=issuer, audience=audience)


def altered(claims: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """`claims` with `changes` over them; a change to None takes the claim out."""
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}
