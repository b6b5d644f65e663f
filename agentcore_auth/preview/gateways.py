"""What belongs together in a stack: a gateway, its provider's clients with the tokens that they bring, its targets.

The component tree tells: a gateway and its identity provider are components of one name, `<gateway.name>-<provider>`,
and what belongs to a client is named `<gateway.name>-<provider>-<client>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentcore_auth.authorizer.shapes import AUTH0, COGNITO, OKTA, OKTA_WITH_CLIENT_ID, TokenShape
from agentcore_auth.preview.authorizers import CONFIGURATION, ShownAuthorizer, shown
from agentcore_auth.preview.document import COMPONENTS, Hidden, Resource, Side, Text, sequence
from agentcore_auth.resource_types import ACCESS_POLICY, AUTH0_CLIENT, COGNITO_CLIENT, GATEWAY, OKTA_CLIENT, TARGET

GATEWAY_COMPONENT = f"{COMPONENTS}JwtGateway"
PROVIDERS: Mapping[str, str] = {
    f"{COMPONENTS}CognitoProvider": "Cognito",
    f"{COMPONENTS}Auth0Provider": "Auth0",
    f"{COMPONENTS}OktaProvider": "Okta",
    f"{COMPONENTS}OidcProvider": "an existing issuer",
    f"{COMPONENTS}IamProvider": "AWS signatures",
}
_FIRST_DIALECT = "access_token"  # Auth0's own default
_PINNING_DIALECT = "rfc9068_profile"


@dataclass(frozen=True)
class Client:
    """An application that the stack makes, and the claims of the tokens that it gets."""

    urn: str
    id: Text
    claims: Mapping[str, Any]


@dataclass(frozen=True)
class Gateway:
    """A gateway on one side of the change, with what it shares a component tree or a name with."""

    resource: Resource
    provider: str
    authorizer: ShownAuthorizer
    #: The URNs of the resources that the authorizer's values come from.
    sources: frozenset[str] = frozenset()
    clients: Mapping[str, Client] = field(default_factory=dict[str, Client])
    targets: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    policies: Mapping[str, Resource] = field(default_factory=dict[str, Resource])


def gateways(side: Side) -> dict[str, Gateway]:
    """All gateways of one side, by name. Raises PreviewError for an authorizer that is none."""
    providers = {component.name: component for component in side.of_type(*PROVIDERS)}
    found: dict[str, Gateway] = {}
    for component in side.of_type(GATEWAY_COMPONENT):
        for resource in side.below(component.urn, GATEWAY):
            provider = providers.get(component.name)
            authorizer = shown(resource)
            found[component.name] = Gateway(
                resource,
                PROVIDERS[provider.type] if provider else "an unknown issuer",
                authorizer,
                resource.sources.get(CONFIGURATION, frozenset()),
                _clients(side, provider, authorizer) if provider else {},
                {
                    target.name.removeprefix(f"{component.name}-"): target
                    for target in side.below(component.urn, TARGET)
                },
                {str(policy.inputs.get("name")): policy for policy in side.below(component.urn, ACCESS_POLICY)},
            )
    return found


def _clients(side: Side, provider: Resource, authorizer: ShownAuthorizer) -> dict[str, Client]:
    describe = {COGNITO_CLIENT: _cognito, AUTH0_CLIENT: _auth0, OKTA_CLIENT: _okta}
    return {
        resource.name.removeprefix(f"{provider.name}-"): describe[resource.type](
            _Issued(side, provider, resource, authorizer)
        )
        for resource in side.below(provider.urn, *describe)
    }


@dataclass(frozen=True)
class _Issued:
    """A client's resource and where it stands."""

    side: Side
    provider: Resource
    resource: Resource
    authorizer: ShownAuthorizer

    def companion(self, token: str) -> Mapping[str, Any]:
        """The inputs of the resource of another type that has the client's name."""
        same = (each for each in self.side.below(self.provider.urn, token) if each.name == self.resource.name)
        return next((each.inputs for each in same), {})

    def shared(self, token: str) -> Mapping[str, Any] | None:
        """The inputs of the provider's one resource of a type, or None where the stack has not made it."""
        return next((each.inputs for each in self.side.below(self.provider.urn, token)), None)


def _cognito(issued: _Issued) -> Client:
    scopes = issued.resource.inputs.get("allowedOauthScopes")
    return _client(issued, COGNITO, issued.resource.id, scopes, None)


def _auth0(issued: _Issued) -> Client:
    grant = issued.companion("auth0:index/clientGrant:ClientGrant")
    api = issued.shared("auth0:index/resourceServer:ResourceServer")
    # The program refuses to run where an API that exists has another dialect than the authorizer is made for.
    presumed = _FIRST_DIALECT if issued.authorizer.list_named("customClaims.azp") else _PINNING_DIALECT
    dialect = presumed if api is None else str(api.get("tokenDialect", _FIRST_DIALECT))
    shape = AUTH0.get(dialect, AUTH0[presumed])
    return _client(issued, shape, issued.resource.output("clientId"), grant.get("scopes"), grant.get("audience"))


def _okta(issued: _Issued) -> Client:
    rule = issued.companion("okta:auth/serverPolicyRule:ServerPolicyRule")
    claim = issued.shared("okta:auth/serverClaim:ServerClaim")
    shape = OKTA_WITH_CLIENT_ID if claim and claim.get("name") == "client_id" else OKTA
    server = issued.shared("okta:auth/server:Server")
    # The default server is no resource of the stack; the program has compared its audience with the authorizer's.
    allowed = issued.authorizer.list_named("allowedAudience")
    audience = server.get("audiences", ()) if server is not None else allowed.values if allowed else ()
    client = _client(issued, shape, issued.resource.output("clientId"), rule.get("scopeWhitelists"), audience)
    return Client(client.urn, client.id, {**client.claims, OKTA.client_claim: client.id})


def _client(issued: _Issued, shape: TokenShape, client_id: Text, scopes: Any, audience: Any) -> Client:
    granted = scopes if isinstance(scopes, Hidden) else sequence(scopes, f"the scopes of client {issued.resource.name}")
    claims: dict[str, Any] = {shape.client_claim: client_id, shape.scope_claim: granted}
    if shape.has_audience:
        claims["aud"] = audience
    return Client(issued.resource.urn, client_id, claims)
