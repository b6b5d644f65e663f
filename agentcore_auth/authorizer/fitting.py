"""The authorizers that let a given token in, tightest first."""

from __future__ import annotations

from collections.abc import Mapping

from agentcore_auth.authorizer.causes import Cause, TokenError, quoted
from agentcore_auth.authorizer.checking import discovery_url_of, is_for_graph, unusable
from agentcore_auth.authorizer.families import OKTA, family_of
from agentcore_auth.authorizer.model import Authorizer, AuthorizerError, CustomClaim
from agentcore_auth.authorizer.rules import audiences_of, is_id_token, scopes_of

PROJECT = "agentcore-auth"


def fitting(claims: Mapping[str, object]) -> list[Authorizer[str]]:
    """Authorizers for a token: everything pinned that its claims offer, then the client or the audience alone.

    Raises TokenError for an ID token, one without issuer or of an issuer that no gateway can have (OpenID Connect
    Discovery, 3: https), one for Microsoft Graph, and one with nothing to pin.
    """
    if is_id_token(claims):
        raise TokenError(Cause.ID_TOKEN, "this is an ID token; a gateway is called with an access token")
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise TokenError(Cause.OTHER_ISSUER, "the token names no issuer (iss), so no discovery URL follows from it")
    if not issuer.startswith("https://"):
        message = f"the issuer {quoted(issuer)} is no https URL: where its keys are fetched, anybody could change them"
        raise TokenError(Cause.DISCOVERY_URL_FORM, message)
    for finding in unusable(discovery_url_of(issuer), issuer, claims):
        raise TokenError(finding.cause, finding.message)
    if is_for_graph(claims):
        raise TokenError(Cause.GRAPH_TOKEN, "the token is for Microsoft Graph: nobody else can verify it")
    clients, custom = _client_of(claims)
    audience = api_audiences(claims)
    own_audience = tuple(value for value in audience if value not in shared_audiences(claims))
    scopes = scopes_of(claims)
    found: list[Authorizer[str]] = []
    for candidate in (
        (audience, clients, scopes, custom),
        (audience, clients, (), custom),
        ((), clients, (), custom),
        (own_audience, (), (), ()),
    ):
        try:
            authorizer = Authorizer(discovery_url_of(issuer), *candidate)
        except AuthorizerError:
            continue  # no list at all, or a value that AWS would refuse
        if authorizer not in found:
            found.append(authorizer)
    if not found:
        raise TokenError(Cause.NO_LIST, "the token has neither client id nor audience that an authorizer could check")
    return found


def custom_client_claim(claims: Mapping[str, object]) -> CustomClaim[str] | None:
    """The custom claim that pins the client of a token whose client is not in `client_id`."""
    for name in ("azp", "cid", "appid"):
        value = claims.get(name)
        if isinstance(value, str):
            try:
                return CustomClaim(name, (value,))
            except AuthorizerError:
                return None
    return None


def api_audiences(claims: Mapping[str, object]) -> tuple[str, ...]:
    """The token's audiences that stand for an API: without Auth0's user-info endpoint, and without what tokens of all
    the issuer's clients have. Okta's api://default is an API's, of an authorization server that all clients may share.
    """
    shared = frozenset[str]() if family_of(claims.get("iss")) is OKTA else shared_audiences(claims)
    return tuple(
        value for value in audiences_of(claims) if value and not value.endswith("/userinfo") and value not in shared
    )


def shared_audiences(claims: Mapping[str, object]) -> frozenset[str]:
    """The audiences that let in all clients of the token's issuer."""
    family = family_of(claims.get("iss"))
    return family.shared_audiences if family else frozenset()


def _client_of(claims: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[CustomClaim[str], ...]]:
    client_id = claims.get("client_id")
    if isinstance(client_id, str) and client_id:
        return (client_id,), ()
    custom = custom_client_claim(claims)
    return (), ((custom,) if custom else ())
