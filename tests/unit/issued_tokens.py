"""Tokens as the providers issue them, signed with keys of the tests' own."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

NOW = 1_800_000_000
POOL = "us-west-2_gmSGKKGr9"
COGNITO_ISSUER = f"https://cognito-idp.us-west-2.amazonaws.com/{POOL}"
AUTH0_ISSUER = "https://dev-tenant.us.auth0.com/"
OKTA_ISSUER = "https://dev-org.okta.com/oauth2/default"
COGNITO_CLIENT = "4hp7example2cq9"
AUTH0_CLIENT = "AbCdEf123456"
OKTA_CLIENT = "0oa1example5d7"


def discovery_url(issuer: str) -> str:
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def cognito(**changes: object) -> dict[str, object]:
    claims = {
        "sub": COGNITO_CLIENT,
        "token_use": "access",
        "scope": "gateway/read gateway/write",
        "auth_time": NOW - 10,
        "iss": COGNITO_ISSUER,
        "exp": NOW + 3590,
        "iat": NOW - 10,
        "version": 2,
        "jti": "0f1c",
        "client_id": COGNITO_CLIENT,
    }
    return _changed(claims, changes)


def auth0(**changes: object) -> dict[str, object]:
    """Dialect rfc9068_profile_authz, as in the tutorial's sample."""
    claims = {
        "iss": AUTH0_ISSUER,
        "sub": f"{AUTH0_CLIENT}@clients",
        "aud": "gateway123",
        "iat": NOW - 10,
        "exp": NOW + 86390,
        "scope": "invoke:gateway read:gateway",
        "jti": "a7",
        "client_id": AUTH0_CLIENT,
        "permissions": ["invoke:gateway", "read:gateway"],
    }
    return _changed(claims, changes)


def auth0_plain(**changes: object) -> dict[str, object]:
    """Dialect access_token: the client is in azp."""
    return auth0(
        **{
            "client_id": None,
            "permissions": None,
            "jti": None,
            "azp": AUTH0_CLIENT,
            "gty": "client-credentials",
            **changes,
        }
    )


def okta(**changes: object) -> dict[str, object]:
    claims = {
        "ver": 1,
        "jti": "AT.1",
        "iss": OKTA_ISSUER,
        "aud": "api://default",
        "iat": NOW - 10,
        "exp": NOW + 3590,
        "cid": OKTA_CLIENT,
        "scp": ["InvokeGateway"],
        "sub": OKTA_CLIENT,
    }
    return _changed(claims, changes)


@functools.cache
def signing_key(name: str) -> RSAPrivateKey:
    del name  # each name has a key of its own
    return generate_private_key(65537, 2048)


def public_key(kid: str = "current", **changes: object) -> dict[str, Any]:
    key: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(signing_key(kid).public_key()))
    return {**key, "kid": kid, "alg": "RS256", "use": "sig", **changes}


def key_set() -> dict[str, object]:
    return {"keys": [public_key()]}


def signed(claims: Mapping[str, object], *, kid: str = "current", key: str | None = None) -> str:
    """A token by the key of that name, or by `key`, that says it was `kid`."""
    return jwt.encode(dict(claims), signing_key(key or kid), "RS256", headers={"kid": kid})


def assembled(header: Mapping[str, object], claims: Mapping[str, object] | bytes, signature: bytes = b"x") -> str:
    """Any three parts, for what no library would sign."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return ".".join(_base64url(part) for part in (json.dumps(header).encode(), payload, signature))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _changed(claims: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """With the changes; None takes a claim out."""
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}
