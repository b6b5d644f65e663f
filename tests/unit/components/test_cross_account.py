"""Functions of other accounts: what is written there, and what their owners are told."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from components.cross_account import owners_command
from tests.unit.pulumi_mocks import ACCOUNT
from tests.unit.stack_files import FUNCTION, ROLE, Bad, assert_named, each_of, function, loaded
from tests.unit.stack_files import OTHER_FUNCTION as THEIRS
from tests.unit.stacks import LAMBDA, OTHER_ACCOUNT, OTHER_FUNCTION, stack, statements


def test_another_account_s_function_admits_the_role_through_that_account_s_provider() -> None:
    deployer = f"arn:aws:iam::{OTHER_ACCOUNT}:role/deployer"
    alias = {**LAMBDA, "name": "live", "functionArn": f"{OTHER_FUNCTION}:live"}
    cross = {OTHER_ACCOUNT: {"assumeRoleArn": deployer}}
    recorder = stack({**LAMBDA, "functionArn": OTHER_FUNCTION}, alias, crossAccount=cross)
    provider = recorder.one("pulumi:providers:aws")
    assert (provider["region"], json.loads(provider["assumeRoles"])[0]["roleArn"]) == ("eu-west-1", deployer)
    plain, qualified = (each.inputs for each in recorder.all(":Permission"))
    assert plain == {
        "statementId": "cross-account-access-demo",
        "action": "lambda:InvokeFunction",
        "function": OTHER_FUNCTION,
        "principal": f"arn:aws:iam::{ACCOUNT}:role/demo",
    }
    assert (qualified["function"], qualified["qualifier"]) == (OTHER_FUNCTION, "live")


def test_an_interceptor_of_another_account_admits_the_role_as_a_target_s_function_does() -> None:
    gateway = {"name": "demo", "interceptors": [{"functionArn": OTHER_FUNCTION, "at": ["request"]}]}
    recorder = stack(LAMBDA, gateway=gateway)
    (entry,) = recorder.outputs["crossAccountStatements"]
    assert entry["functionArn"] == OTHER_FUNCTION
    assert statements(recorder)["InvokeFunctions"]["Resource"] == [LAMBDA["functionArn"], OTHER_FUNCTION]


def test_a_function_of_this_account_needs_no_policy_of_its_own() -> None:
    recorder = stack(LAMBDA)
    assert not recorder.all(":Permission")
    assert not recorder.all(":CrossAccountAccess")


def test_the_owner_gets_the_exact_command() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/demo-gateway"
    assert owners_command(f"{OTHER_FUNCTION}:live", role, "cross-account-access-demo") == (
        f"aws lambda add-permission --region eu-west-1 --function-name {OTHER_FUNCTION} --qualifier live "
        f"--statement-id cross-account-access-demo --action lambda:InvokeFunction --principal {role}"
    )


def test_every_value_in_the_owner_s_command_is_quoted() -> None:
    command = owners_command(f"{OTHER_FUNCTION}:$LATEST", "arn:aws:iam::1:role/a;b", "s")
    assert "--qualifier '$LATEST'" in command
    assert shlex.split(command)[-1] == "arn:aws:iam::1:role/a;b"


def test_in_tutorial_mode_the_statement_has_the_tutorial_s_id() -> None:
    (entry,) = stack({**LAMBDA, "functionArn": OTHER_FUNCTION}, mode="tutorial").outputs["crossAccountStatements"]
    assert entry["statement"]["Sid"] == "cross-account-access"


def test_the_owner_of_another_account_s_function_is_told_statement_and_command() -> None:
    function = {**LAMBDA, "functionArn": OTHER_FUNCTION}
    role = f"arn:aws:iam::{ACCOUNT}:role/demo"  # the mocks name a role's ARN by its place in the stack
    recorder = stack(function)
    assert recorder.outputs["crossAccountStatements"] == [
        {
            "functionArn": OTHER_FUNCTION,
            "accountId": OTHER_ACCOUNT,
            "statement": {
                "Sid": "cross-account-access-demo",
                "Effect": "Allow",
                "Principal": {"AWS": role},
                "Action": "lambda:InvokeFunction",
                "Resource": OTHER_FUNCTION,
            },
            "command": (
                f"aws lambda add-permission --region eu-west-1 --function-name {OTHER_FUNCTION}"
                f" --statement-id cross-account-access-demo --action lambda:InvokeFunction --principal {role}"
            ),
        }
    ]
    assert not recorder.all(":Permission")

    entry = {OTHER_ACCOUNT: {"assumeRoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/deployer"}}
    recorder = stack(function, crossAccount=entry)
    assert recorder.outputs["crossAccountStatements"] == []
    assert (recorder.one(":Permission")["function"], recorder.one(":Permission")["principal"]) == (OTHER_FUNCTION, role)


BAD: list[Bad] = [
    (
        {
            **function(THEIRS),
            "crossAccount": {OTHER_ACCOUNT: {"assumeRoleArn": ROLE}},
            "aws:assumeRoles": [{"roleArn": ROLE}],
        },
        "aws:assumeRoles",
        "aws:profile",
    ),
    ({"crossAccount": {"42": {"assumeRoleArn": ROLE}}}, "crossAccount.42", "twelve digits"),
    (
        {"crossAccount": {OTHER_ACCOUNT: {"assumeRoleArn": ROLE}}},
        f"crossAccount.{OTHER_ACCOUNT}",
        "functions here: none",
    ),
    (
        {"crossAccount": {OTHER_ACCOUNT: {"assumeRoleArn": ROLE}}, **function(FUNCTION)},
        f"crossAccount.{OTHER_ACCOUNT}",
        "functions here: 123456789012",
    ),
    (
        {"crossAccount": {"123456789012": {"assumeRoleArn": ROLE}}, **function(FUNCTION)},
        "crossAccount.123456789012.assumeRoleArn",
        f"a role of the account {OTHER_ACCOUNT}",
    ),
    (
        {"crossAccount": {OTHER_ACCOUNT: {"assumeRoleArn": ROLE}}, **function(f"{THEIRS}:$LATEST")},
        "targets[0].functionArn",
        "takes no policy",
    ),
]


@each_of(BAD)
def test_a_mistake_is_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)


ACCEPTED: list[dict[str, Any]] = [
    {"crossAccount": {OTHER_ACCOUNT: {"assumeRoleArn": ROLE}}, **function(THEIRS)},
    {"crossAccount": {OTHER_ACCOUNT: {"assumeRoleArn": ROLE}}, **function(f"{THEIRS}:live")},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_a_function_of_another_account_is_accepted(changes: dict[str, Any]) -> None:
    loaded(changes)
