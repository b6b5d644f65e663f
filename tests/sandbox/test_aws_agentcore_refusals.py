"""What AgentCore refuses, the sandbox refuses: with the service's code and message, and nothing created or lost."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from tests.sandbox.aws_fixtures import (
    GATEWAY,
    REGION,
    ROLE,
    ROLE_POLICY,
    TARGET,
    Aws,
    Deployed,
    Stack,
    account,
    allow,
    aws,
    function,
    gateway_inputs,
    gateway_role,
    lambda_target_inputs,
    refused,
    stack,
    trust,
)

__all__ = ["account", "aws", "stack"]  # fixtures

PERMISSION = "aws:lambda/permission:Permission"
JWT = {"discoveryUrl": "https://issuer.example/.well-known/openid-configuration", "allowedClients": ["client"]}


@pytest.fixture
def gateway(stack: Stack) -> Deployed:
    return stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack)))


def _gateways(aws: Aws, account: str) -> list[str]:
    return [each["name"] for each in aws.client("bedrock-agentcore-control", account).list_gateways()["items"]]


# Gateways


def test_a_gateway_name_that_is_taken(stack: Stack, aws: Aws, account: str, gateway: Deployed) -> None:
    role = gateway_role(stack, "another")
    with refused("ConflictException", "demo-cognito already exists"):
        stack.create(GATEWAY, "second", **gateway_inputs(role))

    assert _gateways(aws, account) == ["demo-cognito"]
    assert stack.read(gateway).id == gateway.id


def test_the_same_name_in_another_region_is_free(stack: Stack, gateway: Deployed) -> None:
    inputs = gateway_inputs(gateway_role(stack, "another"), region="eu-central-1")

    assert ":eu-central-1:" in stack.create(GATEWAY, "second", **inputs).outputs["gatewayArn"]
    assert f":{REGION}:" in gateway.outputs["gatewayArn"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "demo_cognito"}, r"at 'name' failed to satisfy constraint: .* regular expression pattern"),
        ({"exceptionLevel": "INFO"}, r"at 'exceptionLevel' failed .* enum value set: \[DEBUG\]"),
        ({"description": "x" * 201}, "at 'description' failed .* length less than or equal to 200"),
        ({"roleArn": "gateway-role"}, "Value 'gateway-role' at 'roleArn' failed"),
        ({"authorizerConfiguration": {"customJwtAuthorizer": JWT | {"allowedClients": []}}}, "allowedClients"),
        ({"authorizerConfiguration": {"customJwtAuthorizer": JWT | {"discoveryUrl": "https://x/"}}}, "discoveryUrl"),
        (
            {"authorizerConfiguration": {"customJwtAuthorizer": {"discoveryUrl": JWT["discoveryUrl"]}}},
            "At least one of",
        ),
        ({"authorizerType": "AWS_IAM"}, "takes no authorizer configuration"),
    ],
)
def test_a_malformed_gateway(stack: Stack, aws: Aws, account: str, changed: dict[str, Any], message: str) -> None:
    with refused("ValidationException", message):
        stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack)) | changed)

    assert _gateways(aws, account) == []


def test_custom_jwt_without_a_configuration_is_found_before_anything_is_sent(stack: Stack) -> None:
    with pytest.raises(AssertionError, match="authorizerConfiguration: is required"):
        stack.create(GATEWAY, "gateway", name="demo", authorizerType="CUSTOM_JWT", roleArn="arn:aws:iam::1:role/r")


@pytest.mark.parametrize("configuration", [{}, {"authorizerConfiguration": {"customJWTAuthorizer": {**JWT}}}])
def test_the_api_itself_refuses_an_authorizer_that_does_not_fit(
    stack: Stack, aws: Aws, account: str, configuration: dict[str, Any]
) -> None:
    kind = "AWS_IAM" if configuration else "CUSTOM_JWT"
    api = aws.client("bedrock-agentcore-control", account)
    role = gateway_role(stack).outputs["arn"]
    with pytest.raises(api.exceptions.ValidationException, match=f"Authorizer type {kind}"):
        api.create_gateway(name="demo", roleArn=role, authorizerType=kind, **configuration)


def test_a_custom_claim_by_the_name_that_is_reserved(stack: Stack, aws: Aws, account: str) -> None:
    match = {"claimMatchOperator": "EQUALS", "claimMatchValue": {"matchValueString": "agent"}}
    claim = {"inboundTokenClaimName": "client_id", "inboundTokenClaimValueType": "STRING"}
    lists = {**JWT, "customClaims": [{**claim, "authorizingClaimMatchValue": match}]}
    api = aws.client("bedrock-agentcore-control", account)
    with pytest.raises(api.exceptions.ValidationException, match="client_id is reserved: use allowedClients"):
        api.create_gateway(
            name="demo",
            roleArn=gateway_role(stack).outputs["arn"],
            authorizerType="CUSTOM_JWT",
            authorizerConfiguration={"customJWTAuthorizer": lists},
        )


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceAccount": "000000000000"}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:bedrock-agentcore:{REGION}:*:gateway/demo-okta-??????????"}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:bedrock-agentcore:{REGION}:*:gateway/Demo-Cognito-??????????"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:eu-central-1:*:gateway/*"}},
    ],
)
def test_an_execution_role_that_does_not_trust_this_gateway(
    stack: Stack, aws: Aws, account: str, condition: dict[str, Any]
) -> None:
    with refused("ValidationException", "Role validation failed for 'arn:aws:iam::.*gateway-role'"):
        stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack, **condition)))

    assert _gateways(aws, account) == []


def test_conditions_that_fit_let_the_service_in(stack: Stack, account: str) -> None:
    name = f"arn:aws:bedrock-agentcore:{REGION}:{account}:gateway/demo-cognito-??????????"
    condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": name}}

    assert stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack, **condition))).id


def test_an_execution_role_of_another_service_or_none_at_all(stack: Stack, account: str) -> None:
    other = stack.create(ROLE, "other", assumeRolePolicy=trust("lambda.amazonaws.com"))
    for arn in (other.outputs["arn"], f"arn:aws:iam::{account}:role/nobody"):
        with refused("ValidationException", f"Role validation failed for '{arn}'"):
            stack.create(GATEWAY, "gateway", **gateway_inputs(other) | {"roleArn": arn})


def test_a_gateway_with_targets_is_not_deleted(stack: Stack, gateway: Deployed) -> None:
    payload = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    target = stack.create(TARGET, "docs", name="docs", gatewayIdentifier=gateway.id, targetConfiguration=payload)

    with refused("ValidationException", f"Gateway {gateway.id} has targets associated with it"):
        stack.delete(gateway)

    stack.delete(target)
    stack.delete(gateway)
    assert stack.read(gateway).id == ""


# Targets


def test_a_target_name_that_is_taken(stack: Stack, gateway: Deployed) -> None:
    payload = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    inputs = {"name": "docs", "gatewayIdentifier": gateway.id, "targetConfiguration": payload}
    stack.create(TARGET, "docs", **inputs)

    with refused("ConflictException", "A target with name docs already exists"):
        stack.create(TARGET, "again", **inputs)


def test_a_function_that_the_execution_role_may_not_invoke(stack: Stack, gateway: Deployed) -> None:
    made = function(stack)
    inputs = lambda_target_inputs(gateway, made.outputs["arn"])
    lacks = f"Gateway execution role lacks permission to invoke Lambda function {made.outputs['arn']}"
    with refused("ValidationException", lacks):
        stack.create(TARGET, "sample", **inputs)

    # What the function's own policy says does not matter here.
    principal = gateway.outputs["roleArn"]
    stack.create(PERMISSION, "p", action="lambda:InvokeFunction", function=made.id, principal=principal)
    with refused("ValidationException", lacks):
        stack.create(TARGET, "sample", **inputs)

    stack.create(ROLE_POLICY, "invoke", role="gateway-role", policy=allow("lambda:InvokeFunction", made.outputs["arn"]))
    target = stack.create(TARGET, "sample", **inputs)
    stack.delete(target)


def test_a_pair_of_target_and_credential_that_aws_does_not_take(stack: Stack, gateway: Deployed) -> None:
    inputs = lambda_target_inputs(gateway, "arn:aws:lambda:us-west-2:123456789012:function:echo")
    del inputs["credentialProviderConfiguration"]
    with refused("ValidationException", r"of type lambda does not take the credential provider \(none\)"):
        stack.create(TARGET, "sample", **inputs)


def test_a_credential_provider_that_does_not_exist(stack: Stack, gateway: Deployed, account: str) -> None:
    vault = f"arn:aws:bedrock-agentcore:{REGION}:{account}:token-vault/default"
    payload = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    key = {"apiKey": {"providerArn": f"{vault}/apikeycredentialprovider/weather"}}
    with refused("ResourceNotFoundException", "apikeycredentialprovider/weather not found"):
        stack.create(
            TARGET,
            "docs",
            name="docs",
            gatewayIdentifier=gateway.id,
            targetConfiguration=payload,
            credentialProviderConfiguration=key,
        )


def test_a_target_of_a_gateway_that_does_not_exist(stack: Stack, gateway: Deployed) -> None:
    stack.delete(gateway)
    payload = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    with refused("ResourceNotFoundException", gateway.id):
        stack.create(TARGET, "docs", name="docs", gatewayIdentifier=gateway.id, targetConfiguration=payload)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "propertiesJson: no JSON"),
        ('{"place": {"type": "string"}}', "a schema definition of"),
        ('{"type": "object"}', "needs the form"),
    ],
)
def test_a_nested_tool_schema_that_the_plugin_would_drop(
    stack: Stack, gateway: Deployed, text: str, message: str
) -> None:
    inner = {"name": "inner", "type": "object", "propertiesJson": text}
    schema = {"type": "object", "properties": [{"name": "outer", "type": "object", "properties": [inner]}]}
    tool = {"name": "echo", "description": "d", "inputSchema": schema}
    kind = {"lambdaArn": "arn", "toolSchema": {"inlinePayloads": [tool]}}
    with pytest.raises(grpc.RpcError, match=message):
        stack.create(
            TARGET, "sample", **lambda_target_inputs(gateway, "", targetConfiguration={"mcp": {"lambda": kind}})
        )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("http", {"passthrough": {}}), ("mcp", {"connector": {}}), ("mcp", {"lambda": {}, "connector": {}})],
)
def test_kinds_of_targets_that_the_sandbox_does_not_serve_are_refused_by_name(name: str, kind: dict[str, Any]) -> None:
    from sandbox.providers.aws.gateways import target_configuration  # noqa: PLC0415  the rest goes over the wire
    from sandbox.providers.base import ProviderError  # noqa: PLC0415

    with pytest.raises(ProviderError, match=r"targetConfiguration.*sandbox"):
        target_configuration({name: kind})


def test_a_lambda_target_has_nothing_to_synchronize(stack: Stack, aws: Aws, account: str, gateway: Deployed) -> None:
    payload = {"mcp": {"mcpServer": {"endpoint": "https://mcp.example/mcp"}}}
    server = stack.create(TARGET, "mcp", name="mcp", gatewayIdentifier=gateway.id, targetConfiguration=payload)
    schema = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    docs = stack.create(TARGET, "docs", name="docs", gatewayIdentifier=gateway.id, targetConfiguration=schema)
    api = aws.client("bedrock-agentcore-control", account)

    done = api.synchronize_gateway_targets(gatewayIdentifier=gateway.id, targetIdList=[server.id])["targets"]

    assert [each["targetId"] for each in done] == [server.id]
    with pytest.raises(api.exceptions.ValidationException, match="is not supported for synchronization"):
        api.synchronize_gateway_targets(gatewayIdentifier=gateway.id, targetIdList=[docs.id])
