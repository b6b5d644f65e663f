"""Applications (`Client`), how they prove who they are (`ClientCredentials`), what they may ask for (`ClientGrant`)."""

from __future__ import annotations

from urllib.parse import urlencode

from sandbox.providers.arguments import Mistake, only
from sandbox.providers.auth0.client import Auth0Client
from sandbox.providers.base import AutoName, Created
from sandbox.providers.rest import Collection, snakes
from sandbox.providers.values import Properties

_METHOD = "token_endpoint_auth_method"
_FIRST_METHOD = {_METHOD: "client_secret_post"}
"""What a machine starts with, and has again when its credentials are deleted."""


CLIENT = Collection[Auth0Client](
    path="/clients",
    fields={
        **snakes("name", "description", "appType", "grantTypes", "isFirstParty", "oidcConformant", "clientMetadata"),
        **snakes("jwtConfiguration"),
    },
    told=snakes("clientId"),
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
    validate=only("appType", "non_interactive", what="applications of type "),
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


CLIENT_CREDENTIALS = _Credentials(
    path="/clients",
    fields={"clientId": "client_id", "authenticationMethod": _METHOD},
    told=snakes("clientSecret"),
    fixed=frozenset({"client_id"}),
    update_by="PATCH",
).resource_type(
    "auth0:index/clientCredentials:ClientCredentials",
    "pulumi_auth0:ClientCredentialsArgs",
    secret_outputs=frozenset({"clientSecret"}),
    validate=only("authenticationMethod", "client_secret_post", "client_secret_basic"),
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
    fields=snakes("clientId", "audience", "subjectType") | {"scopes": "scope"},
    told=snakes("isSystem"),
    fixed=frozenset({"client_id", "audience", "subject_type"}),
    update_by="PATCH",
    missing_is_deleted=True,
).resource_type(
    "auth0:index/clientGrant:ClientGrant",
    "pulumi_auth0:ClientGrantArgs",
    replace_on=frozenset({"clientId", "audience", "subjectType"}),
    validate=_names_scopes,
)
