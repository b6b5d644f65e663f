"""What AgentCore's gateways and targets need besides their tables: decisions, and the API's form of configurations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from sandbox.providers.arguments import Mistakes, mistake
from sandbox.providers.base import ProviderError
from sandbox.providers.values import UNKNOWN, Properties

_CREDENTIALS = {
    "apiKey": ("API_KEY", "apiKeyCredentialProvider"),
    "oauth": ("OAUTH", "oauthCredentialProvider"),
    "gatewayIamRole": ("GATEWAY_IAM_ROLE", "iamCredentialProvider"),
}
_INLINE_TEXT = ("openApiSchema", "smithyModel")
_OF_A_SCHEMA = frozenset({"type", "description", "properties", "required", "items"})


def validate_gateway(inputs: Properties) -> Mistakes:
    """terraform-provider-aws, gateway.go, ValidateConfig."""
    if inputs["authorizerType"] == "CUSTOM_JWT" and "authorizerConfiguration" not in inputs:
        return [mistake("authorizerConfiguration", "is required where authorizerType is CUSTOM_JWT")]
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
            configuration["toolSchema"] = {"inlinePayload": [_tool(each) for each in payload["inlinePayloads"]]}
    elif kind in _INLINE_TEXT:
        if isinstance(configuration.get("inlinePayload"), Mapping):
            configuration["inlinePayload"] = configuration["inlinePayload"]["payload"]
    elif kind not in ("apiGateway", "mcpServer"):
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
    if before is None or after == UNKNOWN or _kinds(before) == _kinds(after):
        return []
    return ["targetConfiguration"]


def _kinds(configuration: Any) -> set[str]:
    inner: Any = configuration.get("mcp", {})
    return set() if inner == UNKNOWN else set(inner)


def _tool(inputs: Mapping[str, Any]) -> Properties:
    """A tool definition (`inlinePayloads[]`) as the API takes it."""
    return {
        part: _schema(given, f"{inputs['name']}.{part}") if part.endswith("Schema") else given
        for part, given in inputs.items()
    }


def _schema(inputs: Mapping[str, Any], path: str) -> Properties:
    """One level of a schema, and what lies below it. Raises ProviderError for text that is no schema.

    The plugin types a few levels; what lies deeper it takes as text (`propertiesJson`, `itemsJson`), each a definition
    of its own (terraform-provider-aws, gateway_target.go).
    """
    definition: Properties = {name: inputs[name] for name in ("type", "description") if name in inputs}
    if "items" in inputs:
        definition["items"] = _schema(inputs["items"], f"{path}.items")
    if "itemsJson" in inputs:
        definition["items"] = _parsed(inputs["itemsJson"], f"{path}.itemsJson")
    if "properties" in inputs:
        members: list[Mapping[str, Any]] = inputs["properties"]
        definition["properties"] = {each["name"]: _schema(each, f"{path}.{each['name']}") for each in members}
        if required := [each["name"] for each in members if each.get("required")]:
            definition["required"] = required
    if "propertiesJson" in inputs:
        text = _parsed(inputs["propertiesJson"], f"{path}.propertiesJson")
        if "properties" not in text:
            raise ProviderError(f'{path}.propertiesJson: needs the form {{"properties": {{...}}, "required": [...]}}')
        definition |= {name: text[name] for name in ("properties", "required") if name in text}
    return definition


def _parsed(text: str, path: str) -> Properties:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise ProviderError(f"{path}: no JSON ({error})") from None
    if not isinstance(parsed, dict) or not parsed.keys() <= _OF_A_SCHEMA:
        raise ProviderError(f"{path}: a schema definition of {', '.join(sorted(_OF_A_SCHEMA))} is needed")
    return cast("Properties", parsed)
