"""A client of Okta's management API, configured and authorized as the real plugin is."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers.base import ProviderError
from sandbox.providers.rest import RestClient, Tenant
from sandbox.providers.values import Properties
from sandbox.tenants.in_process import Answer

_CREDENTIALS = {
    "privateKey": "OKTA_API_PRIVATE_KEY",
    "accessToken": "OKTA_ACCESS_TOKEN",
    "apiToken": "OKTA_API_TOKEN",
}


class OktaClient(RestClient):
    """Sends an API token (`SSWS …`), which is tried at once, or an access token (`Bearer …`)."""

    base = "/api/v1"

    def __init__(self, tenant: Tenant, config: Properties, environment: Mapping[str, str]) -> None:
        org = config.get("orgName") or environment.get("OKTA_ORG_NAME")
        base = config.get("baseUrl") or environment.get("OKTA_BASE_URL") or "okta.com"
        if not org:
            raise ProviderError("okta: no org: set okta:orgName or OKTA_ORG_NAME")
        super().__init__(tenant, f"{org}.{base}", f"okta: the sandbox has no org {{}}: its org is {tenant.domain}")
        self._authorization = _authorization(config, environment)
        self.has_api_token = self._authorization.startswith("SSWS ")
        if self.has_api_token:
            for _ in range(2):  # each of the plugin's two client libraries asks who it is
                self.get("/users/me")

    def authorization(self) -> str:
        return self._authorization

    def said(self, answer: Answer) -> str:
        causes = "; ".join(cause["errorSummary"] for cause in answer.document.get("errorCauses", []))
        said = f"the API returned an error: {answer.document.get('errorSummary', answer.status)}"
        return f"{said}. Causes: {causes}" if causes else said


def _authorization(config: Properties, environment: Mapping[str, str]) -> str:
    """The Authorization header, from the configuration or the environment; raises ProviderError without credentials."""
    for source in (config, {name: environment.get(variable) for name, variable in _CREDENTIALS.items()}):
        if source.get("privateKey"):
            raise ProviderError(
                "okta: the sandbox does not take okta:privateKey: set okta:apiToken or okta:accessToken"
            )
        if source.get("accessToken"):
            return f"Bearer {source['accessToken']}"
        if source.get("apiToken"):
            return f"SSWS {source['apiToken']}"
    raise ProviderError("okta: no credentials: set okta:apiToken, or okta:accessToken")
