"""An execution role that exists: its owner lets the stack in, and the deployment waits until AWS knows of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agentcore_auth import iam
from configuration.policies import documents
from sandbox.caller import call_tool
from sandbox.services import ACCOUNT, PROJECT
from tests.deployed.conftest import REGION, Deploy
from tests.unit.stack_files import loaded

ROLE = "shared-gateways"
CONFIG: dict[str, Any] = {
    "gateway": {"name": "lodger"},
    "identityProviders": ["cognito"],
    "executionRole": {"arn": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"},
    "targets": [{"name": "sample", "type": "sample"}],
}


def printed() -> dict[str, iam.Document]:
    """What `make policies` prints for the role's owner."""
    return documents(loaded(CONFIG, PROJECT), iam.AwsScope("aws", ACCOUNT, REGION))


def test_a_deployment_waits_for_the_role_that_its_owner_is_just_making(
    deploy: Deploy, aws: Callable[[str], Any]
) -> None:
    found, said = printed(), list[str]()

    def owner(line: str) -> None:
        said.append(line)
        if "waiting for IAM" in line:
            trust = json.dumps(found[f"Execution role {ROLE}: who may assume it"])
            aws("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
            policy = json.dumps(found[f"Execution role {ROLE}: what it may do"])
            aws("iam").put_role_policy(RoleName=ROLE, PolicyName="lodger", PolicyDocument=policy)

    stack = deploy.undeployed(CONFIG)
    stack.preview()
    stack.is_deployed = True
    stack.stack.up(owner)
    assert len([line for line in said if "waiting for IAM" in line]) == 1
    answer = call_tool(
        stack.outputs.gateway("cognito").mcp_url, stack.token("cognito"), "sample___echo", {"message": "a"}
    )
    assert not answer.failed, answer.text
    stack.destroy()
    assert aws("iam").list_role_policies(RoleName=ROLE)["PolicyNames"] == ["lodger"]
