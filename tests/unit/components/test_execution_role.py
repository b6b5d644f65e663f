"""The execution role: what it trusts."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pulumi
import pytest

from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy
from tests.unit.stacks import COGNITO, OTHER_ACCOUNT, document


def test_the_execution_role_trusts_exactly_the_stack_s_gateways() -> None:
    role = next(each.inputs for each in deploy(COGNITO).all(":Role") if each.name == "demo")
    (statement,) = document(role["assumeRolePolicy"])
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {
            "aws:SourceArn": [f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:gateway/demo-cognito-??????????"]
        },
    }


EXISTING = f"arn:aws:iam::{ACCOUNT}:role/agents/gateways"


def test_a_role_that_exists_is_left_as_it_is_and_its_owner_told_what_it_needs() -> None:
    recorder = deploy({**COGNITO, "executionRole": {"arn": EXISTING}})
    assert [each.name for each in recorder.all(":Role")] == ["demo-sample"]
    assert [each.name for each in recorder.all(":RolePolicy")] == ["demo-sample"]
    assert recorder.one(":AgentcoreGateway")["roleArn"] == EXISTING
    assert recorder.outputs["executionRoleArn"] == EXISTING
    (entry,) = recorder.outputs["executionRoleStatements"]
    assert [each["Sid"] for each in entry["statements"]] == ["InvokeFunctions"]
    assert entry["trust"]["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
    passing = next(each for each in document(recorder.one(":Policy")["policy"]) if each["Sid"] == "PassExecutionRole")
    assert passing["Resource"] == [EXISTING]


def test_the_owner_of_a_role_gets_commands_that_keep_what_is_there() -> None:
    (entry,) = deploy({**COGNITO, "executionRole": {"arn": EXISTING}}).outputs["executionRoleStatements"]
    read, change, update, put = re.split(r" \| | > trust-policy.json && | && ", entry["command"])
    assert shlex.split(read)[:5] == ["aws", "iam", "get-role", "--role-name", "gateways"]
    assert shlex.split(update)[2:5] == ["update-assume-role-policy", "--role-name", "gateways"]
    assert json.loads(shlex.split(put)[-1])["Statement"] == entry["statements"]
    before = {"Version": "2012-10-17", "Statement": [{"Sid": "Kept"}, {**entry["trust"], "Action": "old"}]}
    words = [sys.executable, *shlex.split(change)[1:]]
    after = subprocess.run(words, input=json.dumps(before), capture_output=True, text=True, check=True).stdout
    assert json.loads(after)["Statement"] == [{"Sid": "Kept"}, entry["trust"]]


def test_a_role_of_another_account_is_refused_before_anything_is_made() -> None:
    recorder = Recorder()
    with pytest.raises(pulumi.RunError, match=rf"a role of the account {OTHER_ACCOUNT}, and the AWS credentials are"):
        deploy({**COGNITO, "executionRole": {"arn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/r"}}, recorder=recorder)
    assert recorder.resources == []


def test_a_program_s_own_role_leaves_nothing_to_its_owner() -> None:
    assert deploy(COGNITO).outputs["executionRoleStatements"] == []
