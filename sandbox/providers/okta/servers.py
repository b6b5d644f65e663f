"""Authorization servers (`auth.Server`), what lies below them, and the functions that look them up."""

from __future__ import annotations

import zlib
from urllib.parse import urlencode

from sandbox.providers.base import AutoName, FunctionType, ProviderError
from sandbox.providers.okta.client import OktaClient
from sandbox.providers.rest import Collection, same
from sandbox.providers.values import Properties

_SERVERS = Collection[OktaClient](
    path="/authorizationServers",
    fields=same("name", "audiences", "description", "issuerMode"),
    told=same("issuer", "status")
    | {
        "kid": "credentials.signing.kid",
        "credentialsRotationMode": "credentials.signing.rotationMode",
        "credentialsLastRotated": "credentials.signing.lastRotated",
        "credentialsNextRotation": "credentials.signing.nextRotation",
    },
    document={"credentials": {"signing": {"rotationMode": "AUTO"}}, "description": ""},
    missing_is_deleted=True,
    deactivated_first=True,
)
SERVER = _SERVERS.resource_type(
    "okta:auth/server:Server",
    "pulumi_okta.auth:ServerArgs",
    defaults={"issuerMode": "ORG_URL"},
    auto_name=AutoName(),
)

_SCOPES = Collection[OktaClient](
    path="/authorizationServers/{authServerId}/scopes",
    fields=same("name", "description", "displayName", "consent", "metadataPublish", "default", "optional"),
    told=same("system"),
    document={"description": "", "displayName": "", "default": False, "optional": False},
    missing_is_deleted=True,
)
SCOPE = _SCOPES.resource_type(
    "okta:auth/serverScope:ServerScope",
    "pulumi_okta.auth:ServerScopeArgs",
    defaults={"consent": "IMPLICIT", "metadataPublish": "ALL_CLIENTS", "default": False},
    auto_name=AutoName(),
)

CLAIM = Collection[OktaClient](
    path="/authorizationServers/{authServerId}/claims",
    fields=same("name", "claimType", "value", "valueType", "alwaysIncludeInToken") | {"scopes": "conditions.scopes"},
    told=same("status"),
    document={"conditions": {}, "status": "ACTIVE"},
    unless_empty=frozenset({"scopes"}),
).resource_type(
    "okta:auth/serverClaim:ServerClaim",
    "pulumi_okta.auth:ServerClaimArgs",
    defaults={"valueType": "EXPRESSION", "alwaysIncludeInToken": True},
    auto_name=AutoName(),
)

POLICY = Collection[OktaClient](
    path="/authorizationServers/{authServerId}/policies",
    fields=same("name", "description", "priority") | {"clientWhitelists": "conditions.clients.include"},
    told=same("status"),
    document={"status": "ACTIVE", "type": "OAUTH_AUTHORIZATION_POLICY"},
).resource_type("okta:auth/serverPolicy:ServerPolicy", "pulumi_okta.auth:ServerPolicyArgs", auto_name=AutoName())

RULE = Collection[OktaClient](
    path="/authorizationServers/{authServerId}/policies/{policyId}/rules",
    fields={
        **same("name", "priority"),
        "grantTypeWhitelists": "conditions.grantTypes.include",
        "scopeWhitelists": "conditions.scopes.include",
        "accessTokenLifetimeMinutes": "actions.token.accessTokenLifetimeMinutes",
    },
    told={
        **same("status", "system", "type"),
        "refreshTokenLifetimeMinutes": "actions.token.refreshTokenLifetimeMinutes",
        "refreshTokenWindowMinutes": "actions.token.refreshTokenWindowMinutes",
    },
    document={
        "actions": {"token": {"refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10_080}},
        "conditions": {"people": {"groups": {}, "users": {}}, "scopes": {}},
        "status": "ACTIVE",
        "type": "RESOURCE_ACCESS",
    },
    unless_empty=frozenset({"scopeWhitelists"}),
).resource_type(
    "okta:auth/serverPolicyRule:ServerPolicyRule",
    "pulumi_okta.auth:ServerPolicyRuleArgs",
    defaults={"accessTokenLifetimeMinutes": 60},
    auto_name=AutoName(),
)


def _get_server(client: OktaClient, arguments: Properties) -> Properties:
    """The authorization server of exactly this name."""
    name = arguments["name"]
    listed: list[Properties] = client.get(f"{_SERVERS.path}?{urlencode({'limit': 200, 'q': name})}")
    named = [server for server in listed if server["name"] == name]
    if not named:
        raise ProviderError(f"authorization server with name '{name}' does not exist")
    return _SERVERS.outputs(named[-1], {}) | {"id": named[-1]["id"]}


GET_SERVER = FunctionType("okta:auth/getServer:getServer", frozenset({"name"}), _get_server)


def _get_scopes(client: OktaClient, arguments: Properties) -> Properties:
    """Every scope of an authorization server; the id is a checksum over their names."""
    scopes: list[Properties] = client.get(_SCOPES.path.format_map(arguments))
    checksum = zlib.crc32("".join(scope["name"] for scope in scopes).encode())
    listed = [_SCOPES.outputs(scope, {}) | {"id": scope["id"]} for scope in scopes]
    server = arguments["authServerId"]
    return {"authServerId": server, "id": f"{server}.{checksum}", "scopes": listed}


GET_SCOPES = FunctionType("okta:auth/getServerScopes:getServerScopes", frozenset({"authServerId"}), _get_scopes)
