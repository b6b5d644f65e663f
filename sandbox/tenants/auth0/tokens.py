"""Which client-credentials requests an Auth0 tenant grants, and what its access tokens say.

Pure: a request and the tenant's entities go in; claims or an OAuthError come out.
Rules: Auth0 documentation, "Client Credentials Flow" and "Access Token Profiles". That a client may authenticate only
by the method it is set to is the stricter reading; the service may be lenient between the two ways to send a secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sandbox.tenants.auth0.state import Client, ResourceServer, State
from sandbox.tenants.token_request import OAuthError, TokenRequest


def decide(request: TokenRequest, state: State) -> tuple[ResourceServer, Sequence[str]]:
    """The API and the scopes that `request` gets; raises OAuthError with the service's status and error code."""
    client = _authenticated(request, state)
    if request.grant_type not in client.grant_types:
        raise OAuthError(403, "unauthorized_client", f"Grant type '{request.grant_type}' not allowed for the client.")
    if not request.audience:
        raise OAuthError(403, "access_denied", "Non-global clients are not allowed access to APIv1")
    apis = state.apis.search({"identifier": request.audience})
    if not apis:
        raise OAuthError(403, "access_denied", f"Service not enabled within domain: {request.audience}")
    api = apis[0]
    grants = state.grants.search({"client_id": client.client_id, "audience": api.identifier})
    if not grants:
        reason = f'Client "{client.client_id}" is not authorized to access resource server "{api.identifier}". '
        remedy = 'You need to create a "client-grant" associated to this API.'
        raise OAuthError(403, "access_denied", reason + remedy)
    granted = api.scope_names if grants[0].allow_all_scopes else grants[0].scope
    if ungranted := [scope for scope in request.scopes if scope not in granted]:
        raise OAuthError(403, "access_denied", f"Client has not been granted scopes: {', '.join(ungranted)}")
    return api, request.scopes or granted


def _authenticated(request: TokenRequest, state: State) -> Client:
    """The client that asks; the deployer's libraries try Basic first, and then the body."""
    if not request.grant_type:
        raise OAuthError(400, "invalid_request", "Missing required parameter: grant_type")
    if request.grant_type != "client_credentials":
        raise OAuthError(403, "unsupported_grant_type", f"Unsupported grant type: {request.grant_type}")
    if not request.client_id:
        raise OAuthError(400, "invalid_request", "Missing required parameter: client_id")
    client = state.clients.get(request.client_id)
    if client is None or not request.shows(client.client_secret):
        raise OAuthError(401, "access_denied", "Unauthorized")
    if request.method != client.token_endpoint_auth_method and not client.is_global:
        raise OAuthError(401, "access_denied", "Unauthorized")
    return client


def claims_of(client_id: str, api: ResourceServer, scopes: Sequence[str], *, issuer: str) -> dict[str, object]:
    """The claims in the API's token dialect.

    `rfc9068_profile*` names the client in `client_id`, `access_token*` in `azp`; the `*_authz` dialects add
    `permissions` where the API enforces its policies (RBAC).
    """
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": f"{client_id}@clients",
        "aud": api.identifier,
    }
    if scopes:
        claims["scope"] = " ".join(scopes)
    if api.token_dialect.startswith("rfc9068_profile"):
        claims |= {"jti": secrets.token_urlsafe(16), "client_id": client_id}
    else:
        claims |= {"gty": "client-credentials", "azp": client_id}
    if api.token_dialect.endswith("_authz") and api.enforce_policies:
        claims["permissions"] = list(scopes)
    return claims


def token_type_of(api: ResourceServer) -> str:
    """The JOSE `typ` of the API's access tokens (RFC 9068, section 2.1, for its dialects)."""
    return "at+jwt" if api.token_dialect.startswith("rfc9068_profile") else "JWT"
