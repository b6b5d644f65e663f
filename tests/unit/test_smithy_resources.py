"""Which resources an AWS operation acts on, from AWS's service authorization reference and the call's arguments."""

from __future__ import annotations

import pytest

from sandbox.gateway.deployed import Gateway
from sandbox.gateway.smithy_target import action_of, resources_of

GATEWAY = Gateway(
    id="tools-0123456789",
    name="tools",
    arn="arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/tools-0123456789",
    url="https://tools-0123456789.gateway.bedrock-agentcore.us-west-2.amazonaws.com",
    region="us-west-2",
    account="123456789012",
    role_arn="arn:aws:iam::123456789012:role/tools",
    authorizer_type="CUSTOM_JWT",
    authorizer={},
    explains_errors=False,
    instructions=None,
    mcp_versions=(),
    targets=(),
)
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
    assert resources_of(action, GATEWAY, arguments) == [resource]


@pytest.mark.parametrize(
    ("prefix", "operation", "action"),
    [
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("bedrock", "Converse", "bedrock:InvokeModel"),
        ("bedrock", "InvokeModel", "bedrock:InvokeModel"),
        ("scheduler", "GetSchedule", "scheduler:GetSchedule"),
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("unheard-of", "DoSomething", "unheard-of:DoSomething"),
    ],
)
def test_an_operation_needs_the_action_that_its_service_asks_for(prefix: str, operation: str, action: str) -> None:
    assert action_of(prefix, operation) == action
