"""Applications (`Client`), how they prove who they are (`ClientCredentials`), what they may ask for (`ClientGrant`)."""

from __future__ import annotations

from urllib.parse import urlencode

from sandbox.providers.arguments import Mistake, only
from sandbox.providers.auth0.client import Auth0Client, Auth0Type
from sandbox.providers.base import AutoName, Created
from sandbox.providers.rest import snake
from sandbox.providers.values import Properties

_JWT = "jwtConfiguration"
_METHOD = "token_endpoint_auth_method"
_FIRST_METHOD = {_METHOD: "client_secret_post"}
"""What a machine starts with, and has again when its credentials are deleted."""


class _Clients(Auth0Type):
    """Of the tokens' configuration no more is told than is known."""

    def body(self, inputs: Properties) -> Properties:
        body = super().body(inputs)
        if _JWT in inputs:
            body[self.place(_JWT)] = {snake(name): value for name, value in inputs[_JWT].items()}
        return body

    def outputs(self, found: Properties, known: Properties) -> Properties:
        outputs = super().outputs(found, known)
        told = outputs.pop(_JWT) or {}
        return outputs | ({_JWT: {name: told.get(snake(name)) for name in known[_JWT]}} if _JWT in known else {})

    def create(self, client: Auth0Client, inputs: Properties) -> Created:
        made = client.send("POST", self.path, self.body(inputs) | _FIRST_METHOD)
        return Created(made[self.key], self.fetch(client, made[self.key], inputs))


CLIENT = _Clients(
    "auth0:index/client:Client",
    path="/clients",
    properties=f"name description appType grantTypes isFirstParty oidcConformant clientMetadata {_JWT}",
    computed="clientId",
    key="client_id",
    defaults={"description": "Managed by Pulumi"},
    auto_name=AutoName(),
    validate=only("appType", "non_interactive", what="applications of type "),
)


class _Credentials(Auth0Type):
    """They are a part of their application, which is asked for first."""

    def body(self, inputs: Properties) -> Properties:
        return {_METHOD: inputs["authenticationMethod"]}

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


CLIENT_CREDENTIALS = _Credentials(
    "auth0:index/clientCredentials:ClientCredentials",
    path="/clients",
    properties="clientId authenticationMethod",
    computed="clientSecret",
    names={"authenticationMethod": _METHOD},
    secrets="clientSecret",
    validate=only("authenticationMethod", "client_secret_post", "client_secret_basic"),
)


class _Grants(Auth0Type):
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
    "auth0:index/clientGrant:ClientGrant",
    path="/client-grants",
    properties="clientId audience subjectType scopes",
    computed="isSystem",
    names={"scopes": "scope"},
    replaces="clientId audience subjectType",
    validate=_names_scopes,
)
