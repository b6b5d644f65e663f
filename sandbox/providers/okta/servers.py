"""Authorization servers (`auth.Server`), their scopes and claims, and the functions that look them up."""

from __future__ import annotations

import zlib
from typing import Any
from urllib.parse import urlencode

from sandbox.providers.base import AutoName, Created, FunctionType, ProviderError, ResourceType
from sandbox.providers.okta.client import ApiError, ManagementClient
from sandbox.providers.values import Properties

_SERVERS = "/authorizationServers"


def _create_server(client: ManagementClient, inputs: Properties) -> Created:
    made = client.post(_SERVERS, _server_body(inputs))
    return Created(made["id"], _server_outputs(client.get(f"{_SERVERS}/{made['id']}")))


def _read_server(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    del state
    found = client.find(f"{_SERVERS}/{key}")
    return None if found is None else _server_outputs(found)


def _update_server(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    del old
    client.put(f"{_SERVERS}/{key}", _server_body(new))
    return _server_outputs(client.get(f"{_SERVERS}/{key}"))


def _delete_server(client: ManagementClient, key: str, state: Properties) -> None:
    del state
    try:
        client.post(f"{_SERVERS}/{key}/lifecycle/deactivate")
        client.delete(f"{_SERVERS}/{key}")
    except ApiError as error:
        if error.status != 404:
            raise


def _server_body(inputs: Properties) -> dict[str, Any]:
    return {
        "audiences": inputs["audiences"],
        "credentials": {"signing": {"rotationMode": "AUTO"}},
        "description": inputs.get("description", ""),
        "issuerMode": inputs["issuerMode"],
        "name": inputs["name"],
    }


def _server_outputs(server: Properties) -> Properties:
    signing: Properties = server["credentials"]["signing"]
    return {
        "name": server["name"],
        "description": server["description"],
        "audiences": server["audiences"],
        "issuer": server["issuer"],
        "issuerMode": server["issuerMode"],
        "status": server["status"],
        "kid": signing["kid"],
        "credentialsRotationMode": signing["rotationMode"],
        "credentialsLastRotated": signing["lastRotated"],
        "credentialsNextRotation": signing["nextRotation"],
    }


SERVER: ResourceType[ManagementClient] = ResourceType(
    token="okta:auth/server:Server",  # noqa: S106  a type token
    arguments="pulumi_okta.auth:ServerArgs",
    properties=frozenset({"name", "audiences", "description", "issuerMode"}),
    computed=frozenset({"issuer", "kid", "status", "credentialsLastRotated", "credentialsNextRotation"}),
    defaults={"issuerMode": "ORG_URL"},
    auto_name=AutoName(),
    create=_create_server,
    read=_read_server,
    update=_update_server,
    delete=_delete_server,
)


def _get_server(client: ManagementClient, arguments: Properties) -> Properties:
    """The authorization server of exactly this name."""
    name = arguments["name"]
    listed = client.list(f"{_SERVERS}?{urlencode({'limit': 200, 'q': name})}")
    named = [server for server in listed if server["name"] == name]
    if not named:
        raise ProviderError(f"authorization server with name '{name}' does not exist")
    return _server_outputs(named[-1]) | {"id": named[-1]["id"]}


GET_SERVER: FunctionType[ManagementClient] = FunctionType(
    "okta:auth/getServer:getServer", frozenset({"name"}), _get_server
)


_SCOPE_FIELDS = ("name", "description", "displayName", "consent", "metadataPublish", "default", "optional")


def _create_scope(client: ManagementClient, inputs: Properties) -> Created:
    path = f"{_SERVERS}/{inputs['authServerId']}/scopes"
    made = client.post(path, _scope_body(inputs))
    return Created(made["id"], _scope_outputs(client.get(f"{path}/{made['id']}")))


def _read_scope(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    found = client.find(f"{_SERVERS}/{state['authServerId']}/scopes/{key}")
    return None if found is None else _scope_outputs(found)


def _update_scope(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    """On another authorization server there is no scope of this id: like the plugin, this fails with 404."""
    del old
    path = f"{_SERVERS}/{new['authServerId']}/scopes/{key}"
    client.put(path, _scope_body(new))
    return _scope_outputs(client.get(path))


def _delete_scope(client: ManagementClient, key: str, state: Properties) -> None:
    try:
        client.delete(f"{_SERVERS}/{state['authServerId']}/scopes/{key}")
    except ApiError as error:
        if error.status != 404:
            raise


def _scope_body(inputs: Properties) -> dict[str, Any]:
    unset = {"description": "", "displayName": "", "default": False, "optional": False}
    return unset | {name: inputs[name] for name in _SCOPE_FIELDS if name in inputs}


def _scope_outputs(scope: Properties) -> Properties:
    return {name: scope[name] for name in (*_SCOPE_FIELDS, "system")}


SCOPE: ResourceType[ManagementClient] = ResourceType(
    token="okta:auth/serverScope:ServerScope",  # noqa: S106  a type token
    arguments="pulumi_okta.auth:ServerScopeArgs",
    properties=frozenset({"authServerId", *_SCOPE_FIELDS}),
    computed=frozenset({"system"}),
    defaults={"consent": "IMPLICIT", "metadataPublish": "ALL_CLIENTS", "default": False},
    auto_name=AutoName(),
    create=_create_scope,
    read=_read_scope,
    update=_update_scope,
    delete=_delete_scope,
)


def _get_scopes(client: ManagementClient, arguments: Properties) -> Properties:
    """Every scope of an authorization server; the id is a checksum over their names."""
    server = arguments["authServerId"]
    scopes = client.list(f"{_SERVERS}/{server}/scopes")
    checksum = zlib.crc32("".join(scope["name"] for scope in scopes).encode())
    listed = [_scope_outputs(scope) | {"id": scope["id"]} for scope in scopes]
    return {"authServerId": server, "id": f"{server}.{checksum}", "scopes": listed}


GET_SCOPES: FunctionType[ManagementClient] = FunctionType(
    "okta:auth/getServerScopes:getServerScopes", frozenset({"authServerId"}), _get_scopes
)


def _create_claim(client: ManagementClient, inputs: Properties) -> Created:
    path = f"{_SERVERS}/{inputs['authServerId']}/claims"
    made = client.post(path, _claim_body(inputs))
    return Created(made["id"], _claim_outputs(client.get(f"{path}/{made['id']}")))


def _read_claim(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    found = client.find(f"{_SERVERS}/{state['authServerId']}/claims/{key}")
    return None if found is None else _claim_outputs(found)


def _update_claim(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    del old
    path = f"{_SERVERS}/{new['authServerId']}/claims/{key}"
    client.put(path, _claim_body(new))
    return _claim_outputs(client.get(path))


def _delete_claim(client: ManagementClient, key: str, state: Properties) -> None:
    client.delete(f"{_SERVERS}/{state['authServerId']}/claims/{key}")


def _claim_body(inputs: Properties) -> dict[str, Any]:
    return {
        "alwaysIncludeInToken": inputs["alwaysIncludeInToken"],
        "claimType": inputs["claimType"],
        "conditions": {"scopes": inputs["scopes"]} if inputs.get("scopes") else {},
        "name": inputs["name"],
        "status": "ACTIVE",
        "value": inputs["value"],
        "valueType": inputs["valueType"],
    }


def _claim_outputs(claim: Properties) -> Properties:
    fields = ("alwaysIncludeInToken", "claimType", "name", "status", "value", "valueType")
    return {name: claim[name] for name in fields} | {"scopes": claim["conditions"]["scopes"]}


CLAIM: ResourceType[ManagementClient] = ResourceType(
    token="okta:auth/serverClaim:ServerClaim",  # noqa: S106  a type token
    arguments="pulumi_okta.auth:ServerClaimArgs",
    properties=frozenset({"authServerId", "name", "claimType", "value", "valueType", "scopes", "alwaysIncludeInToken"}),
    computed=frozenset({"status"}),
    defaults={"valueType": "EXPRESSION", "alwaysIncludeInToken": True},
    auto_name=AutoName(),
    create=_create_claim,
    read=_read_claim,
    update=_update_claim,
    delete=_delete_claim,
)
