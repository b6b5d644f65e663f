"""The APIs of a tenant (`ResourceServer`) and their scopes (`ResourceServerScopes`)."""

from __future__ import annotations

from typing import Any

from sandbox.providers.auth0.client import Auth0Client, Auth0Type, escaped
from sandbox.providers.base import AutoName, Created, FunctionType, ProviderError
from sandbox.providers.values import Properties

API = Auth0Type(
    "auth0:index/resourceServer:ResourceServer",
    path="/resource-servers",
    properties="name identifier signingAlg tokenDialect tokenLifetime tokenLifetimeForWeb enforcePolicies "
    "allowOfflineAccess skipConsentForVerifiableFirstPartyClients",
    computed="isSystem",
    auto_name=AutoName(),
    replaces="identifier",
)


class _Scopes(Auth0Type):
    """The scopes are a part of their API: making them is a change of it, and nothing is deleted with them."""

    def url(self, properties: Properties, key: str) -> str:
        return super().url(properties, escaped(key))

    def body(self, inputs: Properties) -> Properties:
        return {"scopes": [{"value": scope["name"], **_description(scope, {})} for scope in inputs["scopes"]]}

    def outputs(self, found: Properties, known: Properties) -> Properties:
        return super().outputs(found, known) | {"scopes": _scopes(found)}

    def create(self, client: Auth0Client, inputs: Properties) -> Created:
        identifier = inputs["resourceServerIdentifier"]
        existing = client.get(self.url(inputs, identifier)).get("scopes", [])
        if existing and existing != self.body(inputs)["scopes"]:
            raise ProviderError(
                f"Resource Server with non empty scopes: {identifier} already has scopes that this stack did not make; "
                "remove them, or import them"
            )
        return Created(identifier, self.update(client, identifier, {}, inputs))

    def delete(self, client: Auth0Client, key: str, state: Properties) -> None:
        if client.find(self.url(state, key)) is not None:
            client.send("PATCH", self.url(state, key), {"scopes": []})


def _description(scope: Properties, absent: Properties) -> Properties:
    return {"description": scope["description"]} if scope.get("description") else absent


def _scopes(api: Properties) -> list[dict[str, Any]]:
    return [{"name": each["value"], **_description(each, {"description": ""})} for each in api.get("scopes", [])]


API_SCOPES = _Scopes(
    "auth0:index/resourceServerScopes:ResourceServerScopes",
    path="/resource-servers",
    properties="resourceServerIdentifier scopes",
    names={"resourceServerIdentifier": "identifier"},
    replaces="resourceServerIdentifier",
)


def _get_api(client: Auth0Client, arguments: Properties) -> Properties:
    """The API with an id or an identifier, with its scopes. Like the plugin's, it escapes an identifier twice."""
    if not (arguments.get("resourceServerId") or arguments.get("identifier")):
        raise ProviderError("auth0:getResourceServer: give identifier or resourceServerId")
    key = arguments.get("resourceServerId") or escaped(escaped(arguments["identifier"]))
    found = client.get(API.url({}, key))
    outputs = API.outputs(found, {}) | {"id": found["id"], "scopes": _scopes(found)}
    return outputs | {name: value for name, value in arguments.items() if name == "resourceServerId"}


GET_API = FunctionType("auth0:index/getResourceServer:getResourceServer", "identifier resourceServerId", _get_api)
