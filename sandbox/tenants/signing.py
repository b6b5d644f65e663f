"""RSA keys of an issuer: what it signs access tokens with and publishes at its JWKS endpoint."""

from __future__ import annotations

from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey

ALGORITHM = "RS256"


class SigningKey:
    """One RS256 key pair; `kid` is its RFC 7638 thumbprint."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._public = RSAKey.import_key(self._private.public_key())
        self.kid = self._public.thumbprint()

    def jwks(self) -> dict[str, object]:
        """The JSON Web Key Set (RFC 7517) that verifiers fetch."""
        return {"keys": [self._public.as_dict(kid=self.kid, use="sig", alg=ALGORITHM)]}

    def sign(self, claims: Mapping[str, object], *, typ: str | None = "JWT") -> str:
        """A compact JWS over `claims`; `typ` None leaves that header out."""
        headers = {"kid": self.kid, "typ": typ}
        return jwt.encode(dict(claims), self._private, algorithm=ALGORITHM, headers=headers)

    def verify(self, token: str, *, issuer: str, audience: str) -> dict[str, object]:
        """The claims of an unexpired token of this key; raises `jwt.InvalidTokenError` otherwise."""
        return jwt.decode(token, self._private.public_key(), algorithms=[ALGORITHM], issuer=issuer, audience=audience)
