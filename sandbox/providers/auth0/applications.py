"""Applications (`Client`), how they prove who they are (`ClientCredentials`), what they may ask for (`ClientGrant`)."""

from __future__ import annotations

from urllib.parse import urlencode

from sandbox.providers.arguments import Mistake
from sandbox.providers.auth0.client import Auth0Client
from sandbox.providers.base import AutoName, Created
from sandbox.providers.rest import Collection, snake
from sandbox.providers.values import Properties

_INPUTS = (
    "name",
    "description",
    "appType",
    "grantTypes",
    "isFirstParty",
    "oidcConformant",
    "clientMetadata",
    "jwtConfiguration",
)
_MACHINE = "non_interactive"
_METHOD = "token_endpoint_auth_method"
_METHODS = ("client_secret_post", "client_secret_basic")
_FIRST_METHOD = {_METHOD: "client_secret_post"}
"""What a machine starts with, and has again when its credentials are deleted."""


def _only_machines(inputs: Properties) -> list[Mistake]:
    if inputs.get("appType") == _MACHINE:
        return []
    return [Mistake("appType", f"the sandbox plays applications of type {_MACHINE} only")]


CLIENT = Collection[Auth0Client](
    path="/clients",
    fields={name: snake(name) for name in _INPUTS},
    told={"clientId": "client_id"},
    at_creation=_FIRST_METHOD,
    blocks=frozenset({"jwtConfiguration"}),
    key="client_id",
    update_by="PATCH",
    missing_is_deleted=True,
).resource_type(
    "auth0:index/client:Client",
    "pulumi_auth0:ClientArgs",
    defaults={"description": "Managed by Pulumi"},
    auto_name=AutoName(),
    validate=_only_machines,
)


class _Credentials(Collection[Auth0Client]):
    """They are a part of their application, which is asked for first."""

    def outputs(self, found: Properties, known: Properties) -> Properties:
        """The secret is empty where the deployer's own credentials may not read it."""
        return super().outputs({"client_secret": "", **found}, known)

    def create(self, client: Auth0Client, inputs: Properties) -> Created:
        return Created(inputs["clientId"], self.update(client, inputs["clientId"], {}, inputs))

    def update(self, client: Auth0Client, key: str, old: Properties, new: Properties) -> Properties:
        client.get(f"/clients/{key}?fields=client_id&include_fields=true")
        return super().update(client, key, old, new)

    def delete(self, client: Auth0Client, key: str, state: Properties) -> None:
        del state
        if client.find(f"/clients/{key}?fields=client_id%2Capp_type&include_fields=true") is not None:
            client.get(f"/clients/{key}/credentials?include_totals=true&per_page=50")
            client.send("PATCH", f"/clients/{key}", _FIRST_METHOD)


def _only_secrets(inputs: Properties) -> list[Mistake]:
    if inputs.get("authenticationMethod") in _METHODS:
        return []
    return [Mistake("authenticationMethod", f"the sandbox plays {' and '.join(_METHODS)} only")]


CLIENT_CREDENTIALS = _Credentials(
    path="/clients",
    fields={"clientId": "client_id", "authenticationMethod": _METHOD},
    told={"clientSecret": "client_secret"},
    fixed=frozenset({"client_id"}),
    update_by="PATCH",
).resource_type(
    "auth0:index/clientCredentials:ClientCredentials",
    "pulumi_auth0:ClientCredentialsArgs",
    secret_outputs=frozenset({"clientSecret"}),
    validate=_only_secrets,
)


class _Grants(Collection[Auth0Client]):
    def create(self, client: Auth0Client, inputs: Properties) -> Created:
        """Takes over a grant of this client at this audience, with the scopes that it has."""
        wanted = {"audience": inputs["audience"], "client_id": inputs["clientId"]}
        query = urlencode({**wanted, "include_totals": "true", "per_page": "50"})
        listed: list[Properties] = client.get(f"{self.path}?{query}")["client_grants"]
        for grant in listed:
            if grant.get("subject_type", "client") == inputs.get("subjectType", "client"):
                return Created(grant["id"], self.fetch(client, grant["id"], inputs))
        return super().create(client, inputs)

    def update(self, client: Auth0Client, key: str, old: Properties, new: Properties) -> Properties:
        """Only what has changed is sent."""
        if old.get("scopes") == new["scopes"]:
            return self.fetch(client, key, new)
        return super().update(client, key, old, new)


def _names_scopes(inputs: Properties) -> list[Mistake]:
    needed = {"clientId": "the client", "scopes": "the scopes, or an empty list"}
    return [Mistake(name, f"give {what}") for name, what in needed.items() if name not in inputs]


CLIENT_GRANT = _Grants(
    path="/client-grants",
    fields={"clientId": "client_id", "audience": "audience", "scopes": "scope", "subjectType": "subject_type"},
    told={"isSystem": "is_system"},
    fixed=frozenset({"client_id", "audience", "subject_type"}),
    update_by="PATCH",
    missing_is_deleted=True,
).resource_type(
    "auth0:index/clientGrant:ClientGrant",
    "pulumi_auth0:ClientGrantArgs",
    replace_on=frozenset({"clientId", "audience", "subjectType"}),
    validate=_names_scopes,
)
