"""The check of the policies has to find something: each kind of fault, in a statement that has it."""

from __future__ import annotations

import pytest

from tests.unit.policy_table import faults

GATEWAY = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/a-??????????"
ROLE = "arn:aws:iam::123456789012:role/a"


@pytest.mark.parametrize(
    ("action", "resource", "fault"),
    [
        ("bedrock-agentcore:GetGatway", GATEWAY, "S: bedrock-agentcore:GetGatway does not exist"),
        ("nosuchservice:Get", "*", "S: nosuchservice:Get does not exist"),
        ("bedrock-agentcore:*", GATEWAY, "S: bedrock-agentcore:* is a pattern"),
        ("bedrock-agentcore:GetGateway", "*", "S: bedrock-agentcore:GetGateway takes gateway, and has *"),
        ("bedrock-agentcore:CreateGateway", GATEWAY, f"S: bedrock-agentcore:CreateGateway does not take {GATEWAY}"),
        ("iam:PassRole", ROLE, None),
        ("bedrock-agentcore:CreateGateway", "*", None),
    ],
)
def test_a_fault_is_found(action: str, resource: str, fault: str | None) -> None:
    found = faults([{"Sid": "S", "Action": action, "Resource": resource}])
    assert found == ([] if fault is None else [fault])


def test_a_resource_of_another_type_is_found() -> None:
    assert faults([{"Sid": "S", "Action": ["bedrock-agentcore:GetGateway"], "Resource": [ROLE]}]) == [
        f"S: bedrock-agentcore:GetGateway does not take {ROLE}",
        "S: bedrock-agentcore:GetGateway needs a gateway",
    ]
