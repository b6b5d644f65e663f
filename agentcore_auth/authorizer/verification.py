"""A token's signature, verified by PyJWT against a key set (RFC 7517). Times, issuer and lists are judged elsewhere."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import cast

import jwt
from jwt.utils import base64url_decode

from agentcore_auth.authorizer.causes import Cause, TokenError, quoted
from agentcore_auth.authorizer.jws import ALGORITHMS, check_header, is_canonical, parse

SHORTEST_RSA_KEY = 2048
"""Bits (RFC 7518, 3.3 and 3.5)."""

_DEFAULT_ALGORITHM: Mapping[object, str] = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


class VerificationError(TokenError):
    """The signature could not be verified; `cause` says why."""


def verify(token: str, jwks: Mapping[str, object]) -> Mapping[str, object]:
    """The claims of a token that was signed by a key of `jwks` (a JWK set: `{"keys": […]}`).

    Raises TokenError: what is no signed token (jws.parse), what its header forbids (jws.check_header), UNKNOWN_KEY,
    KEY_TOO_SHORT, SIGNATURE_WRONG, JWKS_UNUSABLE.
    """
    parts = parse(token)
    check_signature(token, parts.header, jwks)
    return parts.claims


def check_signature(token: str, header: Mapping[str, object], jwks: Mapping[str, object]) -> None:
    """As `verify`, for a token whose header was read already; what it signs may be anything."""
    check_header(header)
    keys = _candidates(jwks, header.get("kid"), cast("str", header["alg"]))
    long_enough = [key for key in keys if _bits(key) >= SHORTEST_RSA_KEY]
    if not long_enough:
        raise VerificationError(
            Cause.KEY_TOO_SHORT,
            f"the issuer's RSA key has {_bits(keys[0])} bits, fewer than {SHORTEST_RSA_KEY} (RFC 7518, 3.3)",
        )
    signed, _, signature = token.rpartition(".")
    if not is_canonical(signature) or not any(_is_signed_by(signed, signature, key) for key in long_enough):
        raise VerificationError(
            Cause.SIGNATURE_WRONG, "the signature is wrong: the token was altered, cut off, or signed with another key"
        )


def usable_keys(jwks: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The keys of a JWK set that can verify signatures by an allowed algorithm. Raises TokenError (JWKS_UNUSABLE)."""
    keys = jwks.get("keys")
    if not isinstance(keys, list):
        raise VerificationError(Cause.JWKS_UNUSABLE, 'not a key set: it has no list "keys"')
    signing = [
        cast("Mapping[str, object]", key)
        for key in cast("list[object]", keys)
        if isinstance(key, Mapping) and _is_for_verifying(cast("Mapping[str, object]", key))
    ]
    if not signing:
        raise VerificationError(Cause.JWKS_UNUSABLE, "the key set holds no public key for verifying signatures")
    return signing


def readable_keys(jwks: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The usable keys that can really be loaded. Raises TokenError (JWKS_UNUSABLE, KEY_TOO_SHORT) where none can."""
    keys = usable_keys(jwks)
    loaded = [_loaded(key, _DEFAULT_ALGORITHM[key["kty"]] if "alg" not in key else None) for key in keys]
    if not any(loaded):
        raise VerificationError(Cause.JWKS_UNUSABLE, "none of the issuer's keys can be read")
    readable = [key for key, read in zip(keys, loaded, strict=True) if read and _bits(read) >= SHORTEST_RSA_KEY]
    if not readable:
        message = f"all of the issuer's RSA keys have fewer than {SHORTEST_RSA_KEY} bits (RFC 7518, 3.3)"
        raise VerificationError(Cause.KEY_TOO_SHORT, message)
    return readable


def _is_for_verifying(key: Mapping[str, object]) -> bool:
    """Whether a key says itself that it is one for this (RFC 7517: `use`, 4.2; `key_ops`, 4.3; `alg`, 4.4)."""
    operations = key.get("key_ops", ["verify"])
    return (
        key.get("kty") in tuple(_DEFAULT_ALGORITHM)
        and key.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and key.get("alg", "RS256") in ALGORITHMS
    )


def _candidates(jwks: Mapping[str, object], kid: object, algorithm: str) -> list[jwt.PyJWK]:
    keys = usable_keys(jwks)
    named = keys if kid is None else [key for key in keys if isinstance(kid, str) and key.get("kid") == kid]
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
    # One that cannot be read is no reason to refuse what another one signed.
    readable = [key for key in (_loaded(key, algorithm) for key in fitting) if key is not None]
    if not readable:
        raise VerificationError(Cause.JWKS_UNUSABLE, "the issuer's key cannot be read")
    return readable


def _loaded(key: Mapping[str, object], algorithm: str | None) -> jwt.PyJWK | None:
    try:
        return _loaded_from(json.dumps(key), algorithm)
    except Exception:  # what an issuer publishes may be of any type, and PyJWT and OpenSSL fail in many ways on it
        return None


@functools.lru_cache(maxsize=64)
def _loaded_from(key: str, algorithm: str | None) -> jwt.PyJWK:
    """Kept, because reading a key takes as long as verifying a signature with it, and issuers have few."""
    return jwt.PyJWK(json.loads(key), algorithm)


def _bits(key: jwt.PyJWK) -> int:
    """The length of an RSA key; of other kinds none is too short."""
    return int(key.key.key_size) if key.key_type == "RSA" else SHORTEST_RSA_KEY


def _is_signed_by(signed: str, signature: str, key: jwt.PyJWK) -> bool:
    """Header and claims were read, so PyJWT's own reading of the token is left out: only its algorithm is used."""
    try:
        return key.Algorithm.verify(signed.encode(), key.key, base64url_decode(signature))
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
