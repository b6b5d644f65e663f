"""What a change adds to IAM documents: only what nothing allowed before, whatever the documents look like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentcore_auth.preview.document import read
from agentcore_auth.preview.grants import Grant, grants, widenings
from tests.unit.stored_previews import (
    UNKNOWN,
    Document,
    created,
    deleted,
    impact_of,
    stored,
    summed_up,
    with_inputs,
)

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ROLE = "aws:iam/role:Role"
HOLDER = "ExecutionRole demo: what the role may do"
TRUST = "ExecutionRole demo: who may assume the role"

GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
PUT = {**GET, "Action": "s3:PutObject"}
EVERY_ACTION = {**GET, "Action": "s3:*"}
EVERYWHERE = {**GET, "Resource": "*"}
HERE = {**GET, "Condition": {"StringEquals": {"aws:SourceAccount": ["1"]}}}
HERE_AND_THERE = {**GET, "Condition": {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}}
HERE_AND_SAFE = {
    **GET,
    "Condition": {"StringEquals": {"aws:SourceAccount": "1"}, "Bool": {"aws:SecureTransport": "true"}},
}
NOT_HERE = {**GET, "Condition": {"StringNotEquals": {"aws:SourceAccount": ["1", "2"]}}}
NOT_HERE_ALONE = {**GET, "Condition": {"StringNotEquals": {"aws:SourceAccount": ["1"]}}}
DENY = {**GET, "Effect": "Deny"}
ALL_BUT = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}


def statements(*those: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(those)})


def changed(before: str, after: str) -> Document:
    document = with_inputs(stored(), ROLE_POLICY, "demo", policy=after)
    step = next(each for each in document["steps"] if each["urn"].endswith(f"{ROLE_POLICY}::demo"))
    step["oldState"]["inputs"]["policy"] = before
    return document


# Each row: what the role was allowed, what it will be allowed, and the actions and resources that are new.
DIFFERENCES: list[tuple[list[dict[str, Any]], list[dict[str, Any]], list[tuple[str, str]]]] = [
    ([GET], [GET], []),
    ([GET], [GET, PUT], [("s3:PutObject", "arn:aws:s3:::a/*")]),
    ([GET, PUT], [GET], []),
    ([GET, PUT], [{**GET, "Action": ["s3:PutObject", "s3:GetObject"]}], []),
    ([EVERY_ACTION], [GET, PUT], []),
    ([GET], [EVERY_ACTION], [("s3:*", "arn:aws:s3:::a/*")]),
    ([GET], [{**GET, "Action": "S3:getobject"}], []),
    ([GET], [EVERYWHERE], [("s3:GetObject", "*")]),
    ([EVERYWHERE], [GET], []),
    ([GET], [{**GET, "Resource": "arn:aws:s3:::a/b"}], []),
    ([GET], [{**GET, "Resource": "arn:aws:s3:::A/b"}], [("s3:GetObject", "arn:aws:s3:::A/b")]),
    ([{**GET, "Resource": "arn:aws:s3:::a?/*"}], [GET], [("s3:GetObject", "arn:aws:s3:::a/*")]),
    ([GET], [HERE], []),
    ([HERE], [GET], [("s3:GetObject", "arn:aws:s3:::a/*")]),
    ([HERE], [HERE_AND_THERE], [("s3:GetObject", "arn:aws:s3:::a/*")]),
    ([HERE_AND_THERE], [HERE], []),
    ([HERE], [HERE_AND_SAFE], []),
    ([HERE_AND_SAFE], [HERE], [("s3:GetObject", "arn:aws:s3:::a/*")]),
    ([NOT_HERE], [NOT_HERE], []),
    ([NOT_HERE], [NOT_HERE_ALONE], [("s3:GetObject", "arn:aws:s3:::a/*")]),
    ([GET], [DENY], []),
    ([GET], [ALL_BUT], [("everything but iam:*", "*")]),
    ([ALL_BUT], [ALL_BUT], []),
]


@pytest.mark.parametrize(("before", "after", "added"), DIFFERENCES)
def test_only_what_nothing_allowed_before_is_an_addition(
    before: list[dict[str, Any]], after: list[dict[str, Any]], added: list[tuple[str, str]]
) -> None:
    found = impact_of(changed(statements(*before), statements(*after)))
    new = [(grant.action, grant.resource) for each in found.widenings for grant in each.grants]
    assert new == added
    assert found.widened == ((HOLDER,) if added else ())


def test_a_denial_that_is_gone_widens() -> None:
    (found,) = impact_of(changed(statements(GET, DENY), statements(GET))).widenings
    assert [(grant.effect, grant.action) for grant in found.lifted] == [("Deny", "s3:GetObject")]
    assert found.is_certain


def test_a_document_that_is_known_at_deployment_is_said_to_be_so() -> None:
    (found,) = impact_of(changed(statements(GET), UNKNOWN)).widenings
    assert found.is_unknown
    assert not found.is_certain
    assert not found.grants


def test_a_single_statement_needs_no_list() -> None:
    assert list(grants({"Statement": GET})) == [Grant("Allow", "", "s3:GetObject", "arn:aws:s3:::a/*")]


def test_trust_without_its_conditions_is_a_widening() -> None:
    (found, *_) = impact_of(stored("mode-tutorial")).widenings
    assert found.holder == TRUST
    assert found.grants == (Grant("Allow", "Service bedrock-agentcore.amazonaws.com", "sts:AssumeRole", ""),)


def test_trust_in_fewer_gateways_is_none() -> None:
    assert not impact_of(stored("provider-off")).widenings


def test_trust_in_one_more_gateway_is_a_widening() -> None:
    document = stored("provider-off")
    steps = {step["urn"]: step for step in document["steps"]}
    urn = next(urn for urn in steps if urn.endswith(f"ExecutionRole${ROLE}::demo"))
    steps[urn] = {**steps[urn], "oldState": steps[urn]["newState"], "newState": steps[urn]["oldState"]}
    (found,) = impact_of(summed_up(document, steps)).widenings
    values = {value for grant in found.grants for _, _, value in grant.conditions}
    assert len(found.grants) == 1
    assert any("gateway/demo-auth0-" in value for value in values)


def test_an_action_more_of_a_target_is_named() -> None:
    (found,) = impact_of(stored("role-widened")).widenings
    assert [(grant.action, grant.resource) for grant in found.grants] == [
        ("dynamodb:PutItem", "arn:aws:dynamodb:us-west-2:123456789012:table/orders")
    ]


def test_a_role_that_is_new_is_no_widening() -> None:
    found = impact_of(created())
    assert found.widenings
    assert all(each.is_new for each in found.widenings)
    assert not found.widened


def test_a_role_that_gets_its_first_policy_is_widened() -> None:
    document = stored()
    step = next(each for each in document["steps"] if each["urn"].endswith(f"ExecutionRole${ROLE_POLICY}::demo"))
    step |= {"op": "create", "oldState": None}
    document["changeSummary"]["same"] -= 1
    assert impact_of(document).widened == (HOLDER,)


def test_a_policy_that_goes_is_no_widening() -> None:
    assert not impact_of(deleted(stored(), f"ExecutionRole${ROLE_POLICY}", "demo")).widenings


BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("before", "after", "widened"),
    [
        (BOUNDARY, BOUNDARY, False),
        (None, BOUNDARY, False),
        (BOUNDARY, None, True),
        (BOUNDARY, ADMINISTRATOR, True),
        (BOUNDARY, UNKNOWN, True),
    ],
)
def test_a_permissions_boundary_that_goes_or_changes_is_a_widening(
    before: str | None, after: str | None, widened: bool
) -> None:
    document = with_inputs(stored(), f"ExecutionRole${ROLE}", "demo", permissionsBoundary=after)
    step = next(each for each in document["steps"] if each["urn"].endswith(f"ExecutionRole${ROLE}::demo"))
    step["oldState"]["inputs"]["permissionsBoundary"] = before
    assert impact_of(document).widened == ((TRUST, HOLDER) if widened else ())


@pytest.mark.parametrize(
    ("inputs", "gains"),
    [
        ({"managedPolicyArns": [ADMINISTRATOR]}, [("policy", ADMINISTRATOR)]),
        ({"inlinePolicies": [{"name": "more", "policy": statements(PUT)}]}, [("s3:PutObject", "arn:aws:s3:::a/*")]),
        ({"managedPolicyArns": [], "inlinePolicies": []}, []),
    ],
)
def test_managed_and_inline_policies_of_a_role_are_seen(inputs: dict[str, Any], gains: list[tuple[str, str]]) -> None:
    found = impact_of(with_inputs(stored(), f"ExecutionRole${ROLE}", "demo", **inputs))
    assert [(grant.action, grant.resource) for each in found.widenings for grant in each.grants] == gains
    assert found.widened == ((HOLDER,) if gains else ())


def test_another_policy_for_the_same_role_is_a_widening() -> None:
    kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    parent = next(step["urn"] for step in stored()["steps"] if step["urn"].endswith("ExecutionRole::demo"))
    urn = f"urn:pulumi:dev::agentcore-auth::agentcore-auth:index:ExecutionRole${kind}::more"

    def state(arn: str) -> dict[str, Any]:
        return {"type": kind, "parent": parent, "inputs": {"role": "demo", "policyArn": arn}}

    step = {"op": "update", "urn": urn, "oldState": state(BOUNDARY), "newState": state(ADMINISTRATOR)}
    document = stored()
    found = impact_of(summed_up(document, {each["urn"]: each for each in document["steps"]} | {urn: step}))
    assert found.breaches(["widen"]) == ["widen"]


def test_what_is_only_known_at_deployment_does_not_pass_for_known() -> None:
    found = impact_of(changed(statements(GET), UNKNOWN))
    assert found.breaches(["lockout", "widen", "unknown"]) == ["unknown"]


# Each row: a resource's type and inputs, and who gets what by it.
HOLDINGS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "ci", "policyArn": "arn:aws:iam::1:policy/p"},
        ("role ci", "policy"),
    ),
    (
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        {"user": "ann", "policyArn": UNKNOWN},
        ("user ann", "policy"),
    ),
    ("aws:iam/groupPolicyAttachment:GroupPolicyAttachment", {"group": "ops"}, ("group ops", "policy")),
    (
        "aws:lambda/permission:Permission",
        {"principal": "arn:aws:iam::1:role/r", "action": "lambda:InvokeFunction", "function": "arn:f"},
        ("arn:aws:iam::1:role/r", "lambda:InvokeFunction"),
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "gains"), HOLDINGS)
def test_whoever_gets_a_policy_or_a_function_is_named(
    kind: str, inputs: dict[str, Any], gains: tuple[str, str]
) -> None:
    document = stored()
    parent = next(step["urn"] for step in document["steps"] if step["urn"].endswith("CallerPolicy::demo"))
    urn = f"urn:pulumi:dev::agentcore-auth::agentcore-auth:index:CallerPolicy${kind}::new"
    step = {"op": "create", "urn": urn, "newState": {"type": kind, "parent": parent, "inputs": inputs}}
    steps = {each["urn"]: each for each in document["steps"]} | {urn: step}
    preview = read(json.dumps(summed_up(document, steps)))
    (found,) = widenings(preview)
    assert found.is_new is (kind == "aws:lambda/permission:Permission")  # the policy was there, that function was not
    assert [(grant.who, grant.action) for grant in found.grants] == [gains]
