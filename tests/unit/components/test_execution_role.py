"""The execution role: what it trusts."""

from __future__ import annotations

from tests.unit.pulumi_mocks import ACCOUNT, deploy
from tests.unit.stacks import COGNITO, document


def test_the_execution_role_trusts_exactly_the_stack_s_gateways() -> None:
    role = next(each.inputs for each in deploy(COGNITO).all(":Role") if each.name == "demo")
    (statement,) = document(role["assumeRolePolicy"])
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {
            "aws:SourceArn": [f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:gateway/demo-cognito-??????????"]
        },
    }
