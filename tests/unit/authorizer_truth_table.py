"""What AgentCore Gateway answers to which token: written from AWS's pages, and from nothing that this project computes.

Whatever judges tokens here is held against this table: `agentcore_auth`, and the sandbox's gateway over HTTP. An
authorizer is spelled as the API has it, without its discoveryUrl. Claims are whole, but for the issuer: `ISSUER` stands
for the one whose tokens the gateway takes. Times (exp, nbf, iat) are seconds from now.
"""

from __future__ import annotations

from typing import Any, NamedTuple

ISSUER = "https://issuer"

GUIDE = "developer guide, inbound-jwt-authorizer"
"""Which list is compared with which claim; all that are given must hold; of allowedScopes one is enough."""
CLAIM = "API reference, CustomClaimValidationType"
MATCH = "API reference, AuthorizingClaimMatchValueType"
ENTRA = "AgentCore samples, Microsoft Entra ID as inbound identity provider"
OKTA = "AgentCore samples, Okta as inbound identity provider"
RFC = "RFC 7519, which the guide's validation of JWTs refers to"
UNSETTLED = "; no page gives the status"


class Row(NamedTuple):
    """One case: what the gateway demands, what the token says, and the HTTP status of the answer."""

    case: str
    authorizer: dict[str, Any]
    claims: dict[str, Any]
    status: int
    page: str


def claim(name: str, operator: str, value: str | list[str]) -> dict[str, Any]:
    """A custom claim in the API's spelling."""
    wanted = {"matchValueString": value} if isinstance(value, str) else {"matchValueStringList": value}
    return {
        "inboundTokenClaimName": name,
        "inboundTokenClaimValueType": "STRING" if operator == "EQUALS" else "STRING_ARRAY",
        "authorizingClaimMatchValue": {"claimMatchOperator": operator, "claimMatchValue": wanted},
    }


CLIENT = {"allowedClients": ["agent"]}
AUDIENCE = {"allowedAudience": ["https://api"]}
SCOPE = {"allowedScopes": ["gateway/invoke"]}
SCOPES = {"allowedScopes": ["gateway/read", "gateway/write"]}
TENANT = {"customClaims": [claim("tenant", "EQUALS", "acme")]}
ROLE = {"customClaims": [claim("roles", "CONTAINS", "admin")]}
ROLES = {"customClaims": [claim("roles", "CONTAINS_ANY", ["admin", "operator"])]}
TENANT_AND_ROLE = {"customClaims": TENANT["customClaims"] + ROLE["customClaims"]}
ALL = {**CLIENT, **AUDIENCE, **SCOPE, **TENANT}

VALID: dict[str, Any] = {"iss": ISSUER, "exp": 3600, "iat": -60}
WHOLE = {**VALID, "client_id": "agent", "aud": "https://api", "scope": "gateway/invoke", "tenant": "acme"}


def valid(**claims: Any) -> dict[str, Any]:
    """Claims of an issuer's unexpired token; None takes one out."""
    return {name: value for name, value in {**VALID, **claims}.items() if value is not None}


def whole(**claims: Any) -> dict[str, Any]:
    """Claims that satisfy every list of `ALL`, changed; None takes one out."""
    return {name: value for name, value in {**WHOLE, **claims}.items() if value is not None}


ROWS = (
    # allowedClients: client_id, and nothing else
    Row("the client", CLIENT, valid(client_id="agent"), 200, GUIDE),
    Row("one of several clients", {"allowedClients": ["a", "agent"]}, valid(client_id="agent"), 200, GUIDE),
    Row("another client", CLIENT, valid(client_id="other"), 401, GUIDE),
    Row("no client", CLIENT, valid(), 401, GUIDE),
    Row("the client in other case", CLIENT, valid(client_id="Agent"), 401, GUIDE),
    Row("a client that begins like it", CLIENT, valid(client_id="agent-2"), 401, GUIDE),
    Row("the client in azp", CLIENT, valid(azp="agent"), 401, GUIDE),
    Row("the client in cid", CLIENT, valid(cid="agent"), 401, GUIDE),
    Row("the client in appid", CLIENT, valid(appid="agent"), 401, GUIDE),
    Row("the client in sub", CLIENT, valid(sub="agent"), 401, GUIDE),
    Row("the client as an audience", CLIENT, valid(aud="agent"), 401, GUIDE),
    Row("the client in an array", CLIENT, valid(client_id=["agent"]), 401, GUIDE),
    Row("any audience and scope with the client", CLIENT, whole(aud="x", scope="y", tenant="z"), 200, GUIDE),
    # allowedAudience: aud, text or array
    Row("the audience", AUDIENCE, valid(aud="https://api"), 200, GUIDE),
    Row("one of several audiences", {"allowedAudience": ["a", "https://api"]}, valid(aud="https://api"), 200, GUIDE),
    Row("the audience among others", AUDIENCE, valid(aud=["https://userinfo", "https://api"]), 200, RFC),
    Row("another audience", AUDIENCE, valid(aud="https://other"), 401, GUIDE),
    Row("other audiences", AUDIENCE, valid(aud=["https://other", "https://userinfo"]), 401, GUIDE),
    Row("no audience", AUDIENCE, valid(client_id="agent"), 401, GUIDE),
    Row("the empty audience list", AUDIENCE, valid(aud=[]), 401, GUIDE),
    Row("the audience with a slash", AUDIENCE, valid(aud="https://api/"), 401, GUIDE),
    Row("the audience in other case", AUDIENCE, valid(aud="https://API"), 401, GUIDE),
    Row("the audience as client", AUDIENCE, valid(client_id="https://api"), 401, GUIDE),
    # allowedScopes: scope, separated by spaces; any one
    Row("the scope", SCOPE, valid(scope="gateway/invoke"), 200, GUIDE),
    Row("the scope among others", SCOPE, valid(scope="openid gateway/invoke email"), 200, GUIDE),
    Row("one of two scopes", SCOPES, valid(scope="gateway/write"), 200, GUIDE),
    Row("both scopes", SCOPES, valid(scope="gateway/read gateway/write"), 200, GUIDE),
    Row("another scope", SCOPE, valid(scope="gateway/other"), 403, GUIDE),
    Row("no scope", SCOPE, valid(client_id="agent"), 403, GUIDE),
    Row("the empty scope", SCOPE, valid(scope=""), 403, GUIDE),
    Row("a scope that begins like it", SCOPE, valid(scope="gateway/invoker"), 403, GUIDE),
    Row("the scope without its prefix", SCOPE, valid(scope="invoke"), 403, GUIDE),
    Row("the scope in other case", SCOPE, valid(scope="Gateway/Invoke"), 403, GUIDE),
    Row("scopes with commas", SCOPES, valid(scope="gateway/read,gateway/write"), 403, GUIDE),
    Row("the scope as a permission", SCOPE, valid(permissions=["gateway/invoke"]), 403, GUIDE),
    Row("the scope in scp, as text", SCOPE, valid(scp="openid gateway/invoke"), 200, ENTRA),
    Row("another scope in scp, as text", SCOPE, valid(scp="User.Read"), 403, ENTRA),
    Row("the scope in scp, as an array", SCOPE, valid(scp=["openid", "gateway/invoke"]), 200, OKTA),
    Row("another scope in scp, as an array", SCOPE, valid(scp=["openid"]), 403, OKTA),
    Row("an application's roles and no scp", SCOPE, valid(roles=["gateway/invoke"]), 403, ENTRA),
    # customClaims, EQUALS: text
    Row("the claim", TENANT, valid(tenant="acme"), 200, MATCH),
    Row("another value of the claim", TENANT, valid(tenant="other"), 401, MATCH + UNSETTLED),
    Row("no such claim", TENANT, valid(client_id="agent"), 401, CLAIM + UNSETTLED),
    Row("the claim's value in other case", TENANT, valid(tenant="ACME"), 401, CLAIM + UNSETTLED),
    Row("the claim's value with more behind it", TENANT, valid(tenant="acme.eu"), 401, CLAIM + UNSETTLED),
    Row("a claim of that name in other case", TENANT, valid(Tenant="acme"), 401, CLAIM + UNSETTLED),
    Row("an array where a text is wanted", TENANT, valid(tenant=["acme"]), 401, CLAIM + UNSETTLED),
    Row("a number where a text is wanted", TENANT, valid(tenant=1), 401, CLAIM + UNSETTLED),
    Row("the claim one level down", TENANT, valid(app={"tenant": "acme"}), 401, CLAIM + UNSETTLED),
    Row(
        "a claim with a namespace",
        {"customClaims": [claim("https://acme.example/tenant", "EQUALS", "acme")]},
        valid(**{"https://acme.example/tenant": "acme"}),
        200,
        CLAIM,
    ),
    Row("azp pinned by a claim", {"customClaims": [claim("azp", "EQUALS", "agent")]}, valid(azp="agent"), 200, CLAIM),
    Row("cid pinned by a claim", {"customClaims": [claim("cid", "EQUALS", "agent")]}, valid(cid="agent"), 200, CLAIM),
    # customClaims, CONTAINS: an array with the value in it
    Row("the value in the array", ROLE, valid(roles=["reader", "admin"]), 200, MATCH),
    Row("an array without the value", ROLE, valid(roles=["reader"]), 401, MATCH + UNSETTLED),
    Row("an empty array", ROLE, valid(roles=[]), 401, MATCH + UNSETTLED),
    Row("part of a value in the array", ROLE, valid(roles=["administrator"]), 401, MATCH + UNSETTLED),
    Row("a text where an array is wanted", ROLE, valid(roles="admin"), 401, CLAIM + UNSETTLED),
    Row("an array of numbers", ROLE, valid(roles=[1, 2]), 401, CLAIM + UNSETTLED),
    Row("no array at all", ROLE, valid(client_id="agent"), 401, CLAIM + UNSETTLED),
    # customClaims, CONTAINS_ANY: an array with one of the values in it
    Row("one of the values in the array", ROLES, valid(roles=["operator"]), 200, MATCH),
    Row("all of the values in the array", ROLES, valid(roles=["operator", "admin", "reader"]), 200, MATCH),
    Row("none of the values in the array", ROLES, valid(roles=["reader"]), 401, MATCH + UNSETTLED),
    Row("one of the values as a text", ROLES, valid(roles="operator"), 401, CLAIM + UNSETTLED),
    Row("both claims", TENANT_AND_ROLE, valid(tenant="acme", roles=["admin"]), 200, CLAIM),
    Row("one of two claims", TENANT_AND_ROLE, valid(tenant="acme"), 401, CLAIM + UNSETTLED),
    # several lists: all of them
    Row("everything", ALL, WHOLE, 200, GUIDE),
    Row("everything but the client", ALL, whole(client_id="other"), 401, GUIDE),
    Row("everything but the audience", ALL, whole(aud="https://other"), 401, GUIDE),
    Row("everything but the scope", ALL, whole(scope="openid"), 403, GUIDE),
    Row("everything but the claim", ALL, whole(tenant="other"), 401, GUIDE + UNSETTLED),
    Row("neither the client nor the scope", ALL, whole(client_id="other", scope=None), 401, GUIDE + UNSETTLED),
    Row("an audience list for Cognito", {**CLIENT, **AUDIENCE}, valid(client_id="agent", scope="a/b"), 401, GUIDE),
    Row("a client list for Auth0", {**AUDIENCE, **CLIENT}, valid(azp="agent", aud="https://api"), 401, GUIDE),
    # who signed it, and when
    Row("another issuer", CLIENT, valid(client_id="agent", iss="https://elsewhere.example"), 401, GUIDE),
    Row("the issuer with a slash", CLIENT, valid(client_id="agent", iss=f"{ISSUER}/"), 401, GUIDE),
    Row("no issuer", CLIENT, valid(client_id="agent", iss=None), 401, GUIDE),
    Row("expired", CLIENT, valid(client_id="agent", exp=-3600), 401, RFC),
    Row("without expiry", CLIENT, valid(client_id="agent", exp=None), 401, GUIDE + UNSETTLED),
    Row("not valid yet", CLIENT, valid(client_id="agent", nbf=3600), 401, RFC),
    Row("valid for a while", CLIENT, valid(client_id="agent", nbf=-3600), 200, RFC),
    Row("expired and without the scope", SCOPE, valid(exp=-3600), 401, GUIDE + UNSETTLED),
)


def claims_at(row: Row, issuer: str, now: float) -> dict[str, Any]:
    """The row's claims as that issuer's token has them at that time (seconds since 1970)."""
    times = {name: int(now) + row.claims[name] for name in ("exp", "nbf", "iat") if name in row.claims}
    texts = {name: str(value).replace(ISSUER, issuer) for name, value in row.claims.items() if name == "iss"}
    return {**row.claims, **texts, **times}
