"""The program deployed as it is: what a change touches, what is left behind, and what an accident leaves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.caller import call_tool
from sandbox.stack import DeploymentError, Result
from tests.deployed.conftest import Deploy, Deployment
from tests.sandbox.hand_made import archive

SAMPLE = [{"name": "sample", "type": "sample"}]
COGNITO: dict[str, Any] = {"identityProviders": ["cognito"], "targets": SAMPLE}

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "bedrock-agentcore.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

REFUSES = """
def handler(event, context):
    body = event["mcp"]["gatewayRequest"]["body"]
    if body["method"] != "tools/call":
        return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayRequest": {"body": body}}}
    told = {"content": [{"type": "text", "text": "closed today"}], "isError": True}
    answer = {"jsonrpc": "2.0", "id": body["id"], "result": told}
    refusal = {"statusCode": 200, "body": answer}
    return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayResponse": refusal}}
"""


def touched(result: Result) -> dict[str, set[str]]:
    """Operation -> short type names of the resources that it concerns, without those that stay the same."""
    operations: dict[str, set[str]] = {}
    for step in result.steps:
        if step.op != "same":
            operations.setdefault(step.op, set()).add(step.type.rsplit(":", 1)[1])
    return operations


def echo(deployed: Deployment) -> tuple[bool, str]:
    """Whether a call of the sample's tool fails, and its text."""
    url = deployed.outputs.gateway("cognito").mcp_url
    result = call_tool(url, deployed.token("cognito"), "sample___echo", {"message": "hello"})
    return result.failed, result.text


@pytest.fixture(scope="module")
def deployed(deploy_for_module: Deploy) -> Deployment:
    return deploy_for_module(COGNITO)


@pytest.mark.usefixtures("services")
def test_a_token_of_the_deployed_provider_is_let_in_and_no_other(deployed: Deployment) -> None:
    assert deployed.knock("cognito", deployed.token("cognito")).status == 200
    assert deployed.knock("cognito", None).status == 401
    assert deployed.knock("cognito", deployed.token("cognito")[:-4] + "AAAA").status == 401


def test_nothing_is_to_be_changed_after_a_deployment(deployed: Deployment) -> None:
    assert deployed.preview().is_unchanged


def test_a_changed_scope_changes_what_knows_it_and_nothing_else(deployed: Deployment) -> None:
    changed = deployed.preview({**deployed.config, "cognito": {"scopes": ["read", "admin"]}})
    assert touched(changed) == {"update": {"ResourceServer", "UserPoolClient", "AgentcoreGateway"}}


def test_a_new_description_updates_the_gateway_in_place(deployed: Deployment) -> None:
    name = deployed.config["gateway"]["name"]
    before = deployed.outputs.gateway("cognito").url
    deployed.update({**deployed.config, "gateway": {"name": name, "description": f"Tools {uuid.uuid4().hex}"}})
    assert touched(deployed.result) == {"update": {"AgentcoreGateway"}}
    assert deployed.outputs.gateway("cognito").url == before


def test_an_interceptor_refuses_calls_until_it_is_taken_away(deployed: Deployment, aws: Callable[[str], Any]) -> None:
    name, before = f"refuses-{uuid.uuid4().hex[:8]}", deployed.config
    trusting = json.dumps(TRUST).replace("bedrock-agentcore.", "lambda.")
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    settings = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role}
    made = aws("lambda").create_function(FunctionName=name, Code={"ZipFile": archive(REFUSES)}, **settings)
    refusing = {"functionArn": made["FunctionArn"], "at": ["request"]}
    deployed.update({**before, "gateway": {**before["gateway"], "interceptors": [refusing]}})
    try:
        assert touched(deployed.result) == {"update": {"AgentcoreGateway", "RolePolicy"}}
        assert echo(deployed) == (True, "closed today")
    finally:
        deployed.update(before)
    assert echo(deployed)[0] is False


def test_every_resource_is_the_child_of_a_component(deployed: Deployment) -> None:
    resources = deployed.resources
    parents = {each["urn"]: each.get("parent", "") for each in resources if each["custom"]}
    providers = {urn for urn in parents if "::pulumi:providers:" in urn}
    assert {urn for urn, parent in parents.items() if "agentcore-auth:index:" not in parent} == providers


def test_secrets_are_encrypted_in_the_state(deployed: Deployment) -> None:
    secret = deployed.outputs.provider("cognito").client("default").secret
    assert secret
    assert secret not in json.dumps(deployed.resources)


def test_destroy_leaves_nothing(deploy: Deploy, leftovers: Callable[[str], list[str]]) -> None:
    deployed = deploy(COGNITO)
    name = deployed.config["gateway"]["name"]
    assert leftovers(name)
    deployed.destroy()
    assert leftovers(name) == []
    assert deployed.resources == []


def test_a_failed_deployment_goes_on_where_it_stopped(
    deploy: Deploy, aws: Callable[[str], Any], leftovers: Callable[[str], list[str]]
) -> None:
    name = f"test-{uuid.uuid4().hex[:8]}"
    role = aws("iam").create_role(RoleName=f"{name}-other", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    control = aws("bedrock-agentcore-control")
    obstacle = control.create_gateway(
        name=f"{name}-cognito", roleArn=role, protocolType="MCP", authorizerType="AWS_IAM"
    )
    deployed = deploy.undeployed({**COGNITO, "gateway": {"name": name}})
    with pytest.raises(DeploymentError, match=rf"{name}-cognito.*already exists"):
        deployed.update(deployed.config)
    created = {each["type"].rsplit(":", 1)[1] for each in deployed.resources}
    assert {"UserPool", "Role", "Function"} <= created
    assert "AgentcoreGateway" not in created

    control.delete_gateway(gatewayIdentifier=obstacle["gatewayId"])
    aws("iam").delete_role(RoleName=f"{name}-other")
    assert touched(deployed.update(deployed.config)) == {"create": {"AgentcoreGateway", "AgentcoreGatewayTarget"}}
    assert deployed.knock("cognito", deployed.token("cognito")).status == 200
    deployed.destroy()
    assert leftovers(name) == []


def test_a_mistake_in_the_stack_file_stops_everything_before_a_resource_exists(
    deploy: Deploy, leftovers: Callable[[str], list[str]]
) -> None:
    with pytest.raises(DeploymentError) as failure:
        deploy({**COGNITO, "gateway": {"name": "Upper-Case"}, "cognito": {"accessTokenMinutes": 1}})
    message = str(failure.value)
    assert "gateway.name" in message
    assert "cognito.accessTokenMinutes" in message
    assert "Traceback" not in message
    assert leftovers("Upper-Case") == []


def test_a_client_secret_is_kept_in_secrets_manager_and_the_outputs_have_its_arn(
    deploy: Deploy, aws: Callable[[str], Any]
) -> None:
    deployed = deploy({**COGNITO, "clientSecrets": "secretsManager"})
    client = deployed.outputs.provider("cognito").client("default")
    assert client.secret is None
    stored = aws("secretsmanager").get_secret_value(SecretId=client.secret_arn)["SecretString"]
    pool_client = next(each for each in deployed.resources if each["type"].endswith(":UserPoolClient"))
    live = aws("cognito-idp").describe_user_pool_client(
        UserPoolId=pool_client["inputs"]["userPoolId"], ClientId=client.client_id
    )
    assert stored == live["UserPoolClient"]["ClientSecret"]
