"""The HTTP API of `sandbox.aws.agentcore`: moto's, and the operations of AgentCore Identity that moto lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from moto.bedrockagentcorecontrol.responses import BedrockAgentCoreControlResponse
from moto.bedrockagentcorecontrol.urls import url_bases
from moto.core.responses import ActionResult, EmptyResult

from sandbox.aws.agentcore import AgentCoreBackend
from sandbox.aws.credential_providers import CONFIG, VENDOR, Kind
from sandbox.aws.refusals import Refusal


class AgentCoreResponse(BedrockAgentCoreControlResponse):
    """moto calls the method of an operation's name in snake case; those of credential providers are added below."""

    @property
    def backend(self) -> AgentCoreBackend:
        return cast("AgentCoreBackend", super().backend)

    @property
    def asked(self) -> dict[str, Any]:
        """The request's, from path and body."""
        return self._get_params()

    def _get_params(self) -> dict[str, Any]:
        return {"protocolType": None, **super()._get_params()}  # moto takes it for compulsory

    def synchronize_gateway_targets(self) -> ActionResult:
        params = self.asked
        targets = self.backend.synchronize_gateway_targets(params["gatewayIdentifier"], params["targetIdList"])
        return ActionResult({"targets": [target.to_dict() for target in targets]})

    def list_workload_identities(self) -> ActionResult:
        held = self.backend.workload_identities
        return ActionResult({"workloadIdentities": [{"name": k, "workloadIdentityArn": v} for k, v in held.items()]})


__all__ = ["url_bases", "url_paths"]  # where moto looks for them
url_paths: dict[str, Callable[..., Any]] = {"{0}/.*$": AgentCoreResponse.dispatch}

SecretAndConfig = tuple[dict[str, str], dict[str, Any]]


def _api_key(params: Mapping[str, Any]) -> SecretAndConfig:
    if not params.get("apiKey"):
        raise Refusal("ValidationException", "apiKey is required; the sandbox reads no external secrets.")
    return {"api_key_value": params["apiKey"]}, {}


def _oauth2_client(params: Mapping[str, Any]) -> SecretAndConfig:
    given: dict[str, Any] = params["oauth2ProviderConfigInput"]
    if params["credentialProviderVendor"] != VENDOR or list(given) != [CONFIG]:
        raise Refusal("ValidationException", f"The sandbox has providers of the vendor {VENDOR} only.")
    config = dict(given[CONFIG])
    secret = config.pop("clientSecret", None)
    if not secret or not config.get("clientId"):
        raise Refusal("ValidationException", f"{CONFIG} needs clientId and clientSecret.")
    return {"client_secret": secret}, config


def _add_operations(kind: Kind, name: str, read: Callable[[Mapping[str, Any]], SecretAndConfig]) -> None:
    def create(api: AgentCoreResponse) -> ActionResult:
        params = api.asked
        made = api.backend.credential_providers.create(kind, params["name"], *read(params))
        if params.get("tags"):
            api.backend.tag_resource(made.arn, params["tags"])
        return ActionResult(made.document())

    def update(api: AgentCoreResponse) -> ActionResult:
        params = api.asked
        return ActionResult(api.backend.credential_providers.update(kind, params["name"], *read(params)).document())

    def get(api: AgentCoreResponse) -> ActionResult:
        return ActionResult(api.backend.credential_providers.get(kind, api.asked["name"]).document())

    def delete(api: AgentCoreResponse) -> ActionResult:
        api.backend.credential_providers.delete(kind, api.asked["name"])
        return EmptyResult()

    def list_all(api: AgentCoreResponse) -> ActionResult:
        held = api.backend.credential_providers.list(kind)
        return ActionResult({"credentialProviders": [each.document() for each in held]})

    for operation in (create, update, get, delete):
        setattr(AgentCoreResponse, f"{operation.__name__}_{name}_credential_provider", operation)
    setattr(AgentCoreResponse, f"list_{name}_credential_providers", list_all)


_add_operations("apikey", "api_key", _api_key)
_add_operations("oauth2", "oauth2", _oauth2_client)
