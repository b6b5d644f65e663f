"""RSA keys of an issuer: what it signs access tokens with and publishes at its JWKS endpoint."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"


class SigningKey:
    """One RS256 key pair. `kid` is the key's RFC 7638 thumbprint unless given.

    A key with another issuer's `kid` signs what looks like that issuer's token until its signature is checked.
    """

    def __init__(self, kid: str | None = None) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self._private.public_key().public_numbers()
        self._public = {"kty": "RSA", "e": _base64url(numbers.e), "n": _base64url(numbers.n)}
        self.kid = kid or _thumbprint(self._public)

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


def _base64url(number: int) -> str:
    return _encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _thumbprint(public: Mapping[str, str]) -> str:
    canonical = json.dumps(public, sort_keys=True, separators=(",", ":"))
    return _encode(hashlib.sha256(canonical.encode()).digest())
