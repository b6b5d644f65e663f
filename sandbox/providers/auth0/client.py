"""A client of the Auth0 Management API v2, configured and authorized as the real plugin is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sandbox.providers.base import ProviderError
from sandbox.providers.values import Properties
from sandbox.tenants.in_process import Answer, InProcessHttp


class ApiError(ProviderError):
    """An error answer of the service: its HTTP status, and what it says."""

    def __init__(self, answer: Answer, said: str) -> None:
        super().__init__(said)
        self.status = answer.status


class ManagementClient:
    """Requests below `/api/v2`, with the API token or a token of its own for the client id and secret given."""

    def __init__(self, http: InProcessHttp, domain: str, settings: Mapping[str, str]) -> None:
        self._http = http
        self._domain = domain
        self._settings = settings
        self._token = settings.get("apiToken", "")

    def get(self, path: str) -> Properties:
        return self._send("GET", path)

    def find(self, path: str) -> Properties | None:
        """Like `get`, but None for what does not exist."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def post(self, path: str, body: Mapping[str, Any]) -> Properties:
        return self._send("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Properties:
        return self._send("PATCH", path, body)

    def delete(self, path: str) -> None:
        """What does not exist any more is no error."""
        try:
            self._send("DELETE", path)
        except ApiError as error:
            if error.status != 404:
                raise

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Properties:
        headers = {"Authorization": f"Bearer {self._bearer_token()}", "Content-Type": "application/json"}
        answer = self._http.request(method, f"/api/v2{path}", headers=headers, body=body)
        if answer.status >= 400:
            raise ApiError(answer, _said(answer))
        return answer.document

    def _bearer_token(self) -> str:
        if not self._token:
            answer = self._http.request(
                "POST",
                "/oauth/token",
                form={"audience": f"https://{self._domain}/api/v2/", "grant_type": "client_credentials"},
                basic=(self._settings["clientId"], self._settings["clientSecret"]),
            )
            if answer.status != 200:
                reason = f"{answer.document['error']}: {answer.document['error_description']}"
                raise ApiError(answer, f"failed to retrieve an access token from {self._domain}: {reason}")
            self._token = str(answer.document["access_token"])
        return self._token


def settings_of(config: Properties, environment: Mapping[str, str]) -> dict[str, str]:
    """`domain` and either `apiToken` or `clientId` and `clientSecret`: from the configuration, else the environment.

    Raises ProviderError that names what is missing.
    """
    domain = str(config.get("domain") or environment.get("AUTH0_DOMAIN", "")).rpartition("//")[2]
    if not domain:
        raise ProviderError("auth0: no domain: set auth0:domain or AUTH0_DOMAIN")
    variables = {"apiToken": "AUTH0_API_TOKEN", "clientId": "AUTH0_CLIENT_ID", "clientSecret": "AUTH0_CLIENT_SECRET"}
    for source in (config, {name: environment.get(variable) for name, variable in variables.items()}):
        token, client_id, client_secret = (str(source.get(name) or "") for name in variables)
        if token:
            return {"domain": domain, "apiToken": token}
        if client_id and client_secret:
            return {"domain": domain, "clientId": client_id, "clientSecret": client_secret}
    raise ProviderError("auth0: no credentials: set auth0:clientId and auth0:clientSecret, or auth0:apiToken")


def escaped(identifier: str) -> str:
    """An API's identifier as one path segment, the way Go's `url.PathEscape` writes it."""
    return quote(identifier, safe="$&+=:@")


def _said(answer: Answer) -> str:
    document = answer.document
    return f"{document.get('statusCode', answer.status)} {document.get('error')}: {document.get('message')}"
