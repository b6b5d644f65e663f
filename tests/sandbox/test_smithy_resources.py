"""Which resources an AWS operation acts on, from AWS's service authorization reference and the call's arguments."""

from __future__ import annotations

import pytest

from agentcore_auth.iam import AwsScope
from sandbox.aws.reference import resources_of

SCOPE = AwsScope("aws", "123456789012", "us-west-2")
HERE = "us-west-2:123456789012"
FUNCTION = "arn:aws:lambda:eu-west-1:210987654321:function:billing"


@pytest.mark.parametrize(
    ("action", "arguments", "resource"),
    [
        ("lambda:GetFunction", {"FunctionName": "orders"}, f"arn:aws:lambda:{HERE}:function:orders"),
        ("lambda:GetFunction", {"FunctionName": FUNCTION}, FUNCTION),
        ("lambda:GetFunction", {}, f"arn:aws:lambda:{HERE}:function:*"),
        ("lambda:ListFunctions", {}, "*"),
        (
            "scheduler:GetSchedule",
            {"GroupName": "night", "Name": "restock"},
            f"arn:aws:scheduler:{HERE}:schedule/night/restock",
        ),
        ("scheduler:GetSchedule", {"Name": "restock"}, f"arn:aws:scheduler:{HERE}:schedule/default/restock"),
        ("unheard-of:DoSomething", {"Name": "x"}, "*"),
    ],
)
def test_names_the_resource_that_the_call_acts_on(action: str, arguments: dict[str, str], resource: str) -> None:
    assert resources_of(action, SCOPE, arguments) == [resource]
