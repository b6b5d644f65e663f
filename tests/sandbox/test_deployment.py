"""The program deployed as it is: what a change touches, what is left behind, and what an accident leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.engine import DeploymentError, Result
from sandbox.project import write_stack_file
from sandbox.services import Services
from sandbox.stack import Stack
from tests.sandbox.conftest import Deploy, Deployment

SAMPLE = [{"name": "sample", "type": "sample"}]
COGNITO: dict[str, Any] = {"identityProviders": ["cognito"], "targets": SAMPLE}

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "bedrock-agentcore.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def touched(result: Result) -> dict[str, set[str]]:
    """Operation -> short type names of the resources that it concerns, without those that stay the same."""
    operations: dict[str, set[str]] = {}
    for step in result.steps:
        if step.op != "same":
            operations.setdefault(step.op, set()).add(step.type.rsplit(":", 1)[1])
    return operations


def state_of(deployment: Deployment) -> list[Mapping[str, Any]]:
    """The resources in the stack's state file."""
    path = deployment.stack.services.backend / ".pulumi/stacks/agentcore-auth" / f"{deployment.stack.name}.json"
    return json.loads(path.read_text())["checkpoint"]["latest"].get("resources") or []


@pytest.fixture
def leftovers(services: Services, aws: Callable[[str], Any]) -> Callable[[str], list[str]]:
    """What exists at AWS, Auth0 and Okta with this in its name."""

    def found(name: str) -> list[str]:
        names = [
            *(gateway["name"] for gateway in aws("bedrock-agentcore-control").list_gateways()["items"]),
            *(role["RoleName"] for role in aws("iam").list_roles()["Roles"]),
            *(policy["PolicyName"] for policy in aws("iam").list_policies(Scope="Local")["Policies"]),
            *(pool["Name"] for pool in aws("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]),
            *(function["FunctionName"] for function in aws("lambda").list_functions()["Functions"]),
            *(group["logGroupName"] for group in aws("logs").describe_log_groups()["logGroups"]),
            *(secret["Name"] for secret in aws("secretsmanager").list_secrets()["SecretList"]),
            *services.leftovers(),
        ]
        return [each for each in names if name in each]

    return found


def test_a_token_of_the_deployed_provider_is_let_in_and_no_other(deploy: Deploy) -> None:
    deployed = deploy(COGNITO)
    assert deployed.knock("cognito", deployed.token("cognito")).status == 200
    assert deployed.knock("cognito", None).status == 401
    assert deployed.knock("cognito", deployed.token("cognito")[:-4] + "AAAA").status == 401


def test_nothing_is_to_be_changed_after_a_deployment(deploy: Deploy) -> None:
    assert deploy(COGNITO).preview().is_unchanged


def test_a_changed_scope_changes_what_knows_it_and_nothing_else(deploy: Deploy) -> None:
    deployed = deploy(COGNITO)
    changed = deployed.preview({**deployed.config, "cognito": {"scopes": ["read", "admin"]}})
    assert touched(changed) == {"update": {"ResourceServer", "UserPoolClient", "AgentcoreGateway"}}


def test_a_new_description_updates_the_gateway_in_place(deploy: Deploy) -> None:
    deployed = deploy(COGNITO)
    name = deployed.config["gateway"]["name"]
    before = deployed.outputs.gateway("cognito").url
    deployed.update({**deployed.config, "gateway": {"name": name, "description": "Tools"}})
    assert touched(deployed.result) == {"update": {"AgentcoreGateway"}}
    assert deployed.outputs.gateway("cognito").url == before


def test_every_resource_is_the_child_of_a_component(deploy: Deploy) -> None:
    resources = state_of(deploy(COGNITO))
    parents = {each["urn"]: each.get("parent", "") for each in resources if each["custom"]}
    providers = {urn for urn in parents if "::pulumi:providers:" in urn}
    assert {urn for urn, parent in parents.items() if "agentcore-auth:index:" not in parent} == providers


def test_secrets_are_encrypted_in_the_state(deploy: Deploy) -> None:
    deployed = deploy(COGNITO)
    secret = deployed.outputs.provider("cognito").client("default").secret
    assert secret
    assert secret not in json.dumps(state_of(deployed))


def test_destroy_leaves_nothing(deploy: Deploy, leftovers: Callable[[str], list[str]]) -> None:
    deployed = deploy(COGNITO)
    name = deployed.config["gateway"]["name"]
    assert leftovers(name)
    deployed.destroy()
    assert leftovers(name) == []
    assert state_of(deployed) == []


def test_a_failed_deployment_goes_on_where_it_stopped(
    services: Services, project: Path, aws: Callable[[str], Any], leftovers: Callable[[str], list[str]]
) -> None:
    name = f"test-{uuid.uuid4().hex[:8]}"
    role = aws("iam").create_role(RoleName=f"{name}-other", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    control = aws("bedrock-agentcore-control")
    obstacle = control.create_gateway(
        name=f"{name}-cognito", roleArn=role, protocolType="MCP", authorizerType="AWS_IAM"
    )
    stack = Stack(services, project, name)
    write_stack_file(project, name, {**COGNITO, "gateway": {"name": name}})
    deployed = Deployment(stack, config={}, secrets={}, result=Result())
    with pytest.raises(DeploymentError, match=rf"{name}-cognito.*already exists"):
        stack.run("up")
    created = {each["type"].rsplit(":", 1)[1] for each in state_of(deployed)}
    assert {"UserPool", "Role", "Function"} <= created
    assert "AgentcoreGateway" not in created

    control.delete_gateway(gatewayIdentifier=obstacle["gatewayId"])
    aws("iam").delete_role(RoleName=f"{name}-other")
    assert touched(stack.run("up")) == {"create": {"AgentcoreGateway", "AgentcoreGatewayTarget"}}
    assert deployed.knock("cognito", deployed.token("cognito")).status == 200
    stack.run("destroy")
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
    pool_client = next(each for each in state_of(deployed) if each["type"].endswith(":UserPoolClient"))
    live = aws("cognito-idp").describe_user_pool_client(
        UserPoolId=pool_client["inputs"]["userPoolId"], ClientId=client.client_id
    )
    assert stored == live["UserPoolClient"]["ClientSecret"]


def test_the_sandbox_changes_no_tracked_file(services: Services) -> None:
    root = Path(__file__).parents[2]
    before = {path.name: path.read_bytes() for path in root.glob("Pulumi*.yaml")}
    command = [sys.executable, "-m", "sandbox", "exec", "--", "sh", "-c", "echo changed >> Pulumi.dev.yaml"]
    environment = {"PATH": "/usr/bin:/bin", "SANDBOX_FOLDER": str(services.folder)}
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in root.glob("Pulumi*.yaml")} == before
