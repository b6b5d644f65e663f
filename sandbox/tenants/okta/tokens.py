"""Which client-credentials requests an Okta authorization server grants, and what its access tokens say.

Pure: a request, the org's state and the time go in; claims or an OAuthError come out.
Rules: Okta documentation, "Implement the Client Credentials flow", "API access management" and "Access policies".
That a client may authenticate only by the method it is set to, and that a rule without scopes covers none, are the
stricter readings; the service may be more lenient.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sandbox.tenants.okta.entities import App, Claim, Policy, Rule
from sandbox.tenants.okta.servers import SYSTEM_SCOPES, AuthorizationServer
from sandbox.tenants.okta.state import ALL_CLIENTS, State
from sandbox.tenants.token_request import OAuthError, TokenRequest

Prioritized = TypeVar("Prioritized", Policy, Rule)


class UnknownClientError(OAuthError):
    """Okta answers this one in the form of its management API (`errorCode`, `errorSummary`)."""


@dataclass(frozen=True)
class Grant:
    """A token request that is granted: to whom, with which scopes, for how many seconds."""

    app: App
    scopes: tuple[str, ...]
    lifetime: int


def decide(request: TokenRequest, server: AuthorizationServer, state: State) -> Grant:
    """The grant that answers `request` at `server`; raises OAuthError with the service's status and error code."""
    app = _authenticated(request, state)
    settings = app.settings.oauth_client
    if request.grant_type not in settings.grant_types:
        configured = ", ".join(settings.grant_types)
        raise OAuthError(
            400,
            "unauthorized_client",
            f"The client is not authorized to use the provided grant type. Configured grant types: [{configured}].",
        )
    if settings.dpop_bound_access_tokens:
        reason = (
            "The sandbox checks no DPoP proofs." if request.has_dpop_proof else "The DPoP proof JWT header is missing."
        )
        raise OAuthError(400, "invalid_dpop_proof", reason)
    scopes = _known_scopes(request, server)
    rule = _matching_rule(server, app.client_id, request.grant_type, scopes)
    if rule is None:
        raise OAuthError(
            400,
            "access_denied",
            "Policy evaluation failed for this request, please check the policy configurations.",
        )
    return Grant(app, scopes, rule.actions.token.access_token_lifetime_minutes * 60)


def _authenticated(request: TokenRequest, state: State) -> App:
    if not request.grant_type:
        raise OAuthError(400, "invalid_request", "The 'grant_type' parameter is missing.")
    if request.grant_type != "client_credentials":
        raise OAuthError(400, "unsupported_grant_type", f"The grant type {request.grant_type} is not supported.")
    app = state.app_of(request.client_id)
    if app is None or app.status != "ACTIVE":
        raise UnknownClientError(401, "invalid_client", "Invalid value for 'client_id' parameter.")
    credentials = app.credentials.oauth_client
    if request.method != credentials.token_endpoint_auth_method:
        wanted = credentials.token_endpoint_auth_method
        raise OAuthError(401, "invalid_client", f"The client has to authenticate with {wanted}, not {request.method}.")
    if not hmac.compare_digest(request.client_secret.encode(), credentials.client_secret.encode()):
        raise OAuthError(401, "invalid_client", "The client secret supplied for a confidential client is invalid.")
    return app


def _known_scopes(request: TokenRequest, server: AuthorizationServer) -> tuple[str, ...]:
    oidc = [scope for scope in request.scopes if scope in SYSTEM_SCOPES]
    if oidc:
        raise OAuthError(400, "invalid_scope", f"Cannot request '{oidc[0]}' scopes using client credentials.")
    if not request.scopes:
        defaults = tuple(scope.name for scope in server.scopes.values() if scope.default)
        if not defaults:
            raise OAuthError(
                400,
                "invalid_scope",
                "The authorization server resource does not have any configured default scopes, "
                "'scope' must be provided.",
            )
        return defaults
    if set(request.scopes) - set(server.scope_names()):
        raise OAuthError(
            400, "invalid_scope", "One or more scopes are not configured for the authorization server resource."
        )
    return request.scopes


def _matching_rule(server: AuthorizationServer, client_id: str, grant_type: str, scopes: Sequence[str]) -> Rule | None:
    """The first active rule, by priority, of the first active policy that lets this request through."""
    for policy in _by_priority(server.policies.values()):
        if not {client_id, ALL_CLIENTS}.isdisjoint(policy.conditions.clients.include):
            for rule in _by_priority(server.rules[policy.id].values()):
                if _covers(rule, grant_type, scopes):
                    return rule
    return None


def _by_priority(candidates: Iterable[Prioritized]) -> list[Prioritized]:
    return sorted((each for each in candidates if each.status == "ACTIVE"), key=lambda each: each.priority)


def _covers(rule: Rule, grant_type: str, scopes: Sequence[str]) -> bool:
    included = rule.conditions.scopes.include
    has_scopes = "*" in included or set(scopes) <= set(included)
    return has_scopes and grant_type in rule.conditions.grant_types.include


def claims_of(
    server: AuthorizationServer, client_id: str, scopes: Sequence[str], *, now: int, lifetime: int
) -> dict[str, object]:
    """The claims of an access token without a user; `lifetime` in seconds.

    A custom claim of type RESOURCE is in it if it has no scopes as condition, or one of them was granted.
    """
    own: dict[str, object] = {
        "ver": 1,
        "jti": f"AT.{secrets.token_urlsafe(32)}",
        "iss": server.document.issuer,
        "aud": server.document.audiences[0],
        "iat": now,
        "exp": now + lifetime,
        "cid": client_id,
        "scp": list(scopes),
        "sub": client_id,
    }
    return own | {
        claim.name: _evaluate(claim, client_id) for claim in server.claims.values() if _applies(claim, scopes)
    }


def _applies(claim: Claim, scopes: Sequence[str]) -> bool:
    conditions = claim.conditions.scopes
    in_access_tokens = claim.claim_type == "RESOURCE" and claim.status == "ACTIVE"
    return in_access_tokens and (not conditions or not set(conditions).isdisjoint(scopes))


def _evaluate(claim: Claim, client_id: str) -> str:
    return client_id if claim.value == "app.clientId" else claim.value.strip('"')
