"""How two values that should be equal differ: the near misses that cost people their afternoons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.shapes import host_of

_SEPARATORS = r"[/:.#|]"
_SCHEME = r"(?i)^(https?://|api://|urn:)"
_OKTA_HOSTS = (".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com", ".okta.mil")


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
    if any(wanted & set(re.split(r"[,;+|]", scope)) for scope in actual if re.search(r"[,;+|]", scope)):
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
    if is_cognito_host(host) and is_cognito_host(other):
        return Cause.OTHER_REGION if host != other else Cause.OTHER_POOL
    if is_okta_org_issuer(actual, expected):
        return Cause.ORG_SERVER_TOKEN
    if host == other:
        return Cause.OTHER_AUTHORIZATION_SERVER if "/oauth2/" in expected else Cause.OTHER_TENANT
    same_provider = (is_auth0_host(host) and is_auth0_host(other)) or (is_okta_host(host) and is_okta_host(other))
    return Cause.OTHER_TENANT if same_provider else Cause.OTHER_ISSUER


def is_okta_org_issuer(issuer: str, expected: str = "") -> bool:
    """Whether a token of `issuer` is from an Okta org authorization server, whose tokens only Okta itself can check.

    A custom domain is known for Okta's by the `expected` issuer on it.
    """
    host = host_of(issuer)
    known = is_okta_host(host) or (host != "" and host == host_of(expected) and "/oauth2/" in expected)
    return known and urlsplit(issuer).path in {"", "/"}


def is_cognito_host(host: str) -> bool:
    return host.startswith("cognito-idp.")


def is_auth0_host(host: str) -> bool:
    return host.endswith(".auth0.com")


def is_okta_host(host: str) -> bool:
    return host.endswith(_OKTA_HOSTS)


def is_entra_host(host: str) -> bool:
    return host in {"login.microsoftonline.com", "login.microsoftonline.us", "sts.windows.net"}


def _fold_audience(value: str) -> str:
    return re.sub(_SCHEME, "", value).rstrip("/").casefold()
