"""What AgentCore's gateways and targets need besides their tables: the forms of configurations, and two decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sandbox.providers.arguments import Mistake
from sandbox.providers.aws.tool_schemas import tool
from sandbox.providers.base import ProviderError
from sandbox.providers.values import Properties, Unknown

_CREDENTIALS = {
    "apiKey": ("API_KEY", "apiKeyCredentialProvider"),
    "oauth": ("OAUTH", "oauthCredentialProvider"),
    "gatewayIamRole": ("GATEWAY_IAM_ROLE", "iamCredentialProvider"),
}
_INLINE_TEXT = ("openApiSchema", "smithyModel")


def validate_gateway(inputs: Properties) -> list[Mistake]:
    """terraform-provider-aws, gateway.go, ValidateConfig."""
    if inputs["authorizerType"] == "CUSTOM_JWT" and "authorizerConfiguration" not in inputs:
        return [Mistake("authorizerConfiguration", "is required where authorizerType is CUSTOM_JWT")]
    return []


def target_configuration(inputs: Mapping[str, Any]) -> Properties:
    """`targetConfiguration` as the API takes it. Raises ProviderError for kinds that the sandbox does not serve."""
    kinds = inputs.get("mcp", {})
    if len(inputs) != 1 or len(kinds) != 1:
        raise ProviderError("targetConfiguration: the sandbox serves targets with exactly one kind of mcp")
    [(kind, given)] = kinds.items()
    configuration = dict(cast("Properties", given))
    if kind == "lambda":
        payload = configuration.get("toolSchema", {})
        if "inlinePayloads" in payload:
            configuration["toolSchema"] = {"inlinePayload": [tool(each) for each in payload["inlinePayloads"]]}
    elif kind in _INLINE_TEXT:
        if "inlinePayload" in configuration:
            configuration["inlinePayload"] = configuration["inlinePayload"]["payload"]
    elif kind != "mcpServer":
        raise ProviderError(f"targetConfiguration.mcp.{kind}: the sandbox does not serve this kind of target")
    return {"mcp": {kind: configuration}}


def credentials(inputs: Mapping[str, Any]) -> Properties:
    """`credentialProviderConfiguration` as the API takes it. Raises ProviderError for kinds that are not supported."""
    if len(inputs) != 1 or not inputs.keys() <= _CREDENTIALS.keys():
        raise ProviderError(f"credentialProviderConfiguration: needs exactly one of {', '.join(_CREDENTIALS)}")
    [(name, settings)] = inputs.items()
    kind, member = _CREDENTIALS[name]
    return {"credentialProviderType": kind} | ({"credentialProvider": {member: dict(settings)}} if settings else {})


def replaces_target(old: Properties, new: Properties) -> list[str]:
    """Another kind of target is another target (terraform-provider-aws, gateway_target.go, ModifyPlan)."""
    before, after = old.get("targetConfiguration"), new.get("targetConfiguration")
    if before is None or isinstance(after, Unknown) or _kinds(before) == _kinds(after):
        return []
    return ["targetConfiguration"]


def _kinds(configuration: Any) -> set[str]:
    inner: Any = configuration.get("mcp", {})
    return set() if isinstance(inner, Unknown) else set(inner)
