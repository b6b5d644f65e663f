"""A client of Okta's management API, configured and authorized as the real plugin is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import ProviderError
from sandbox.providers.values import Properties
from sandbox.tenants.in_process import Answer, InProcessHttp


class ApiError(ProviderError):
    """An error answer of the service: its HTTP status, and what it says."""

    def __init__(self, answer: Answer, said: str) -> None:
        super().__init__(said)
        self.status = answer.status


class ManagementClient:
    """Requests below `/api/v1` with an Authorization header (`SSWS …` or `Bearer …`)."""

    def __init__(self, http: InProcessHttp, authorization: str) -> None:
        self._http = http
        self._authorization = authorization
        self.has_api_token = authorization.startswith("SSWS ")
        if self.has_api_token:
            for _ in range(2):  # each of the plugin's two client libraries asks who it is
                self.get("/users/me")

    def get(self, path: str) -> Properties:
        return self._send("GET", path)

    def list(self, path: str) -> list[Properties]:
        return self._request("GET", path).document

    def find(self, path: str) -> Properties | None:
        """Like `get`, but None for what does not exist."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Properties:
        return self._send("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Properties:
        return self._send("PUT", path, body)

    def delete(self, path: str) -> None:
        self._send("DELETE", path)

    def organization(self) -> Properties:
        """What the org tells everyone about itself."""
        return self._http.request("GET", "/.well-known/okta-organization").document

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Properties:
        return self._request(method, path, body).document

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        answer = self._http.request(method, f"/api/v1{path}", headers=headers, body=body)
        if answer.status >= 400:
            raise ApiError(answer, _said(answer))
        return answer


def domain_of(config: Properties, environment: Mapping[str, str]) -> str:
    """The org's host name, from the configuration or the environment; raises ProviderError where neither names one."""
    org = config.get("orgName") or environment.get("OKTA_ORG_NAME")
    base = config.get("baseUrl") or environment.get("OKTA_BASE_URL") or "okta.com"
    if not org:
        raise ProviderError("okta: no org: set okta:orgName or OKTA_ORG_NAME")
    return f"{org}.{base}"


def authorization_of(config: Properties, environment: Mapping[str, str]) -> str:
    """The Authorization header, from the configuration or the environment; raises ProviderError without credentials."""
    if config.get("privateKey"):
        raise ProviderError("okta: the sandbox does not take okta:privateKey: set okta:apiToken or okta:accessToken")
    for source in (
        config,
        {"apiToken": environment.get("OKTA_API_TOKEN"), "accessToken": environment.get("OKTA_ACCESS_TOKEN")},
    ):
        if source.get("accessToken"):
            return f"Bearer {source['accessToken']}"
        if source.get("apiToken"):
            return f"SSWS {source['apiToken']}"
    raise ProviderError("okta: no credentials: set okta:apiToken, or okta:accessToken")


def _said(answer: Answer) -> str:
    document = answer.document
    causes = "; ".join(cause["errorSummary"] for cause in document.get("errorCauses", []))
    said = f"the API returned an error: {document.get('errorSummary', answer.status)}"
    return f"{said}. Causes: {causes}" if causes else said
