"""How two values that should be equal differ: the near misses that cost people their afternoons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.families import AUTH0, COGNITO, OKTA, is_host_of
from agentcore_auth.authorizer.shapes import host_of

_SEPARATORS = r"[/:.#|]"
_SCHEME = r"(?i)^(https?://|api://|urn:)"


def client_id_difference(allowed: Iterable[str], client_id: str) -> Cause:
    """Why `client_id`, which is none of `allowed`, is not."""
    folded = client_id.casefold()
    return Cause.CLIENT_ID_CASE if any(value.casefold() == folded for value in allowed) else Cause.CLIENT_ID_DIFFERS


def audience_difference(allowed: Iterable[str], actual: tuple[str, ...], *, is_array: bool) -> Cause:
    """Why none of the token's audiences `actual` is in `allowed`."""
    pairs = [(value, other) for value in allowed for other in actual]
    if any(value.rstrip("/") == other.rstrip("/") for value, other in pairs):
        return Cause.AUDIENCE_SLASH
    if any(re.sub(_SCHEME, "", value) == re.sub(_SCHEME, "", other) for value, other in pairs):
        return Cause.AUDIENCE_SCHEME
    if any(value.casefold() == other.casefold() for value, other in pairs):
        return Cause.AUDIENCE_CASE
    folded = [(_fold_audience(value), _fold_audience(other)) for value, other in pairs]
    if any(value == other for value, other in folded):
        return Cause.AUDIENCE_SCHEME
    return Cause.AUDIENCE_ARRAY if is_array and len(actual) > 1 else Cause.AUDIENCE_DIFFERS


def scope_difference(allowed: Iterable[str], actual: tuple[str, ...]) -> Cause:
    """Why none of the token's scopes `actual` is in `allowed`."""
    wanted = set(allowed)
    if any(wanted & set(re.split(r"[,;+|\s]", scope)) for scope in actual if re.search(r"[,;+|\s]", scope)):
        return Cause.SCOPE_SEPARATOR
    split_pairs = [(re.split(_SEPARATORS, value), re.split(_SEPARATORS, other)) for value in wanted for other in actual]
    if any(value == other for value, other in split_pairs):
        return Cause.SCOPE_SEPARATOR
    if any(value[-1] == other[-1] for value, other in split_pairs):
        return Cause.SCOPE_PREFIX
    return Cause.SCOPE_MISSING


def issuer_difference(expected: str, actual: str) -> Cause:
    """Why a token of issuer `actual` is none of issuer `expected`."""
    if expected.rstrip("/") == actual.rstrip("/"):
        return Cause.ISSUER_SLASH
    host, other = host_of(expected), host_of(actual)
    if is_host_of(host, COGNITO) and is_host_of(other, COGNITO):
        return Cause.OTHER_REGION if host != other else Cause.OTHER_POOL
    if is_okta_org_issuer(actual, expected):
        return Cause.ORG_SERVER_TOKEN
    if host == other:
        return Cause.OTHER_AUTHORIZATION_SERVER if "/oauth2/" in expected else Cause.OTHER_TENANT
    same_provider = any(is_host_of(host, family) and is_host_of(other, family) for family in (AUTH0, OKTA))
    return Cause.OTHER_TENANT if same_provider else Cause.OTHER_ISSUER


def is_okta_org_issuer(issuer: str, expected: str = "", claims: Mapping[str, object] | None = None) -> bool:
    """Whether a token of `issuer` is from an Okta org authorization server, whose tokens only Okta itself can check.

    A custom domain is known for Okta's by the `expected` issuer on it, or by the token's `cid`.
    """
    host = host_of(issuer)
    known = (
        is_host_of(host, OKTA)
        or (host != "" and host == host_of(expected) and "/oauth2/" in expected)
        or (claims is not None and "cid" in claims and "ver" in claims)
    )
    return known and urlsplit(issuer).path in {"", "/"}


def _fold_audience(value: str) -> str:
    return re.sub(_SCHEME, "", value).rstrip("/").casefold()
