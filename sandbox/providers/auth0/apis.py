"""The APIs of a tenant (`ResourceServer`) and their scopes (`ResourceServerScopes`)."""

from __future__ import annotations

from typing import Any

from sandbox.providers.auth0.client import ManagementClient, escaped
from sandbox.providers.base import AutoName, Created, FunctionType, ProviderError, ResourceType
from sandbox.providers.values import Properties

_FIELDS = {
    "name": "name",
    "identifier": "identifier",
    "signingAlg": "signing_alg",
    "tokenDialect": "token_dialect",
    "tokenLifetime": "token_lifetime",
    "tokenLifetimeForWeb": "token_lifetime_for_web",
    "enforcePolicies": "enforce_policies",
    "allowOfflineAccess": "allow_offline_access",
    "skipConsentForVerifiableFirstPartyClients": "skip_consent_for_verifiable_first_party_clients",
}
_COMPUTED = {"isSystem": "is_system"}


def _create_api(client: ManagementClient, inputs: Properties) -> Created:
    created = client.post("/resource-servers", _body(inputs))
    return Created(created["id"], _outputs(client.get(f"/resource-servers/{created['id']}")))


def _read_api(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    del state
    found = client.find(f"/resource-servers/{key}")
    return None if found is None else _outputs(found)


def _update_api(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    del old
    body = _body(new)
    del body["identifier"]
    client.patch(f"/resource-servers/{key}", body)
    return _outputs(client.get(f"/resource-servers/{key}"))


def _delete_api(client: ManagementClient, key: str, state: Properties) -> None:
    del state
    client.delete(f"/resource-servers/{key}")


def _body(inputs: Properties) -> dict[str, Any]:
    return {field: inputs[name] for name, field in _FIELDS.items() if name in inputs}


def _outputs(api: Properties) -> Properties:
    return {name: api[field] for name, field in (_FIELDS | _COMPUTED).items()}


API: ResourceType[ManagementClient] = ResourceType(
    token="auth0:index/resourceServer:ResourceServer",  # noqa: S106  a type token
    arguments="pulumi_auth0:ResourceServerArgs",
    properties=frozenset(_FIELDS),
    computed=frozenset(_COMPUTED),
    auto_name=AutoName(),
    replace_on=frozenset({"identifier"}),
    create=_create_api,
    read=_read_api,
    update=_update_api,
    delete=_delete_api,
)


def _create_scopes(client: ManagementClient, inputs: Properties) -> Created:
    identifier, wanted = inputs["resourceServerIdentifier"], _scopes_body(inputs)
    path = f"/resource-servers/{escaped(identifier)}"
    existing = client.get(path).get("scopes", [])
    if existing and existing != wanted:
        raise ProviderError(
            f"Resource Server with non empty scopes: {identifier} already has scopes that this stack did not make; "
            "remove them, or import them"
        )
    client.patch(path, {"scopes": wanted})
    return Created(identifier, _scopes_outputs(client.get(path)))


def _read_scopes(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    del state
    found = client.find(f"/resource-servers/{escaped(key)}")
    return None if found is None else _scopes_outputs(found)


def _update_scopes(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    del old
    path = f"/resource-servers/{escaped(key)}"
    client.patch(path, {"scopes": _scopes_body(new)})
    return _scopes_outputs(client.get(path))


def _delete_scopes(client: ManagementClient, key: str, state: Properties) -> None:
    del state
    path = f"/resource-servers/{escaped(key)}"
    if client.find(path) is not None:
        client.patch(path, {"scopes": []})


def _scopes_body(inputs: Properties) -> list[dict[str, str]]:
    return [
        {"value": scope["name"]} | ({"description": scope["description"]} if scope.get("description") else {})
        for scope in inputs["scopes"]
    ]


def _scopes_outputs(api: Properties) -> Properties:
    return {"resourceServerIdentifier": api["identifier"], "scopes": _scopes(api)}


def _scopes(api: Properties) -> list[dict[str, str]]:
    return [{"name": scope["value"], "description": scope.get("description", "")} for scope in api.get("scopes", [])]


API_SCOPES: ResourceType[ManagementClient] = ResourceType(
    token="auth0:index/resourceServerScopes:ResourceServerScopes",  # noqa: S106  a type token
    arguments="pulumi_auth0:ResourceServerScopesArgs",
    properties=frozenset({"resourceServerIdentifier", "scopes"}),
    replace_on=frozenset({"resourceServerIdentifier"}),
    create=_create_scopes,
    read=_read_scopes,
    update=_update_scopes,
    delete=_delete_scopes,
)


def _get_api(client: ManagementClient, arguments: Properties) -> Properties:
    """The API with an id or an identifier, with its scopes."""
    if not (arguments.get("resourceServerId") or arguments.get("identifier")):
        raise ProviderError("auth0:getResourceServer: give identifier or resourceServerId")
    key = arguments.get("resourceServerId") or escaped(arguments["identifier"])
    found = client.get(f"/resource-servers/{key}")
    outputs = _outputs(found) | {"id": found["id"], "scopes": _scopes(found)}
    return outputs | {name: value for name, value in arguments.items() if name == "resourceServerId"}


GET_API: FunctionType[ManagementClient] = FunctionType(
    "auth0:index/getResourceServer:getResourceServer", frozenset({"identifier", "resourceServerId"}), _get_api
)
