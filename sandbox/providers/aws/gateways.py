"""AgentCore gateways and their targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sandbox.providers.arguments import Mistake
from sandbox.providers.aws.calls import forget, found, retag
from sandbox.providers.aws.client import AwsClient, complete_region, complete_region_and_tags
from sandbox.providers.aws.shapes import as_known, operation, to_api
from sandbox.providers.aws.tool_schemas import tool
from sandbox.providers.base import AutoName, Created, ProviderError, ResourceType
from sandbox.providers.values import Properties, Unknown

_SERVICE = "bedrock-agentcore-control"
_SETTINGS = (
    "roleArn",
    "authorizerType",
    "authorizerConfiguration",
    "description",
    "exceptionLevel",
    "kmsKeyArn",
    "protocolConfiguration",
    "protocolType",
)
_CREDENTIALS = {
    "apiKey": ("API_KEY", "apiKeyCredentialProvider"),
    "oauth": ("OAUTH", "oauthCredentialProvider"),
    "gatewayIamRole": ("GATEWAY_IAM_ROLE", "iamCredentialProvider"),
}
_INLINE_TEXT = ("openApiSchema", "smithyModel")


def _create_gateway(client: AwsClient, inputs: Properties) -> Created:
    api = client.api(_SERVICE, inputs)
    tags = {"tags": inputs["tags"]} if inputs.get("tags") else {}
    gateway = api.create_gateway(**_gateway(api, "CreateGateway", inputs), **tags)
    return Created(gateway["gatewayId"], _gateway_outputs(gateway, inputs))


def _read_gateway(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    api = client.api(_SERVICE, state)
    live = found(api.get_gateway, gatewayIdentifier=identifier)
    if live is None:
        return None
    tags = api.list_tags_for_resource(resourceArn=live["gatewayArn"]).get("tags") or {}
    known = {name: state[name] for name in ("name", *_SETTINGS) if name in state}
    seen = as_known(operation(api, "GetGateway").output_shape, live, known)
    return seen | {"tags": tags or None} | _gateway_outputs(live, {"tags": tags})


def _update_gateway(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    api = client.api(_SERVICE, new)
    live = api.update_gateway(gatewayIdentifier=identifier, **_gateway(api, "UpdateGateway", new))
    retag(
        old,
        new,
        lambda tags: api.tag_resource(resourceArn=live["gatewayArn"], tags=tags),
        lambda keys: api.untag_resource(resourceArn=live["gatewayArn"], tagKeys=keys),
    )
    return _gateway_outputs(live, new)


def _delete_gateway(client: AwsClient, identifier: str, state: Properties) -> None:
    forget(client.api(_SERVICE, state).delete_gateway, gatewayIdentifier=identifier)


def _gateway(api: Any, name: str, inputs: Properties) -> Properties:
    shape = operation(api, name).input_shape
    return to_api(shape, {each: inputs[each] for each in ("name", *_SETTINGS) if each in inputs})


def _gateway_outputs(gateway: Mapping[str, Any], inputs: Properties) -> Properties:
    return {
        "gatewayArn": gateway["gatewayArn"],
        "gatewayId": gateway["gatewayId"],
        "gatewayUrl": gateway["gatewayUrl"],
        "workloadIdentityDetails": [gateway["workloadIdentityDetails"]],
        "tagsAll": inputs.get("tags", {}),
    }


def _validate_gateway(inputs: Properties) -> list[Mistake]:
    """terraform-provider-aws, gateway.go, ValidateConfig."""
    if inputs["authorizerType"] == "CUSTOM_JWT" and "authorizerConfiguration" not in inputs:
        return [Mistake("authorizerConfiguration", "is required where authorizerType is CUSTOM_JWT")]
    return []


def _create_target(client: AwsClient, inputs: Properties) -> Created:
    request = _target(inputs)
    target = client.api(_SERVICE, inputs).create_gateway_target(
        gatewayIdentifier=inputs["gatewayIdentifier"], name=inputs["name"], **request
    )
    return Created(target["targetId"], {"targetId": target["targetId"]})


def _read_target(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    api = client.api(_SERVICE, state)
    live = found(api.get_gateway_target, gatewayIdentifier=state["gatewayIdentifier"], targetId=identifier)
    if live is None:
        return None
    # The API has the configuration in another form: what differs from the state's in that form was changed outside.
    expected = _target(state)
    unchanged = all(live.get(name) == value for name, value in expected.items())
    seen = {"name": live["name"], "description": live.get("description") or None, "targetId": identifier}
    return seen if unchanged else {**seen, "targetConfiguration": live["targetConfiguration"]}


def _update_target(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    del old
    client.api(_SERVICE, new).update_gateway_target(
        gatewayIdentifier=new["gatewayIdentifier"], targetId=identifier, name=new["name"], **_target(new)
    )
    return {"targetId": identifier}


def _delete_target(client: AwsClient, identifier: str, state: Properties) -> None:
    api = client.api(_SERVICE, state)
    forget(api.delete_gateway_target, gatewayIdentifier=state["gatewayIdentifier"], targetId=identifier)


def _target(inputs: Properties) -> Properties:
    request: Properties = {"targetConfiguration": target_configuration(inputs["targetConfiguration"])}
    if "credentialProviderConfiguration" in inputs:
        request["credentialProviderConfigurations"] = [credentials(inputs["credentialProviderConfiguration"])]
    if "description" in inputs:
        request["description"] = inputs["description"]
    return request


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


def _replaces_target(old: Properties, new: Properties) -> list[str]:
    """Another kind of target is another target (terraform-provider-aws, gateway_target.go, ModifyPlan)."""
    before, after = old.get("targetConfiguration"), new.get("targetConfiguration")
    if before is None or isinstance(after, Unknown) or _kinds(before) == _kinds(after):
        return []
    return ["targetConfiguration"]


def _kinds(configuration: Any) -> set[str]:
    inner: Any = configuration.get("mcp", {})
    return set() if isinstance(inner, Unknown) else set(inner)


RESOURCES = (
    ResourceType(
        "aws:bedrock/agentcoreGateway:AgentcoreGateway",
        arguments="pulumi_aws.bedrock:AgentcoreGatewayArgs",
        properties=frozenset({"name", "region", "tags", *_SETTINGS}),
        computed=frozenset({"gatewayArn", "gatewayId", "gatewayUrl", "workloadIdentityDetails", "tagsAll"}),
        replace_on=frozenset({"name", "authorizerType", "region"}),
        auto_name=AutoName("name", longest=48),
        complete=complete_region_and_tags,
        validate=_validate_gateway,
        create=_create_gateway,
        read=_read_gateway,
        update=_update_gateway,
        delete=_delete_gateway,
    ),
    ResourceType(
        "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget",
        arguments="pulumi_aws.bedrock:AgentcoreGatewayTargetArgs",
        properties=frozenset(
            {"name", "gatewayIdentifier", "description", "targetConfiguration", "credentialProviderConfiguration"}
            | {"region"}
        ),
        computed=frozenset({"targetId"}),
        replace_on=frozenset({"name", "gatewayIdentifier", "region"}),
        replaces_also=_replaces_target,
        auto_name=AutoName("name", longest=100),
        complete=complete_region,
        create=_create_target,
        read=_read_target,
        update=_update_target,
        delete=_delete_target,
    ),
)
