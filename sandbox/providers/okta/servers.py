"""Authorization servers (`auth.Server`), what lies below them, and the functions that look them up."""

from __future__ import annotations

import zlib
from urllib.parse import urlencode

from sandbox.providers.base import AutoName, FunctionType, ProviderError
from sandbox.providers.okta.client import OktaClient
from sandbox.providers.rest import Collection
from sandbox.providers.values import Properties

SERVER = Collection[OktaClient](
    "okta:auth/server:Server",
    path="/authorizationServers",
    properties="name audiences description issuerMode",
    computed="issuer status kid credentialsRotationMode credentialsLastRotated credentialsNextRotation",
    names={
        "kid": "credentials.signing.kid",
        "credentialsRotationMode": "credentials.signing.rotationMode",
        "credentialsLastRotated": "credentials.signing.lastRotated",
        "credentialsNextRotation": "credentials.signing.nextRotation",
    },
    document={"credentials": {"signing": {"rotationMode": "AUTO"}}, "description": ""},
    defaults={"issuerMode": "ORG_URL"},
    auto_name=AutoName(),
    missing_is_deleted=True,
    deactivated_first=True,
)

SCOPE = Collection[OktaClient](
    "okta:auth/serverScope:ServerScope",
    path="/authorizationServers/{authServerId}/scopes",
    properties="authServerId name description displayName consent metadataPublish default optional",
    computed="system",
    document={"description": "", "displayName": "", "default": False, "optional": False},
    defaults={"consent": "IMPLICIT", "metadataPublish": "ALL_CLIENTS", "default": False},
    auto_name=AutoName(),
    missing_is_deleted=True,
)

CLAIM = Collection[OktaClient](
    "okta:auth/serverClaim:ServerClaim",
    path="/authorizationServers/{authServerId}/claims",
    properties="authServerId name claimType value valueType alwaysIncludeInToken scopes",
    computed="status",
    names={"scopes": "conditions.scopes"},
    document={"conditions": {}, "status": "ACTIVE"},
    unless_empty="scopes",
    defaults={"valueType": "EXPRESSION", "alwaysIncludeInToken": True},
    auto_name=AutoName(),
)

POLICY = Collection[OktaClient](
    "okta:auth/serverPolicy:ServerPolicy",
    path="/authorizationServers/{authServerId}/policies",
    properties="authServerId name description priority clientWhitelists",
    computed="status",
    names={"clientWhitelists": "conditions.clients.include"},
    document={"status": "ACTIVE", "type": "OAUTH_AUTHORIZATION_POLICY"},
    auto_name=AutoName(),
)

RULE = Collection[OktaClient](
    "okta:auth/serverPolicyRule:ServerPolicyRule",
    path="/authorizationServers/{authServerId}/policies/{policyId}/rules",
    properties="authServerId policyId name priority grantTypeWhitelists scopeWhitelists accessTokenLifetimeMinutes",
    computed="status system type refreshTokenLifetimeMinutes refreshTokenWindowMinutes",
    names={
        "grantTypeWhitelists": "conditions.grantTypes.include",
        "scopeWhitelists": "conditions.scopes.include",
        "accessTokenLifetimeMinutes": "actions.token.accessTokenLifetimeMinutes",
        "refreshTokenLifetimeMinutes": "actions.token.refreshTokenLifetimeMinutes",
        "refreshTokenWindowMinutes": "actions.token.refreshTokenWindowMinutes",
    },
    document={
        "actions": {"token": {"refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10_080}},
        "conditions": {"people": {"groups": {}, "users": {}}, "scopes": {}},
        "status": "ACTIVE",
        "type": "RESOURCE_ACCESS",
    },
    unless_empty="scopeWhitelists",
    defaults={"accessTokenLifetimeMinutes": 60},
    auto_name=AutoName(),
)


def _get_server(client: OktaClient, arguments: Properties) -> Properties:
    """The authorization server of exactly this name."""
    name = arguments["name"]
    listed: list[Properties] = client.get(f"{SERVER.path}?{urlencode({'limit': 200, 'q': name})}")
    named = [server for server in listed if server["name"] == name]
    if not named:
        raise ProviderError(f"authorization server with name '{name}' does not exist")
    return SERVER.outputs(named[-1], {}) | {"id": named[-1]["id"]}


GET_SERVER = FunctionType("okta:auth/getServer:getServer", "name", _get_server)


def _get_scopes(client: OktaClient, arguments: Properties) -> Properties:
    """Every scope of an authorization server; the id is a checksum over their names."""
    scopes: list[Properties] = client.get(SCOPE.path.format_map(arguments))
    checksum = zlib.crc32("".join(scope["name"] for scope in scopes).encode())
    listed = [SCOPE.outputs(scope, {}) | {"id": scope["id"]} for scope in scopes]
    server = arguments["authServerId"]
    return {"authServerId": server, "id": f"{server}.{checksum}", "scopes": listed}


GET_SCOPES = FunctionType("okta:auth/getServerScopes:getServerScopes", "authServerId", _get_scopes)
