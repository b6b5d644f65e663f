"""The provider server for `auth0`: it sends a tenant the requests that pulumi-auth0's plugin sends, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from sandbox.providers.arguments import Mistakes, mistake, only
from sandbox.providers.base import FunctionType, ProviderError
from sandbox.providers.rest import ApiError, Collection, RestClient, RestProvider, snake
from sandbox.providers.values import Properties
from sandbox.tenants.tenant import Tenant

_JWT = "jwtConfiguration"
_METHOD = "token_endpoint_auth_method"
_FIRST_METHOD = {_METHOD: "client_secret_post"}
"""What a machine starts with, and has again when its credentials are deleted."""


class Auth0Client(RestClient):
    """Sends the API token, or a token of its own for the client id and secret given."""

    base = "/api/v2"

    def __init__(self, tenant: Tenant, config: Properties, variables: Properties) -> None:
        domain = str(config.get("domain") or variables.get("domain", "")).rpartition("//")[2]
        if not domain:
            raise ProviderError("auth0: no domain: set auth0:domain or AUTH0_DOMAIN")
        remedy = f"set auth0:domain to {tenant.domain}"
        super().__init__(tenant, domain, f"auth0: the sandbox has no tenant {{}}: {remedy}")
        self._audience = str(config.get("audience") or variables.get("audience") or f"https://{domain}/api/v2/")
        self._credentials = _credentials(config, variables)
        self._token = str(self._credentials.get("apiToken", ""))

    def authorization(self) -> str:
        if not self._token:
            self._token = self._issued()
        return f"Bearer {self._token}"

    def said(self, document: Properties) -> str:
        return f"{document['statusCode']} {document['error']}: {document['message']}"

    def _issued(self) -> str:
        """The plugin's library tries HTTP Basic first, and the form where that is refused."""
        identifier, secret = self._credentials["clientId"], self._credentials["clientSecret"]
        form = {"audience": self._audience, "grant_type": "client_credentials"}
        answer = self.http.post("/oauth/token", data=form, auth=(identifier, secret))
        if answer.is_error:
            answer = self.http.post("/oauth/token", data={**form, "client_id": identifier, "client_secret": secret})
        document = answer.json()
        if answer.is_error:
            reason = f"{document['error']}: {document['error_description']}"
            raise ApiError(answer.status_code, f"failed to retrieve an access token from {self.domain}: {reason}")
        return str(document["access_token"])


def _credentials(config: Properties, variables: Properties) -> Properties:
    """The configuration's credentials, else those of the variables; raises ProviderError where neither has any."""
    for source in (config, variables):
        if source.get("apiToken") or (source.get("clientId") and source.get("clientSecret")):
            return source
    raise ProviderError("auth0: no credentials: set auth0:clientId and auth0:clientSecret, or auth0:apiToken")


@dataclass(frozen=True, kw_only=True)
class _Type(Collection[Auth0Client]):
    """A type whose fields are called like the properties, in snake case."""

    update_by: Literal["PUT", "PATCH"] = "PATCH"
    missing_is_deleted: bool = True

    def place(self, name: str) -> str:
        return self.names.get(name, snake(name))


def escaped(identifier: str) -> str:
    """An API's identifier as one path segment, the way Go's `url.PathEscape` writes it."""
    return quote(identifier, safe="$&+=:@")


API = _Type(
    "auth0:index/resourceServer:ResourceServer",
    path="/resource-servers",
    properties="name identifier signingAlg tokenDialect tokenLifetime tokenLifetimeForWeb enforcePolicies "
    "allowOfflineAccess skipConsentForVerifiableFirstPartyClients subjectTypeAuthorization",
    auto_name=("name", 255),
    replaces="identifier",
)


class _Scopes(_Type):
    """The scopes are a part of their API: making them is a change of it, and nothing is deleted with them."""

    def url(self, properties: Properties, key: str) -> str:
        return super().url(properties, escaped(key))

    def body(self, inputs: Properties) -> Properties:
        scopes = ({"value": scope["name"], "description": scope.get("description")} for scope in inputs["scopes"])
        return {"scopes": [{name: told for name, told in each.items() if told} for each in scopes]}

    def outputs(self, found: Properties, known: Properties) -> Properties:
        return super().outputs(found, known) | {"scopes": _scopes(found)}

    def create(self, client: Auth0Client, inputs: Properties) -> tuple[str, Properties]:
        identifier = inputs["resourceServerIdentifier"]
        existing = client.get(self.url(inputs, identifier)).get("scopes", [])
        if existing and existing != self.body(inputs)["scopes"]:
            raise ProviderError(
                f"Resource Server with non empty scopes: {identifier} already has scopes that this stack did not make; "
                "remove them, or import them"
            )
        return identifier, self.update(client, identifier, {}, inputs)

    def delete(self, client: Auth0Client, key: str, state: Properties) -> None:
        if client.find(self.url(state, key)) is not None:
            client.send("PATCH", self.url(state, key), {"scopes": []})


def _scopes(api: Properties) -> list[dict[str, Any]]:
    return [{"name": each["value"], "description": each.get("description", "")} for each in api.get("scopes", [])]


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


class _Clients(_Type):
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

    def create(self, client: Auth0Client, inputs: Properties) -> tuple[str, Properties]:
        made = client.send("POST", self.path, self.body(inputs) | _FIRST_METHOD)
        return made[self.key], self.fetch(client, made[self.key], inputs)


CLIENT = _Clients(
    "auth0:index/client:Client",
    path="/clients",
    properties=f"name description appType grantTypes isFirstParty oidcConformant clientMetadata {_JWT}",
    also_computed="clientId",
    key="client_id",
    defaults={"description": "Managed by Pulumi"},
    auto_name=("name", 255),
    validate=only("appType", "non_interactive", what="applications of type "),
)


class _Credentials(_Type):
    """They are a part of their application, which is asked for first."""

    def body(self, inputs: Properties) -> Properties:
        return {_METHOD: inputs["authenticationMethod"]}

    def outputs(self, found: Properties, known: Properties) -> Properties:
        """The secret is empty where the deployer's own credentials may not read it."""
        return super().outputs({"client_secret": "", **found}, known)

    def create(self, client: Auth0Client, inputs: Properties) -> tuple[str, Properties]:
        return inputs["clientId"], self.update(client, inputs["clientId"], {}, inputs)

    def update(self, client: Auth0Client, key: str, old: Properties, new: Properties) -> Properties:
        client.get(f"/clients/{key}?fields=client_id&include_fields=true")
        return super().update(client, key, old, new)

    def delete(self, client: Auth0Client, key: str, state: Properties) -> None:
        if client.find(f"/clients/{key}?fields=client_id%2Capp_type&include_fields=true") is not None:
            client.get(f"/clients/{key}/credentials?include_totals=true&per_page=50")
            client.send("PATCH", f"/clients/{key}", _FIRST_METHOD)


CLIENT_CREDENTIALS = _Credentials(
    "auth0:index/clientCredentials:ClientCredentials",
    path="/clients",
    properties="clientId authenticationMethod",
    also_computed="clientSecret",
    names={"authenticationMethod": _METHOD},
    secrets="clientSecret",
    validate=only("authenticationMethod", "client_secret_post", "client_secret_basic"),
)


class _Grants(_Type):
    def create(self, client: Auth0Client, inputs: Properties) -> tuple[str, Properties]:
        """Takes over a grant of this client at this audience, with the scopes that it has."""
        wanted = {"audience": inputs["audience"], "client_id": inputs["clientId"]}
        query = urlencode({**wanted, "include_totals": "true", "per_page": "50"})
        listed: list[Properties] = client.get(f"{self.path}?{query}")["client_grants"]
        for grant in listed:
            if grant.get("subject_type", "client") == inputs.get("subjectType", "client"):
                return grant["id"], self.fetch(client, grant["id"], inputs)
        return super().create(client, inputs)

    def update(self, client: Auth0Client, key: str, old: Properties, new: Properties) -> Properties:
        """Only what has changed is sent."""
        if old.get("scopes") == new["scopes"]:
            return self.fetch(client, key, new)
        return super().update(client, key, old, new)


def _names_scopes(inputs: Properties) -> Mistakes:
    needed = {"clientId": "the client", "scopes": "the scopes, or an empty list"}
    return [mistake(name, f"give {what}") for name, what in needed.items() if name not in inputs]


CLIENT_GRANT = _Grants(
    "auth0:index/clientGrant:ClientGrant",
    path="/client-grants",
    properties="clientId audience subjectType scopes",
    names={"scopes": "scope"},
    replaces="clientId audience subjectType",
    validate=_names_scopes,
)


class Auth0Provider(RestProvider[Auth0Client]):
    """Reaches one tenant."""

    package, sdk = "auth0", "pulumi_auth0"
    client = Auth0Client
    resources = (API, API_SCOPES, CLIENT, CLIENT_CREDENTIALS, CLIENT_GRANT)
    functions = (
        FunctionType("auth0:index/getResourceServer:getResourceServer", "identifier resourceServerId", _get_api),
    )
