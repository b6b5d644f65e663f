"""What a claim says, in a line. Pure.

Sources: RFC 7519 (4.1), RFC 9068 (2.2), RFC 8693 (4.1), OpenID Connect Core 1.0 (2); Cognito developer guide,
"Understanding the access token"; Auth0, "Access Token Profiles"; Okta, "Access tokens"; Entra, "Access token claims
reference".
"""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "iss": "who issued the token; the authorizer's discovery URL has to be this issuer's",
    "sub": "whom the token is about; of client credentials, the client itself",
    "aud": "for whom the token is meant: the API, or several",
    "exp": "until when the token is valid",
    "nbf": "from when on the token is valid",
    "iat": "when the token was issued",
    "auth_time": "when the client or user proved who it is",
    "jti": "the token's own number",
    "client_id": "the application that asked for the token",
    "azp": "the application that asked for the token, as Auth0, Entra and Keycloak write it",
    "cid": "the application that asked for the token, as Okta writes it",
    "appid": "the application that asked for the token, as Entra's tokens of version 1.0 have it",
    "scope": "what may be done with the token, separated by spaces",
    "scp": "what may be done with the token: a list at Okta, a text at Entra (of users only)",
    "roles": "the application's roles in the API, which Entra has instead of scopes",
    "permissions": "what the API's access control grants, at Auth0",
    "gty": "how the token was asked for, at Auth0",
    "token_use": "access or id, at Cognito: a gateway takes access tokens",
    "version": "of Cognito's tokens",
    "ver": "of the issuer's tokens",
    "uid": "the user, at Okta; client credentials have none",
    "tid": "the tenant, at Entra",
    "oid": "the application or user within the tenant, at Entra",
    "idp": "who vouches for whom the token is about, at Entra",
    "appidacr": "how the application proved who it is, at Entra: 1 by a secret, 2 by a certificate",
    "azpacr": "how the application proved who it is, at Entra: 1 by a secret, 2 by a certificate",
    "typ": "which kind of token it is, at Keycloak",
    "acr": "how strongly a user proved who it is",
    "act": "who acts for whom the token is about",
    "realm_access": "roles in Keycloak's realm; a custom claim cannot look inside",
    "resource_access": "roles in Keycloak's clients; a custom claim cannot look inside",
    "cognito:groups": "the user's groups, at Cognito; client credentials have none",
    "username": "the user, at Cognito; client credentials have none",
    "nonce": "of a sign-in, which an ID token has",
    "at_hash": "of a sign-in, which an ID token has",
    "email": "a user's address, which an ID token has",
}
UNKNOWN = "the issuer's own; no standard says what it means"


def meaning_of(claim: str) -> str:
    """What the claim says, or that no standard does."""
    return MEANINGS.get(claim, UNKNOWN)
