"""The caller policy: what it allows, and who gets it."""

from __future__ import annotations

import json

from tests.unit.pulumi_mocks import deploy
from tests.unit.stacks import COGNITO, LAMBDA, OPENAPI, stack


def test_callers_get_the_policy_by_name() -> None:
    callers = {"attachTo": {"roles": ["agents"], "users": ["ann"], "groups": ["ops"]}}
    recorder = deploy({**COGNITO, "callers": callers})
    assert recorder.one(":RolePolicyAttachment")["role"] == "agents"
    assert recorder.one(":UserPolicyAttachment")["user"] == "ann"
    assert recorder.one(":GroupPolicyAttachment")["group"] == "ops"


def test_the_caller_reads_the_buckets_that_documents_come_from() -> None:
    recorder = stack(
        {**OPENAPI, "schema": "s3://schemas/stock.yaml"}, {**LAMBDA, "tools": None, "toolsS3": "s3://schemas/a"}
    )
    policy = json.loads(recorder.one(":Policy")["policy"])
    assert [each["Resource"] for each in policy["Statement"] if each["Sid"] == "ReadSchemas"] == [
        ["arn:aws:s3:::schemas/*"]
    ]
