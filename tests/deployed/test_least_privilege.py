"""Whoever has the printed policies, and nothing else, can deploy a stack, use it and remove it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentcore_auth import iam
from agentcore_auth.cli.main import main
from configuration.policies import documents
from sandbox.caller import call_tool
from sandbox.services import ACCOUNT, PROJECT
from sandbox.stack import DeploymentError
from tests.deployed.conftest import REGION, Deploy, Deployment
from tests.unit.stack_files import loaded

NAME = "least"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-deployer"
BUCKET = f"{NAME}-schemas"
TOOLS = [{"name": "find", "description": "Find", "inputSchema": {"type": "object"}}]
SECRET = {"shippingSecret": "sandbox-shipping-secret"}


def configuration(key_arn: str, boundary_arn: str) -> dict[str, Any]:
    oauth = {
        "type": "oauth",
        "discoveryUrl": "https://login.sandbox.example/.well-known/openid-configuration",
        "clientId": "agentcore-gateway",
        "secretRef": "shippingSecret",
        "scopes": ["ship"],
    }
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
    shipping = {"name": "shipping", "type": "mcp", "endpoint": "https://shipping.sandbox.example/mcp"}
    return {
        "aws:assumeRoles": [{"roleArn": DEPLOYER}],
        "gateway": {"name": NAME, "kmsKeyArn": key_arn},
        "identityProviders": ["cognito"],
        "executionRole": {"path": "/agents/", "permissionsBoundaryArn": boundary_arn},
        "clientSecrets": "secretsManager",
        "callers": {"attachTo": {"roles": [f"{NAME}-caller"]}},
        "targets": [
            {"name": "sample", "type": "sample"},
            {"name": "orders", "type": "lambda", "functionArn": function, "toolsS3": f"s3://{BUCKET}/tools.json"},
            {**shipping, "credentials": oauth},
        ],
        "tags": {"team": "agents"},
    }


def role(api: Any, name: str) -> None:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = iam.document([{"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}])
    api.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))


@pytest.fixture
def prepared(aws: Callable[[str], Any]) -> tuple[dict[str, Any], iam.Document]:
    """The stack's configuration, with what it uses in place, and the policy that is printed for who deploys it."""
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    everything = json.dumps(iam.document([{**iam.allow("All", ["*"], ["*"])}]))
    boundary = aws("iam").create_policy(PolicyName=f"boundary-{NAME}", PolicyDocument=everything)["Policy"]["Arn"]
    aws("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws("s3").put_object(Bucket=BUCKET, Key="tools.json", Body=json.dumps(TOOLS))
    role(aws("iam"), f"{NAME}-deployer")
    role(aws("iam"), f"{NAME}-caller")
    config = configuration(key, boundary)
    settings = loaded({**config, **SECRET}, PROJECT, secrets=SECRET)
    return config, documents(settings, iam.AwsScope("aws", ACCOUNT, REGION))["Whoever deploys the stack"]


def test_the_printed_policies_suffice_for_up_verify_sync_and_destroy(
    deploy: Deploy,
    prepared: tuple[dict[str, Any], iam.Document],
    aws: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    config, printed = prepared
    stack = deploy.undeployed(config, secrets=SECRET)
    without = [each for each in printed["Statement"] if each["Sid"] != "CreateGateways"]
    put(aws, iam.document(without))
    with pytest.raises(DeploymentError, match="not authorized to perform: bedrock-agentcore:CreateGateway"):
        stack.update(config)
    put(aws, printed)
    stack.update(config)
    assert set(stack.preview().changes) == {"same"}

    answers(stack, "sample___echo", {"message": "hello"})
    answers(stack, "shipping___ship", {"order": "7"})
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(stack.stack.document(show_secrets=True)))
    become(DEPLOYER, aws, monkeypatch)
    assert main(["verify", "--outputs", str(file)]) == 0
    become(f"arn:aws:iam::{ACCOUNT}:role/{NAME}-caller", aws, monkeypatch)
    assert main(["sync", "--outputs", str(file)]) == 0
    stack.destroy()
    assert not stack.resources


def become(role_arn: str, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands in this process run with a role's credentials."""
    given = aws("sts").assume_role(RoleArn=role_arn, RoleSessionName="session")["Credentials"]
    for variable, part in (
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
    ):
        monkeypatch.setenv(variable, given[part])


def put(aws: Callable[[str], Any], policy: iam.Document) -> None:
    aws("iam").put_role_policy(RoleName=f"{NAME}-deployer", PolicyName="p", PolicyDocument=json.dumps(policy))


def answers(stack: Deployment, tool: str, arguments: dict[str, Any]) -> None:
    answer = call_tool(stack.outputs.gateway("cognito").mcp_url, stack.token("cognito"), tool, arguments)
    assert not answer.failed, answer.text
