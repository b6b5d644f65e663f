"""Which client-credentials requests an Okta authorization server grants, and what its access tokens say.

Pure: a request and the org's state go in; claims or an OAuthError come out.
Rules: Okta documentation, "Implement the Client Credentials flow", "API access management" and "Access policies".
That a client may authenticate only by the method it is set to, and that a rule without scopes covers none, are the
stricter readings; the service may be more lenient.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sandbox.tenants.okta.state import ALL_CLIENTS, SYSTEM_SCOPES, App, OktaError, Rule, Server, State, by_priority
from sandbox.tenants.token_request import OAuthError, TokenRequest


def decide(request: TokenRequest, server: Server, state: State) -> tuple[Sequence[str], int]:
    """The scopes that `request` gets at `server`, and for how many seconds.

    Raises OAuthError with the service's status and error code.
    """
    app = _authenticated(request, state)
    if app.dpop_bound:
        raise OAuthError(400, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
    scopes = _known_scopes(request, server, state)
    rule = _matching_rule(server, state, app.client_id, scopes)
    if rule is None:
        reason = "Policy evaluation failed for this request, please check the policy configurations."
        raise OAuthError(400, "access_denied", reason)
    return scopes, rule.access_token_lifetime * 60


def _authenticated(request: TokenRequest, state: State) -> App:
    if not request.grant_type:
        raise OAuthError(400, "invalid_request", "The 'grant_type' parameter is missing.")
    if request.grant_type != "client_credentials":
        raise OAuthError(400, "unsupported_grant_type", f"The grant type {request.grant_type} is not supported.")
    app = next((app for app in state.apps.values() if app.client_id == request.client_id), None)
    if app is None or app.status != "ACTIVE":
        # Okta answers this one in the form of its management API.
        raise OktaError(401, "Invalid value for 'client_id' parameter.", code="invalid_client")
    wanted = app.authentication_method
    if request.method != wanted:
        raise OAuthError(401, "invalid_client", f"The client has to authenticate with {wanted}, not {request.method}.")
    if not request.shows(app.client_secret):
        raise OAuthError(401, "invalid_client", "The client secret supplied for a confidential client is invalid.")
    return app


def _known_scopes(request: TokenRequest, server: Server, state: State) -> tuple[str, ...]:
    if oidc := [scope for scope in request.scopes if scope in SYSTEM_SCOPES]:
        raise OAuthError(400, "invalid_scope", f"Cannot request '{oidc[0]}' scopes using client credentials.")
    if state.unknown_scopes(server.id, request.scopes):
        reason = "One or more scopes are not configured for the authorization server resource."
        raise OAuthError(400, "invalid_scope", reason)
    known = state.scopes.search({"server": server.id})
    scopes = request.scopes or tuple(scope.name for scope in known if scope.default)
    if not scopes:
        reason = "The authorization server resource does not have any configured default scopes, "
        raise OAuthError(400, "invalid_scope", f"{reason}'scope' must be provided.")
    return scopes


def _matching_rule(server: Server, state: State, client_id: str, scopes: Sequence[str]) -> Rule | None:
    """The first active rule, by priority, of the first active policy that lets this request through."""
    for policy in by_priority(state.policies.search({"server": server.id})):
        if policy.status == "ACTIVE" and not {client_id, ALL_CLIENTS}.isdisjoint(policy.clients):
            for rule in by_priority(state.rules.search({"policy": policy.id})):
                covers = "*" in rule.scopes or set(scopes) <= set(rule.scopes)
                if rule.status == "ACTIVE" and covers and "client_credentials" in rule.grant_types:
                    return rule
    return None


def claims_of(server: Server, state: State, client_id: str, scopes: Sequence[str]) -> dict[str, object]:
    """The claims of an access token without a user.

    A custom claim is in it if it has no scopes as condition, or one of them was granted.
    """
    claims: dict[str, object] = {
        "ver": 1,
        "jti": f"AT.{secrets.token_urlsafe(32)}",
        "iss": server.issuer,
        "aud": server.audiences[0],
        "cid": client_id,
        "scp": list(scopes),
        "sub": client_id,
    }
    for claim in state.claims.search({"server": server.id}):
        asked_for = not claim.scopes or not set(claim.scopes).isdisjoint(scopes)
        if claim.status == "ACTIVE" and asked_for:
            claims[claim.name] = client_id if claim.value == "app.clientId" else claim.value.strip('"')
    return claims
