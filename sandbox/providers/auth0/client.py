"""A client of the Auth0 Management API v2, configured and authorized as the real plugin is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from sandbox.providers.base import ProviderError
from sandbox.providers.rest import ApiError, Collection, RestClient, Tenant, snake
from sandbox.providers.values import Properties
from sandbox.tenants.in_process import Answer

_CREDENTIALS = {"apiToken": "AUTH0_API_TOKEN", "clientId": "AUTH0_CLIENT_ID", "clientSecret": "AUTH0_CLIENT_SECRET"}


class Auth0Client(RestClient):
    """Sends the API token, or a token of its own for the client id and secret given."""

    base = "/api/v2"

    def __init__(self, tenant: Tenant, config: Properties, environment: Mapping[str, str]) -> None:
        self._settings = _settings(config, environment)
        self._token = self._settings.get("apiToken", "")
        remedy = f"set auth0:domain to {tenant.domain}"
        super().__init__(tenant, self._settings["domain"], f"auth0: the sandbox has no tenant {{}}: {remedy}")

    def authorization(self) -> str:
        if not self._token:
            self._token = self._issued()
        return f"Bearer {self._token}"

    def said(self, answer: Answer) -> str:
        document = answer.document
        return f"{document.get('statusCode', answer.status)} {document.get('error')}: {document.get('message')}"

    def _issued(self) -> str:
        """The plugin's library tries HTTP Basic first, and the form where that is refused."""
        identifier, secret = self._settings["clientId"], self._settings["clientSecret"]
        form = {"audience": self._settings["audience"], "grant_type": "client_credentials"}
        answer = self.http.request("POST", "/oauth/token", form=form, basic=(identifier, secret))
        if answer.status != 200:
            form |= {"client_id": identifier, "client_secret": secret}
            answer = self.http.request("POST", "/oauth/token", form=form)
        if answer.status != 200:
            reason = f"{answer.document['error']}: {answer.document['error_description']}"
            where = self._settings["domain"]
            raise ApiError(answer.status, f"failed to retrieve an access token from {where}: {reason}")
        return str(answer.document["access_token"])


@dataclass(frozen=True, kw_only=True)
class Auth0Type(Collection[Auth0Client]):
    """A type whose fields are called like the properties, in snake case."""

    update_by: Literal["PUT", "PATCH"] = "PATCH"
    missing_is_deleted: bool = True

    def place(self, name: str) -> str:
        return self.names.get(name, snake(name))


def _settings(config: Properties, environment: Mapping[str, str]) -> dict[str, str]:
    """`domain`, `audience`, and `apiToken` or `clientId` and `clientSecret`.

    From the configuration, else the environment. Raises ProviderError that names what is missing.
    """
    domain = str(config.get("domain") or environment.get("AUTH0_DOMAIN", "")).rpartition("//")[2]
    if not domain:
        raise ProviderError("auth0: no domain: set auth0:domain or AUTH0_DOMAIN")
    audience = config.get("audience") or environment.get("AUTH0_AUDIENCE") or f"https://{domain}/api/v2/"
    for source in (config, {name: environment.get(variable) for name, variable in _CREDENTIALS.items()}):
        given = {name: str(source[name]) for name in _CREDENTIALS if source.get(name)}
        if "apiToken" in given or len(given) == 2:
            return {"domain": domain, "audience": str(audience), **given}
    raise ProviderError("auth0: no credentials: set auth0:clientId and auth0:clientSecret, or auth0:apiToken")


def escaped(identifier: str) -> str:
    """An API's identifier as one path segment, the way Go's `url.PathEscape` writes it."""
    return quote(identifier, safe="$&+=:@")
