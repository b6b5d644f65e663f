"""What each provider's client-credentials access token offers an authorizer to look at.

Sources: Cognito developer guide (access token payload: no `aud` for client credentials), Auth0 "Access token profiles",
Okta "OpenID Connect and OAuth 2.0 API" (`cid`, `scp`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class TokenShape:
    """The claims of a kind of token. allowedClients is compared with `client_id` only, whatever `client_claim` is.

    `own_claim` is where the issuer itself names the client, if `client_claim` was added to its tokens.
    """

    name: str
    client_claim: str
    has_audience: bool
    scope_claim: str
    own_claim: str | None = None


COGNITO = TokenShape("cognito", "client_id", has_audience=False, scope_claim="scope")
AUTH0: Mapping[str, TokenShape] = {
    dialect: TokenShape(f"auth0/{dialect}", client_claim, has_audience=True, scope_claim="scope")
    for dialect, client_claim in {
        "access_token": "azp",
        "access_token_authz": "azp",
        "rfc9068_profile": "client_id",
        "rfc9068_profile_authz": "client_id",
    }.items()
}
OKTA = TokenShape("okta", "cid", has_audience=True, scope_claim="scp")
OKTA_WITH_CLIENT_ID = TokenShape(
    "okta+client_id", "client_id", has_audience=True, scope_claim="scp", own_claim=OKTA.client_claim
)


def shape_of(claims: Mapping[str, object]) -> TokenShape | None:
    """The shape that a token's claims have, or None where no claim says which client it is for."""
    if _is_cognito(claims):
        return COGNITO
    if "cid" in claims:
        return OKTA_WITH_CLIENT_ID if "client_id" in claims else OKTA
    if _is_auth0(claims):
        base = "rfc9068_profile" if "client_id" in claims else "access_token"
        return AUTH0[f"{base}_authz" if "permissions" in claims else base]
    for claim in ("client_id", "azp", "appid"):
        if claim in claims:
            scope_claim = "scp" if "scp" in claims else "scope"
            return TokenShape("oidc", claim, has_audience="aud" in claims, scope_claim=scope_claim)
    return None


def host_of(url: object) -> str:
    """The lower-cased host name of a URL; empty for anything that is not one."""
    try:
        return (urlsplit(url).hostname or "") if isinstance(url, str) else ""
    except ValueError:
        return ""


def _is_cognito(claims: Mapping[str, object]) -> bool:
    use = claims.get("token_use")
    return host_of(claims.get("iss")).startswith("cognito-idp.") or (isinstance(use, str) and use in {"access", "id"})


def _is_auth0(claims: Mapping[str, object]) -> bool:
    subject = claims.get("sub")
    return (
        host_of(claims.get("iss")).endswith(".auth0.com")
        or claims.get("gty") == "client-credentials"
        or (isinstance(subject, str) and subject.endswith("@clients"))
    )
