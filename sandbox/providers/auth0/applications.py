"""Applications (`Client`), how they prove who they are (`ClientCredentials`), what they may ask for (`ClientGrant`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from sandbox.providers.arguments import Mistake
from sandbox.providers.auth0.client import ManagementClient
from sandbox.providers.base import AutoName, Created, ResourceType
from sandbox.providers.values import Properties

_CLIENT_FIELDS = {
    "name": "name",
    "description": "description",
    "appType": "app_type",
    "grantTypes": "grant_types",
    "isFirstParty": "is_first_party",
    "oidcConformant": "oidc_conformant",
    "clientMetadata": "client_metadata",
}
_JWT_FIELDS = {"alg": "alg", "lifetimeInSeconds": "lifetime_in_seconds", "secretEncoded": "secret_encoded"}
_SECRET_METHODS = ("client_secret_post", "client_secret_basic")
_MACHINE = "non_interactive"


def _create_client(client: ManagementClient, inputs: Properties) -> Created:
    created = client.post("/clients", _client_body(inputs) | {"token_endpoint_auth_method": "client_secret_post"})
    key = created["client_id"]
    return Created(key, _client_outputs(client.get(f"/clients/{key}"), inputs))


def _read_client(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    found = client.find(f"/clients/{key}")
    return None if found is None else _client_outputs(found, state)


def _update_client(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    del old
    client.patch(f"/clients/{key}", _client_body(new))
    return _client_outputs(client.get(f"/clients/{key}"), new)


def _delete_client(client: ManagementClient, key: str, state: Properties) -> None:
    del state
    client.delete(f"/clients/{key}")


def _only_machines(inputs: Properties) -> list[Mistake]:
    if inputs.get("appType") == _MACHINE:
        return []
    return [Mistake("appType", f"the sandbox plays applications of type {_MACHINE} only")]


def _client_body(inputs: Properties) -> dict[str, Any]:
    body = {field: inputs[name] for name, field in _CLIENT_FIELDS.items() if name in inputs}
    if "jwtConfiguration" in inputs:
        given: Properties = inputs["jwtConfiguration"]
        body["jwt_configuration"] = {_JWT_FIELDS.get(name, name): value for name, value in given.items()}
    return body


def _client_outputs(found: Properties, known: Properties) -> Properties:
    """Of `jwtConfiguration` the fields that are known only: others would be a change after a refresh."""
    outputs = {name: found.get(field) for name, field in _CLIENT_FIELDS.items()}
    if "jwtConfiguration" in known:
        jwt = found["jwt_configuration"]
        outputs["jwtConfiguration"] = {name: jwt[_JWT_FIELDS[name]] for name in known["jwtConfiguration"]}
    return outputs | {"clientId": found["client_id"]}


CLIENT: ResourceType[ManagementClient] = ResourceType(
    token="auth0:index/client:Client",  # noqa: S106  a type token
    arguments="pulumi_auth0:ClientArgs",
    properties=frozenset({*_CLIENT_FIELDS, "jwtConfiguration"}),
    computed=frozenset({"clientId"}),
    defaults={"description": "Managed by Pulumi"},
    auto_name=AutoName(),
    validate=_only_machines,
    create=_create_client,
    read=_read_client,
    update=_update_client,
    delete=_delete_client,
)


def _create_credentials(client: ManagementClient, inputs: Properties) -> Created:
    key = inputs["clientId"]
    return Created(key, _set_method(client, key, inputs["authenticationMethod"]))


def _read_credentials(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    del state
    found = client.find(f"/clients/{key}")
    return None if found is None else _credentials_outputs(found)


def _update_credentials(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    del old
    return _set_method(client, key, new["authenticationMethod"])


def _delete_credentials(client: ManagementClient, key: str, state: Properties) -> None:
    """Back to the method that the type of application starts with."""
    del state
    if client.find(f"/clients/{key}?fields=client_id%2Capp_type&include_fields=true") is not None:
        client.get(f"/clients/{key}/credentials?include_totals=true&per_page=50")
        client.patch(f"/clients/{key}", {"token_endpoint_auth_method": "client_secret_post"})


def _set_method(client: ManagementClient, key: str, method: str) -> Properties:
    client.get(f"/clients/{key}?fields=client_id&include_fields=true")
    client.patch(f"/clients/{key}", {"token_endpoint_auth_method": method})
    return _credentials_outputs(client.get(f"/clients/{key}"))


def _credentials_outputs(found: Properties) -> Properties:
    """The secret is empty where the deployer's own credentials may not read it."""
    return {
        "clientId": found["client_id"],
        "clientSecret": found.get("client_secret", ""),
        "authenticationMethod": found["token_endpoint_auth_method"],
    }


def _only_secrets(inputs: Properties) -> list[Mistake]:
    if inputs.get("authenticationMethod") in _SECRET_METHODS:
        return []
    return [Mistake("authenticationMethod", f"the sandbox plays {' and '.join(_SECRET_METHODS)} only")]


CLIENT_CREDENTIALS: ResourceType[ManagementClient] = ResourceType(
    token="auth0:index/clientCredentials:ClientCredentials",  # noqa: S106  a type token
    arguments="pulumi_auth0:ClientCredentialsArgs",
    properties=frozenset({"clientId", "authenticationMethod"}),
    computed=frozenset({"clientSecret"}),
    secret_outputs=frozenset({"clientSecret"}),
    validate=_only_secrets,
    create=_create_credentials,
    read=_read_credentials,
    update=_update_credentials,
    delete=_delete_credentials,
)


def _create_grant(client: ManagementClient, inputs: Properties) -> Created:
    """Takes over a grant of this client at this audience, with the scopes that it has."""
    wanted = {"audience": inputs["audience"], "client_id": inputs["clientId"]}
    query = urlencode({**wanted, "include_totals": "true", "per_page": "50"})
    listed: list[Properties] = client.get(f"/client-grants?{query}")["client_grants"]
    subject = inputs.get("subjectType", "client")
    existing = [grant["id"] for grant in listed if grant.get("subject_type", "client") == subject]
    key = existing[0] if existing else client.post("/client-grants", wanted | _grant_body(inputs))["id"]
    return Created(key, _grant_outputs(client.get(f"/client-grants/{key}")))


def _read_grant(client: ManagementClient, key: str, state: Properties) -> Properties | None:
    del state
    found = client.find(f"/client-grants/{key}")
    return None if found is None else _grant_outputs(found)


def _update_grant(client: ManagementClient, key: str, old: Properties, new: Properties) -> Properties:
    if old.get("scopes") != new["scopes"]:
        client.patch(f"/client-grants/{key}", {"scope": new["scopes"]})
    return _grant_outputs(client.get(f"/client-grants/{key}"))


def _delete_grant(client: ManagementClient, key: str, state: Properties) -> None:
    del state
    client.delete(f"/client-grants/{key}")


def _names_scopes(inputs: Properties) -> list[Mistake]:
    needed = {"clientId": "the client", "scopes": "the scopes, or an empty list"}
    return [Mistake(name, f"give {what}") for name, what in needed.items() if name not in inputs]


def _grant_body(inputs: Properties) -> dict[str, Any]:
    subject = {"subject_type": inputs["subjectType"]} if "subjectType" in inputs else {}
    return {"scope": inputs["scopes"], **subject}


def _grant_outputs(grant: Properties) -> Properties:
    fields = {
        "clientId": "client_id",
        "audience": "audience",
        "scopes": "scope",
        "subjectType": "subject_type",
        "isSystem": "is_system",
    }
    return {name: grant[field] for name, field in fields.items()}


CLIENT_GRANT: ResourceType[ManagementClient] = ResourceType(
    token="auth0:index/clientGrant:ClientGrant",  # noqa: S106  a type token
    arguments="pulumi_auth0:ClientGrantArgs",
    properties=frozenset({"clientId", "audience", "scopes", "subjectType"}),
    computed=frozenset({"isSystem"}),
    replace_on=frozenset({"clientId", "audience", "subjectType"}),
    validate=_names_scopes,
    create=_create_grant,
    read=_read_grant,
    update=_update_grant,
    delete=_delete_grant,
)
