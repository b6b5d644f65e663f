"""Smithy targets: what their actions act on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentcore_auth.iam import AwsScope, execution_statements
from components.targets.smithy import SmithyTarget
from configuration.context import CheckContext, StackConfiguration

SCOPE = AwsScope("aws", "123456789012", "us-west-2")
BUCKET = "arn:aws:s3:::reports/*"


def target(actions: list[str], resources: list[str]) -> SmithyTarget:
    section = {"type": "smithy", "name": "t", "model": "s3://b-1/m.json", "actions": actions, "resources": resources}
    return SmithyTarget.model_validate_json(json.dumps(section))


# Each row: actions, resources, and what the message says; nothing where they are right.
PINNED: list[tuple[list[str], list[str], str]] = [
    (["polly:DescribeVoices"], ["*"], ""),
    (["s3:ListAllMyBuckets", "s3:GetObject"], ["*", BUCKET], ""),
    (["s3:ListAllMyBuckets", "s3:GetObject"], ["*"], "name the ARNs that s3:GetObject acts on"),
    (["s3:GetObject"], ["*"], "wider than least privilege"),
    (["s3:GetObject"], ["*", BUCKET], "wider than least privilege"),
    (["polly:DescribeVoices"], ["*", "arn:aws:s3:::*"], "wider than least privilege"),
]


@pytest.mark.parametrize(("actions", "resources", "says"), PINNED)
def test_everything_is_for_actions_that_take_no_resource(actions: list[str], resources: list[str], says: str) -> None:
    context = CheckContext(StackConfiguration({}, set(), {}), pinned=True, gateway_name="demo")
    found = [str(mistake) for mistake in target(actions, resources).mistakes("targets[0]", context)]
    assert len(found) == bool(says)
    assert all(says in each for each in found)


def test_everything_is_allowed_to_no_other_action() -> None:
    asked = target(["s3:ListAllMyBuckets", "s3:GetObject"], ["*", BUCKET]).permissions(SCOPE, "demo")
    statements: list[dict[str, Any]] = execution_statements(SCOPE, ["demo-cognito"], asked, "pinned")
    assert [(each["Action"], each["Resource"]) for each in statements] == [
        (["s3:GetObject"], [BUCKET]),
        (["s3:ListAllMyBuckets"], ["*"]),
    ]
    assert len({each["Sid"] for each in statements}) == 2
