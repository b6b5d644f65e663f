"""The HTTP API of `sandbox.aws.agentcore`: moto's, and the operations of AgentCore Identity that moto lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from moto.bedrockagentcorecontrol import urls as moto_urls
from moto.bedrockagentcorecontrol.responses import BedrockAgentCoreControlResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.aws.agentcore import AgentCoreBackend
from sandbox.aws.credential_providers import CredentialProvider
from sandbox.aws.refusals import Refusal

_VENDOR = "CustomOauth2"
_CONFIG = "customOauth2ProviderConfig"


class AgentCoreResponse(BedrockAgentCoreControlResponse):
    """moto calls the method of an operation's name in snake case."""

    @property
    def backend(self) -> AgentCoreBackend:
        return cast("AgentCoreBackend", super().backend)

    def _get_params(self) -> dict[str, Any]:
        return {"protocolType": None, **super()._get_params()}  # moto takes it for compulsory

    def synchronize_gateway_targets(self) -> ActionResult:
        params = self._get_params()
        targets = self.backend.synchronize_gateway_targets(params["gatewayIdentifier"], params["targetIdList"])
        return ActionResult({"targets": [target.to_dict() for target in targets]})

    def get_workload_identity(self) -> ActionResult:
        name = str(self._get_param("name"))
        arn = self.backend.workload_identities.get(name)
        if arn is None:
            raise Refusal("ResourceNotFoundException", f"Workload identity {name} not found.")
        return ActionResult({"name": name, "workloadIdentityArn": arn})

    def list_workload_identities(self) -> ActionResult:
        held = self.backend.workload_identities
        return ActionResult({"workloadIdentities": [{"name": k, "workloadIdentityArn": v} for k, v in held.items()]})

    def create_api_key_credential_provider(self) -> ActionResult:
        params = self._get_params()
        made = self.backend.credential_providers.create("apikey", params["name"], _api_key(params), {})
        self._tag(made, params)
        return ActionResult(_api_key_provider(made))

    def update_api_key_credential_provider(self) -> ActionResult:
        params = self._get_params()
        held = self.backend.credential_providers.update("apikey", params["name"], _api_key(params), {})
        return ActionResult(_api_key_provider(held))

    def get_api_key_credential_provider(self) -> ActionResult:
        return ActionResult(_api_key_provider(self.backend.credential_providers.get("apikey", self._name)))

    def delete_api_key_credential_provider(self) -> ActionResult:
        self.backend.credential_providers.delete("apikey", self._name)
        return EmptyResult()

    def list_api_key_credential_providers(self) -> ActionResult:
        held = self.backend.credential_providers.list("apikey")
        return ActionResult({"credentialProviders": [_times(each) | _named(each) for each in held]})

    def create_oauth2_credential_provider(self) -> ActionResult:
        params = self._get_params()
        made = self.backend.credential_providers.create("oauth2", params["name"], *_oauth2_client(params))
        self._tag(made, params)
        return ActionResult(_oauth2_provider(made))

    def update_oauth2_credential_provider(self) -> ActionResult:
        params = self._get_params()
        held = self.backend.credential_providers.update("oauth2", params["name"], *_oauth2_client(params))
        return ActionResult(_oauth2_provider(held))

    def get_oauth2_credential_provider(self) -> ActionResult:
        return ActionResult(_oauth2_provider(self.backend.credential_providers.get("oauth2", self._name)))

    def delete_oauth2_credential_provider(self) -> ActionResult:
        self.backend.credential_providers.delete("oauth2", self._name)
        return EmptyResult()

    def list_oauth2_credential_providers(self) -> ActionResult:
        held = self.backend.credential_providers.list("oauth2")
        vendor = {"credentialProviderVendor": _VENDOR}
        return ActionResult({"credentialProviders": [_times(each) | _named(each) | vendor for each in held]})

    @property
    def _name(self) -> str:
        return str(self._get_param("name"))

    def _tag(self, made: CredentialProvider, params: Mapping[str, Any]) -> None:
        if params.get("tags"):
            self.backend.tag_resource(made.arn, params["tags"])


url_bases = moto_urls.url_bases
url_paths: dict[str, Callable[..., Any]] = {"{0}/.*$": AgentCoreResponse.dispatch}


def _api_key(params: Mapping[str, Any]) -> dict[str, str]:
    if not params.get("apiKey"):
        raise Refusal("ValidationException", "apiKey is required; the sandbox reads no external secrets.")
    return {"api_key_value": params["apiKey"]}


def _oauth2_client(params: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    given: dict[str, Any] = params["oauth2ProviderConfigInput"]
    if params["credentialProviderVendor"] != _VENDOR or list(given) != [_CONFIG]:
        raise Refusal("ValidationException", f"The sandbox has providers of the vendor {_VENDOR} only.")
    config = dict(given[_CONFIG])
    secret = config.pop("clientSecret", None)
    if not secret or not config.get("clientId"):
        raise Refusal("ValidationException", f"{_CONFIG} needs clientId and clientSecret.")
    return {"client_secret": secret}, config


def _api_key_provider(provider: CredentialProvider) -> dict[str, Any]:
    return {**_named(provider), **_times(provider), "apiKeySecretArn": {"secretArn": provider.secret_arn}}


def _oauth2_provider(provider: CredentialProvider) -> dict[str, Any]:
    region = provider.arn.split(":")[3]
    return {
        **_named(provider),
        **_times(provider),
        "credentialProviderVendor": _VENDOR,
        "clientSecretArn": {"secretArn": provider.secret_arn},
        "callbackUrl": f"https://bedrock-agentcore.{region}.amazonaws.com/identities/oauth2/callback/{provider.name}",
        "oauth2ProviderConfigOutput": {_CONFIG: provider.config},
    }


def _named(provider: CredentialProvider) -> dict[str, Any]:
    return {"name": provider.name, "credentialProviderArn": provider.arn}


def _times(provider: CredentialProvider) -> dict[str, Any]:
    return {"createdTime": provider.created, "lastUpdatedTime": provider.updated}
