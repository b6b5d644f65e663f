"""Updates of AWS resources: only what changed is sent, what left the program is reset or kept as the plugin does it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.providers.values import Secret, decode
from tests.sandbox.aws_fixtures import (
    CLIENT,
    FUNCTION,
    GATEWAY,
    POOL,
    ROLE,
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
    stack,
    trust,
)

__all__ = ["account", "aws", "stack"]  # fixtures

BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
OAUTH = "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider"
OPENAPI = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}


@pytest.fixture
def docs(stack: Stack) -> Deployed:
    """A target with an inline document."""
    gateway = stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack)))
    inputs = {"name": "docs", "gatewayIdentifier": gateway.id, "targetConfiguration": OPENAPI}
    return stack.create(TARGET, "docs", **inputs, description="by us")


def test_a_function_goes_back_to_the_defaults_that_its_program_no_longer_overrides(
    stack: Stack, aws: Aws, account: str
) -> None:
    role = stack.create(ROLE, "role", assumeRolePolicy=trust("lambda.amazonaws.com"))
    inputs = function_inputs(role.outputs["arn"])
    settings = {"timeout": 10, "memorySize": 256, "description": "d", "environment": {"variables": {"MODE": "x"}}}
    made = stack.create(FUNCTION, "echo", **inputs, **settings, architectures=["arm64"])

    updated = stack.update(made, **inputs)

    live = aws.client("lambda", account).get_function(FunctionName=made.id)["Configuration"]
    assert (live["Timeout"], live["MemorySize"], live["Description"]) == (3, 128, "")
    assert not live.get("Environment", {}).get("Variables")
    assert live["Architectures"] == updated.outputs["architectures"] == ["arm64"]


def test_a_client_keeps_what_its_program_no_longer_sets(stack: Stack, aws: Aws, account: str) -> None:
    pool = stack.create(POOL, "pool")
    inputs = {"userPoolId": pool.id, "tokenValidityUnits": {"accessToken": "minutes", "idToken": "minutes"}}
    client = stack.create(CLIENT, "client", **inputs, accessTokenValidity=45, idTokenValidity=30)

    updated = stack.update(client, **inputs, idTokenValidity=20)

    api = aws.client("cognito-idp", account)
    live = api.describe_user_pool_client(UserPoolId=pool.id, ClientId=client.id)["UserPoolClient"]
    assert (live["AccessTokenValidity"], live["IdTokenValidity"]) == (45, 20)
    assert updated.outputs["accessTokenValidity"] == 45


def test_a_role_loses_its_description_and_boundary(stack: Stack, aws: Aws, account: str) -> None:
    inputs = {"assumeRolePolicy": trust("lambda.amazonaws.com")}
    role = stack.create(ROLE, "role", **inputs, description="d", permissionsBoundary=BOUNDARY, maxSessionDuration=7200)

    updated = stack.update(role, **inputs)

    live = aws.client("iam", account).get_role(RoleName=role.id)["Role"]
    assert not live.get("Description")
    assert "PermissionsBoundary" not in live
    assert live["MaxSessionDuration"] == updated.outputs["maxSessionDuration"] == 3600
    assert updated.outputs.keys().isdisjoint({"description", "permissionsBoundary"})


def test_a_policy_gets_a_new_version_for_a_new_document_only(stack: Stack, aws: Aws, account: str) -> None:
    iam, token = aws.client("iam", account), "aws:iam/policy:Policy"
    policy = stack.create(token, "policy", policy=allow("s3:GetObject", "*"))

    tagged = stack.update(policy, policy=allow("s3:GetObject", "*"), tags={"owner": "team"})
    assert len(iam.list_policy_versions(PolicyArn=policy.id)["Versions"]) == 1
    assert iam.list_policy_tags(PolicyArn=policy.id)["Tags"] == [{"Key": "owner", "Value": "team"}]

    stack.update(tagged, policy=allow("s3:PutObject", "*"), tags={"owner": "team"})
    assert len(iam.list_policy_versions(PolicyArn=policy.id)["Versions"]) == 2


def test_the_retention_of_a_log_group_is_set_changed_and_removed(stack: Stack, aws: Aws, account: str) -> None:
    def live() -> Any:
        [group] = aws.client("logs", account).describe_log_groups(logGroupNamePrefix="/echo")["logGroups"]
        return group.get("retentionInDays")

    group = stack.create(LOG_GROUP, "log", name="/echo")
    seen = [live()]
    for retention in ({"retentionInDays": 7}, {"retentionInDays": 14}, {}):
        group = stack.update(group, name="/echo", **retention)
        seen.append(live())

    assert seen == [None, 7, 14, None]


def test_a_log_group_is_not_taken_for_one_whose_name_begins_alike(stack: Stack) -> None:
    group = stack.create(LOG_GROUP, "log", name="/echo")
    stack.create(LOG_GROUP, "other", name="/echo/other")

    stack.delete(group)

    assert stack.read(group).id == ""


def test_the_tags_of_an_oauth_credential_provider_follow_its_program(stack: Stack) -> None:
    discovery = {"discoveryUrl": "https://issuer.example/.well-known/openid-configuration"}
    client = {"clientId": "backend", "clientSecret": Secret("s-123"), "oauthDiscovery": discovery}
    inputs = {"name": "backend", "credentialProviderVendor": "CustomOauth2"}
    inputs |= {"oauth2ProviderConfig": {"customOauth2ProviderConfig": client}}
    made = stack.create(OAUTH, "oauth", **inputs, tags={"a": "1", "b": "1"})

    updated = stack.update(made, **inputs, tags={"b": "2"})

    assert decode(stack.read(updated).inputs)["tags"] == {"b": "2"}


def test_a_refresh_sees_what_was_changed_of_a_function_outside(stack: Stack, aws: Aws, account: str) -> None:
    made = function(stack)
    changed = stack.update(made, **function_inputs(decode(made.inputs)["role"]), timeout=10, tags={"a": "1"})
    api = aws.client("lambda", account)
    api.update_function_configuration(FunctionName=made.id, Timeout=20)
    api.tag_resource(Resource=made.outputs["arn"], Tags={"b": "2"})

    live = decode(stack.read(changed).inputs)

    assert (live["timeout"], live["tags"]) == (20, {"a": "1", "b": "2"})


def test_a_refresh_keeps_the_form_of_a_target_unless_it_was_changed_outside(
    stack: Stack, aws: Aws, account: str, docs: Deployed
) -> None:
    assert decode(stack.read(docs).inputs)["targetConfiguration"] == OPENAPI
    changed = {"mcp": {"openApiSchema": {"inlinePayload": '{"openapi": "3.1.0"}'}}}
    gateway = decode(docs.inputs)["gatewayIdentifier"]
    aws.client("bedrock-agentcore-control", account).update_gateway_target(
        gatewayIdentifier=gateway, targetId=docs.id, name="docs", targetConfiguration=changed
    )

    refreshed = stack.read(docs)

    assert decode(refreshed.inputs)["targetConfiguration"] == changed
    assert "description" not in decode(refreshed.properties)
    again = stack.read(Deployed(docs.token, docs.name, docs.id, refreshed.inputs, refreshed.properties))
    assert again.inputs == refreshed.inputs
    stack.delete(docs)
