"""May a role do something? By its own policies, its boundary, and across accounts the function's policy too."""

from __future__ import annotations

import json
from collections.abc import Generator

import pytest

from agentcore_auth import iam
from sandbox.aws.permissions import NoSuchRoleError, is_allowed
from tests.sandbox.aws_fixtures import (
    REGION,
    ROLE,
    ROLE_POLICY,
    Aws,
    Deployed,
    Stack,
    account,
    allow,
    aws,
    function,
    gateway_role,
    stack,
    trust,
)

__all__ = ["account", "aws", "stack"]  # fixtures

INVOKE = "lambda:InvokeFunction"
PERMISSION = "aws:lambda/permission:Permission"


@pytest.fixture
def other(aws: Aws, account: str) -> Generator[Stack]:
    """The stack of another account, which owns a function."""
    other = Stack(aws.port, {"region": REGION, "accessKey": str(int(account) // 10 + 10**11)})
    yield other
    other.channel.close()


@pytest.fixture
def role(stack: Stack) -> Deployed:
    return gateway_role(stack)


def _let_in(owner: Stack, made: Deployed, principal: str) -> Deployed:
    return owner.create(PERMISSION, "p", action=INVOKE, function=made.id, principal=principal)


def test_a_role_may_do_what_its_inline_policy_allows(stack: Stack, role: Deployed) -> None:
    made = function(stack)
    arn = made.outputs["arn"]
    assert not is_allowed(role.outputs["arn"], INVOKE, arn)

    granted = stack.create(ROLE_POLICY, "invoke", role=role.id, policy=allow(INVOKE, arn))
    assert is_allowed(role.outputs["arn"], INVOKE, arn)
    assert not is_allowed(role.outputs["arn"], INVOKE, f"{arn}-2")
    assert not is_allowed(role.outputs["arn"], "lambda:DeleteFunction", arn)

    stack.delete(granted)
    assert not is_allowed(role.outputs["arn"], INVOKE, arn)


def test_a_role_may_do_what_an_attached_policy_allows_as_it_is_now(stack: Stack, role: Deployed) -> None:
    policy = stack.create("aws:iam/policy:Policy", "policy", policy=allow("s3:GetObject", "arn:aws:s3:::one/*"))
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    stack.create(token, "attached", role=role.id, policyArn=policy.id)
    assert is_allowed(role.outputs["arn"], "s3:GetObject", "arn:aws:s3:::one/schema.json")

    stack.update(policy, policy=allow("s3:GetObject", "arn:aws:s3:::two/*"))
    assert not is_allowed(role.outputs["arn"], "s3:GetObject", "arn:aws:s3:::one/schema.json")


def test_a_policy_of_aws_itself_counts(stack: Stack, role: Deployed) -> None:
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    stack.create(token, "attached", role=role.id, policyArn=arn)

    assert is_allowed(role.outputs["arn"], "logs:PutLogEvents", "*")


def test_a_denial_wins(stack: Stack, role: Deployed) -> None:
    arn = function(stack).outputs["arn"]
    stack.create(ROLE_POLICY, "invoke", role=role.id, policy=allow(INVOKE, "*"))
    denial = json.loads(allow(INVOKE, arn))
    denial["Statement"][0]["Effect"] = "Deny"
    stack.create(ROLE_POLICY, "deny", role=role.id, policy=json.dumps(denial))

    assert not is_allowed(role.outputs["arn"], INVOKE, arn)
    assert is_allowed(role.outputs["arn"], INVOKE, f"{arn}-2")


def test_a_boundary_limits_what_policies_allow(stack: Stack) -> None:
    arn = function(stack).outputs["arn"]
    boundary = stack.create("aws:iam/policy:Policy", "boundary", policy=allow("s3:*", "*"))
    inputs = {"name": "bounded", "assumeRolePolicy": trust("bedrock-agentcore.amazonaws.com")}
    role = stack.create(ROLE, "bounded", **inputs, permissionsBoundary=boundary.id)
    stack.create(ROLE_POLICY, "invoke", role=role.id, policy=allow(INVOKE, arn))
    assert not is_allowed(role.outputs["arn"], INVOKE, arn)

    stack.update(role, **inputs)
    assert is_allowed(role.outputs["arn"], INVOKE, arn)


def test_within_an_account_the_functions_policy_is_enough(stack: Stack, role: Deployed) -> None:
    made = function(stack)
    permission = _let_in(stack, made, role.outputs["arn"])
    assert is_allowed(role.outputs["arn"], INVOKE, made.outputs["arn"])

    stack.delete(permission)
    assert not is_allowed(role.outputs["arn"], INVOKE, made.outputs["arn"])


@pytest.mark.parametrize(
    ("by_role", "by_function", "allowed"),
    [(False, False, False), (True, False, False), (False, True, False), (True, True, True)],
)
def test_across_accounts_both_sides_have_to_allow_it(
    stack: Stack, other: Stack, role: Deployed, by_role: bool, by_function: bool, allowed: bool
) -> None:
    made = function(other)
    if by_role:
        stack.create(ROLE_POLICY, "invoke", role=role.id, policy=allow(INVOKE, made.outputs["arn"]))
    if by_function:
        _let_in(other, made, role.outputs["arn"])

    assert is_allowed(role.outputs["arn"], INVOKE, made.outputs["arn"]) is allowed


def test_a_function_that_lets_another_role_in_does_not_let_this_one_in(
    stack: Stack, other: Stack, role: Deployed
) -> None:
    made = function(other)
    stack.create(ROLE_POLICY, "invoke", role=role.id, policy=allow(INVOKE, made.outputs["arn"]))
    _let_in(other, made, gateway_role(stack, "another").outputs["arn"])

    assert not is_allowed(role.outputs["arn"], INVOKE, made.outputs["arn"])


def test_two_stacks_on_one_function_let_their_roles_in_side_by_side(stack: Stack, other: Stack) -> None:
    made = function(other)
    arn = made.outputs["arn"]
    roles: dict[str, str] = {}
    statements: dict[str, Deployed] = {}
    for name in ("blue", "green"):
        role = gateway_role(stack, iam.execution_role_name(name))
        stack.create(ROLE_POLICY, f"invoke-{name}", role=role.id, policy=allow(INVOKE, arn))
        roles[name] = role.outputs["arn"]
        sid = iam.cross_account_sid(name, "pinned")
        inputs = {"action": INVOKE, "function": made.id, "principal": roles[name], "statementId": sid}
        statements[name] = other.create(PERMISSION, name, **inputs)
    assert all(is_allowed(role, INVOKE, arn) for role in roles.values())

    other.delete(statements["blue"])

    assert not is_allowed(roles["blue"], INVOKE, arn)
    assert is_allowed(roles["green"], INVOKE, arn)
    assert other.read(statements["green"]).id


def test_a_function_may_let_a_whole_account_in(stack: Stack, other: Stack, account: str, role: Deployed) -> None:
    made = function(other)
    stack.create(ROLE_POLICY, "invoke", role=role.id, policy=allow(INVOKE, made.outputs["arn"]))
    _let_in(other, made, account)

    assert is_allowed(role.outputs["arn"], INVOKE, made.outputs["arn"])


def test_a_role_that_does_not_exist_is_named(account: str) -> None:
    arn = f"arn:aws:iam::{account}:role/nobody"
    with pytest.raises(NoSuchRoleError, match=arn):
        is_allowed(arn, INVOKE, "*")
