"""What AWS refuses, the sandbox refuses: with the service's code and message, and nothing created or lost."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from tests.sandbox.aws_fixtures import (
    CLIENT,
    DOMAIN,
    FUNCTION,
    GATEWAY,
    POOL,
    REGION,
    RESOURCE_SERVER,
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
    function_inputs,
    gateway_inputs,
    gateway_role,
    lambda_target_inputs,
    stack,
    trust,
)

__all__ = ["account", "aws", "stack"]  # fixtures

POLICY = "aws:iam/policy:Policy"
PERMISSION = "aws:lambda/permission:Permission"
SCOPES = [{"scopeName": "read", "scopeDescription": "to read"}]
M2M = {
    "generateSecret": True,
    "allowedOauthFlows": ["client_credentials"],
    "allowedOauthFlowsUserPoolClient": True,
    "allowedOauthScopes": ["demo/read"],
}
JWT = {"discoveryUrl": "https://issuer.example/.well-known/openid-configuration", "allowedClients": ["client"]}


@pytest.fixture
def gateway(stack: Stack) -> Deployed:
    return stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack)))


@pytest.fixture
def pool(stack: Stack) -> Deployed:
    pool = stack.create(POOL, "pool")
    stack.create(RESOURCE_SERVER, "server", userPoolId=pool.id, identifier="demo", name="demo", scopes=SCOPES)
    return pool


def _refused(code: str, message: str) -> Any:
    return pytest.raises(
        grpc.RpcError, match=rf"An error occurred \({code}\) when calling the \w+ operation: .*{message}"
    )


def _gateways(aws: Aws, account: str) -> list[str]:
    return [each["name"] for each in aws.client("bedrock-agentcore-control", account).list_gateways()["items"]]


# Gateways


def test_a_gateway_name_that_is_taken(stack: Stack, aws: Aws, account: str, gateway: Deployed) -> None:
    role = gateway_role(stack, "another")
    with _refused("ConflictException", "demo-cognito already exists"):
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
    with _refused("ValidationException", message):
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
    with _refused("ValidationException", "Role validation failed for 'arn:aws:iam::.*gateway-role'"):
        stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack, **condition)))

    assert _gateways(aws, account) == []


def test_conditions_that_fit_let_the_service_in(stack: Stack, account: str) -> None:
    name = f"arn:aws:bedrock-agentcore:{REGION}:{account}:gateway/demo-cognito-??????????"
    condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": name}}

    assert stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack, **condition))).id


def test_an_execution_role_of_another_service_or_none_at_all(stack: Stack, account: str) -> None:
    other = stack.create(ROLE, "other", assumeRolePolicy=trust("lambda.amazonaws.com"))
    for arn in (other.outputs["arn"], f"arn:aws:iam::{account}:role/nobody"):
        with _refused("ValidationException", f"Role validation failed for '{arn}'"):
            stack.create(GATEWAY, "gateway", **gateway_inputs(other) | {"roleArn": arn})


def test_a_gateway_with_targets_is_not_deleted(stack: Stack, gateway: Deployed) -> None:
    payload = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    target = stack.create(TARGET, "docs", name="docs", gatewayIdentifier=gateway.id, targetConfiguration=payload)

    with _refused("ValidationException", f"Gateway {gateway.id} has targets associated with it"):
        stack.delete(gateway)

    stack.delete(target)
    stack.delete(gateway)
    assert stack.read(gateway).id == ""


# Targets


def test_a_target_name_that_is_taken(stack: Stack, gateway: Deployed) -> None:
    payload = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    inputs = {"name": "docs", "gatewayIdentifier": gateway.id, "targetConfiguration": payload}
    stack.create(TARGET, "docs", **inputs)

    with _refused("ConflictException", "A target with name docs already exists"):
        stack.create(TARGET, "again", **inputs)


def test_a_function_that_the_execution_role_may_not_invoke(stack: Stack, gateway: Deployed) -> None:
    made = function(stack)
    inputs = lambda_target_inputs(gateway, made.outputs["arn"])
    lacks = f"Gateway execution role lacks permission to invoke Lambda function {made.outputs['arn']}"
    with _refused("ValidationException", lacks):
        stack.create(TARGET, "sample", **inputs)

    # What the function's own policy says does not matter here.
    principal = gateway.outputs["roleArn"]
    stack.create(PERMISSION, "p", action="lambda:InvokeFunction", function=made.id, principal=principal)
    with _refused("ValidationException", lacks):
        stack.create(TARGET, "sample", **inputs)

    stack.create(ROLE_POLICY, "invoke", role="gateway-role", policy=allow("lambda:InvokeFunction", made.outputs["arn"]))
    target = stack.create(TARGET, "sample", **inputs)
    stack.delete(target)


def test_a_target_of_an_aws_service_without_the_roles_credentials(stack: Stack, gateway: Deployed) -> None:
    inputs = lambda_target_inputs(gateway, "arn:aws:lambda:us-west-2:123456789012:function:echo")
    del inputs["credentialProviderConfiguration"]
    with _refused("ValidationException", "needs the credential provider GATEWAY_IAM_ROLE"):
        stack.create(TARGET, "sample", **inputs)


def test_a_credential_provider_that_does_not_exist(stack: Stack, gateway: Deployed, account: str) -> None:
    vault = f"arn:aws:bedrock-agentcore:{REGION}:{account}:token-vault/default"
    payload = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    key = {"apiKey": {"providerArn": f"{vault}/apikeycredentialprovider/weather"}}
    with _refused("ResourceNotFoundException", "apikeycredentialprovider/weather not found"):
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
    with _refused("ResourceNotFoundException", gateway.id):
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
    [("http", {"passthrough": {}}), ("mcp", {"apiGateway": {}}), ("mcp", {"lambda": {}, "connector": {}})],
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


# User pools


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ("my-aws-domain", "Domain cannot contain reserved word: aws"),
        ("amazonian", "Domain cannot contain reserved word: amazon"),
        ("cognito-demo", "Domain cannot contain reserved word: cognito"),
        ("Demo", "at 'Domain' failed to satisfy constraint"),
        ("demo-", "at 'Domain' failed to satisfy constraint"),
        ("x" * 64, "at 'Domain' failed to satisfy constraint"),
    ],
)
def test_a_domain_that_cannot_be(stack: Stack, pool: Deployed, domain: str, message: str) -> None:
    with _refused("InvalidParameterException", message):
        stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=domain)


def test_a_domain_that_another_account_has_taken(stack: Stack, aws: Aws, account: str, pool: Deployed) -> None:
    prefix = f"demo-{account}"
    other = Stack(aws.port, {"region": REGION, "accessKey": str(int(account) // 10 + 10**11)})
    taken = other.create(DOMAIN, "domain", userPoolId=other.create(POOL, "pool").id, domain=prefix)

    with _refused("InvalidParameterException", "Domain already associated with another user pool"):
        stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=prefix)

    other.delete(taken)
    assert stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=prefix).id == prefix
    other.channel.close()


def test_a_second_domain_of_a_pool(stack: Stack, account: str, pool: Deployed) -> None:
    stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=f"first-{account}")
    with _refused("InvalidParameterException", "User pool already has a domain configured"):
        stack.create(DOMAIN, "second", userPoolId=pool.id, domain=f"second-{account}")


def test_a_pool_with_a_domain_or_under_protection_is_not_deleted(stack: Stack, account: str) -> None:
    pool = stack.create(POOL, "pool", deletionProtection="ACTIVE")
    domain = stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=f"demo-{account}")

    with _refused("InvalidParameterException", "It has a domain configured that should be deleted first"):
        stack.delete(pool)
    stack.delete(domain)
    with _refused("InvalidParameterException", "deletion protection is activated"):
        stack.delete(pool)
    stack.delete(stack.update(pool, deletionProtection="INACTIVE"))

    assert stack.read(pool).id == ""


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"allowedOauthScopes": ["demo/write"]}, "ScopeDoesNotExistException", "demo/write"),
        ({"allowedOauthScopes": ["read"]}, "ScopeDoesNotExistException", "read"),
        ({"generateSecret": False}, "InvalidOAuthFlowException", "does not have a client secret"),
        ({"allowedOauthFlows": ["client_credentials", "code"]}, "InvalidOAuthFlowException", "along with code flow"),
        ({"allowedOauthScopes": ["openid"]}, "InvalidOAuthFlowException", "needs scopes of a resource server"),
        ({"allowedOauthFlows": ["client-credentials"]}, "InvalidParameterException", "enum value set"),
        ({"allowedOauthFlowsUserPoolClient": False}, "InvalidParameterException", "AllowedOAuthFlowsUserPoolClient"),
        ({"accessTokenValidity": 25}, "InvalidParameterException", "Invalid range for token validity"),
        (
            {"accessTokenValidity": 4, "tokenValidityUnits": {"accessToken": "minutes"}},
            "InvalidParameterException",
            "Invalid range for token validity",
        ),
        ({"supportedIdentityProviders": ["Okta"]}, "InvalidParameterException", "The provider Okta does not exist"),
    ],
)
def test_a_client_that_its_pool_cannot_have(
    stack: Stack, pool: Deployed, changed: dict[str, Any], code: str, message: str
) -> None:
    with _refused(code, message):
        stack.create(CLIENT, "client", userPoolId=pool.id, **M2M | changed)


def test_an_update_of_a_client_is_checked_like_its_creation(stack: Stack, pool: Deployed) -> None:
    client = stack.create(CLIENT, "client", userPoolId=pool.id, **M2M)
    with _refused("ScopeDoesNotExistException", "demo/write"):
        stack.update(client, userPoolId=pool.id, **M2M | {"allowedOauthScopes": ["demo/read", "demo/write"]})


@pytest.mark.parametrize("scope", ["read/all", "", "a b"])
def test_a_scope_name_that_the_service_cannot_hold(stack: Stack, pool: Deployed, scope: str) -> None:
    scopes = [{"scopeName": scope, "scopeDescription": "x"}]
    with _refused("InvalidParameterException", "ScopeName"):
        stack.create(RESOURCE_SERVER, "s", userPoolId=pool.id, identifier="other", name="other", scopes=scopes)


def test_a_resource_server_that_exists(stack: Stack, pool: Deployed) -> None:
    with _refused("InvalidParameterException", "demo already exists in user pool"):
        stack.create(RESOURCE_SERVER, "again", userPoolId=pool.id, identifier="demo", name="demo", scopes=SCOPES)


# IAM, Lambda, Secrets Manager


def test_a_role_with_policies_is_not_deleted(stack: Stack) -> None:
    role = stack.create(ROLE, "role", assumeRolePolicy=trust("lambda.amazonaws.com"))
    inline = stack.create(ROLE_POLICY, "inline", role=role.id, policy=allow("s3:GetObject", "*"))
    attachment = stack.create(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "attached",
        role=role.id,
        policyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    )

    with _refused("DeleteConflict", "must detach all policies first"):
        stack.delete(role)
    stack.delete(attachment)
    with _refused("DeleteConflict", "must delete policies first"):
        stack.delete(role)
    stack.delete(inline)
    stack.delete(role)


def test_a_policy_that_is_attached_is_not_deleted(stack: Stack, aws: Aws, account: str) -> None:
    aws.client("iam", account).create_user(UserName="caller")
    policy = stack.create(POLICY, "policy", policy=allow("s3:GetObject", "*"))
    token = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
    attachment = stack.create(token, "attached", user="caller", policyArn=policy.id)

    with _refused("DeleteConflict", "Cannot delete a policy attached to entities"):
        stack.delete(policy)
    stack.delete(attachment)
    stack.delete(policy)


def test_more_versions_of_a_policy_than_iam_keeps(stack: Stack, aws: Aws, account: str) -> None:
    policy = stack.create(POLICY, "policy", policy=allow("s3:GetObject", "arn:aws:s3:::b0/*"))
    for number in range(1, 8):
        policy = stack.update(policy, policy=allow("s3:GetObject", f"arn:aws:s3:::b{number}/*"))

    versions = aws.client("iam", account).list_policy_versions(PolicyArn=policy.id)["Versions"]
    assert len(versions) == 5
    stack.delete(policy)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_an_attachment_to_nobody(stack: Stack, kind: str) -> None:
    policy = stack.create(POLICY, "policy", policy=allow("s3:GetObject", "*"))
    token = f"aws:iam/{kind}PolicyAttachment:{kind.capitalize()}PolicyAttachment"
    with _refused("NoSuchEntity", "nobody"):
        stack.create(token, "attached", **{kind: "nobody", "policyArn": policy.id})


@pytest.mark.parametrize(
    "document",
    ["{}", "not JSON", '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}'],
)
def test_a_malformed_policy_document(stack: Stack, document: str) -> None:
    with _refused("MalformedPolicyDocument", ""):
        stack.create(POLICY, "policy", policy=document)


def test_a_name_that_is_taken(stack: Stack) -> None:
    stack.create(ROLE, "one", name="taken", assumeRolePolicy=trust("lambda.amazonaws.com"))
    with _refused("EntityAlreadyExists", "taken already exists"):
        stack.create(ROLE, "two", name="taken", assumeRolePolicy=trust("lambda.amazonaws.com"))


def test_a_function_whose_role_lambda_may_not_assume(stack: Stack, account: str) -> None:
    role = gateway_role(stack).outputs["arn"]
    for arn in (role, f"arn:aws:iam::{account}:role/nobody"):
        with _refused("InvalidParameterValueException", "cannot be assumed by Lambda"):
            stack.create(FUNCTION, "echo", **function_inputs(arn))


def test_a_statement_id_that_is_taken_and_a_principal_that_is_nobody(stack: Stack, account: str) -> None:
    made = function(stack)
    inputs = {"action": "lambda:InvokeFunction", "function": made.id, "statementId": "cross-account-access"}
    role = gateway_role(stack).outputs["arn"]
    stack.create(PERMISSION, "one", **inputs, principal=role)

    with _refused("ResourceConflictException", r"statement id \(cross-account-access\) provided already exists"):
        stack.create(PERMISSION, "two", **inputs, principal=role)
    with _refused("InvalidParameterValueException", "The provided principal was invalid"):
        nobody = f"arn:aws:iam::{account}:role/nobody"
        stack.create(PERMISSION, "three", **inputs | {"statementId": "other"}, principal=nobody)


def test_a_secret_whose_name_is_taken_or_waits_for_its_deletion(stack: Stack) -> None:
    token = "aws:secretsmanager/secret:Secret"
    secret = stack.create(token, "secret", name="taken")
    with _refused("ResourceExistsException", "already exists"):
        stack.create(token, "again", name="taken")

    stack.delete(secret)

    assert stack.read(secret).id == ""
    with _refused("InvalidRequestException", "scheduled for deletion"):
        stack.create(token, "again", name="taken")


def test_a_role_that_does_not_trust_the_caller_is_not_assumed(aws: Aws, account: str) -> None:
    owner = str(int(account) // 10 + 10**11)
    trusted = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}
    deploy = aws.client("iam", owner).create_role(
        RoleName="deploy", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    )["Role"]["Arn"]
    for arn in (deploy, f"arn:aws:iam::{owner}:role/nobody"):
        with _refused("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {arn}"):
            Stack(aws.port, {"region": REGION, "accessKey": account, "assumeRoles": [{"roleArn": arn}]})
