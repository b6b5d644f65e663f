"""A token's signature, verified by PyJWT against a key set (RFC 7517). Times, issuer and lists are judged elsewhere."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping
from typing import cast

import jwt

from agentcore_auth.authorizer.causes import Cause, TokenError, quoted
from agentcore_auth.authorizer.jws import parse

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric only: `none` signs nothing, and with HS256 anybody could sign with the public key as the secret."""

_DEFAULT_ALGORITHM: Mapping[object, str] = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


class VerificationError(TokenError):
    """The signature could not be verified; `cause` says why."""


def verify(token: str, jwks: Mapping[str, object]) -> Mapping[str, object]:
    """The claims of a token that was signed by a key of `jwks` (a JWK set: `{"keys": […]}`).

    Raises TokenError: what is no signed token (jws.parse), ALGORITHM_NOT_ALLOWED, UNKNOWN_KEY, SIGNATURE_WRONG,
    JWKS_UNUSABLE.
    """
    parts = parse(token)
    algorithm = parts.header.get("alg")
    if algorithm not in ALGORITHMS:
        raise VerificationError(
            Cause.ALGORITHM_NOT_ALLOWED,
            f"algorithm {quoted(algorithm, 40)} is not allowed: only asymmetric ones are, such as RS256",
        )
    keys = _candidates(jwks, parts.header.get("kid"), cast("str", algorithm))
    if not any(_is_signed_by(token, key) for key in keys):
        raise VerificationError(
            Cause.SIGNATURE_WRONG, "the signature is wrong: the token was altered, cut off, or signed with another key"
        )
    return parts.claims


def usable_keys(jwks: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The keys of a JWK set that can verify signatures by an allowed algorithm. Raises TokenError (JWKS_UNUSABLE)."""
    keys = jwks.get("keys")
    if not isinstance(keys, list):
        raise VerificationError(Cause.JWKS_UNUSABLE, 'not a key set: it has no list "keys"')
    signing = [
        cast("Mapping[str, object]", key)
        for key in cast("list[object]", keys)
        if isinstance(key, Mapping)
        and key.get("kty") in ("RSA", "EC", "OKP")
        and key.get("use", "sig") == "sig"
        and key.get("alg", "RS256") in ALGORITHMS
    ]
    if not signing:
        raise VerificationError(Cause.JWKS_UNUSABLE, "the key set holds no public key for verifying signatures")
    return signing


def readable_keys(jwks: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The usable keys that can really be loaded. Raises TokenError (JWKS_UNUSABLE) where none can."""
    readable: list[Mapping[str, object]] = []
    for key in usable_keys(jwks):
        with contextlib.suppress(jwt.PyJWTError, ValueError, TypeError):
            jwt.PyJWK(dict(key), None if "alg" in key else _DEFAULT_ALGORITHM.get(key.get("kty")))
            readable.append(key)
    if not readable:
        raise VerificationError(Cause.JWKS_UNUSABLE, "none of the issuer's keys can be read")
    return readable


def _candidates(jwks: Mapping[str, object], kid: object, algorithm: str) -> list[jwt.PyJWK]:
    keys = usable_keys(jwks)
    named = keys if kid is None else [key for key in keys if key.get("kid") == kid]
    if not named:
        known = ", ".join(quoted(key.get("kid"), 60) for key in keys[:5])
        raise VerificationError(
            Cause.UNKNOWN_KEY, f"the token's key id {quoted(kid, 60)} is not in the issuer's key set ({known})"
        )
    family = {"R": "RSA", "P": "RSA", "E": "EC"}.get(algorithm[0]) if algorithm != "EdDSA" else "OKP"
    fitting = [key for key in named if key.get("kty") == family and key.get("alg", algorithm) == algorithm]
    if not fitting:
        kind = named[0].get("alg") or named[0].get("kty")
        raise VerificationError(
            Cause.ALGORITHM_NOT_ALLOWED,
            f"algorithm {quoted(algorithm, 40)} is not allowed with the key that the token names ({quoted(kind, 40)})",
        )
    try:
        return [jwt.PyJWK(dict(key), algorithm) for key in fitting]
    except (jwt.PyJWTError, ValueError, TypeError):
        raise VerificationError(Cause.JWKS_UNUSABLE, "the issuer's key cannot be read") from None


def _is_signed_by(token: str, key: jwt.PyJWK) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a short key is the issuer's affair; the question here is who signed
        try:
            jwt.PyJWS().decode(token, key, algorithms=[key.algorithm_name])
        except (jwt.PyJWTError, ValueError, TypeError):
            return False
    return True
