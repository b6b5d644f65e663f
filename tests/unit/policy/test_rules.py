"""Each rule of the policy pack by a table: the properties of a resource, and what breaks the rule."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
import yaml

from agentcore_auth.iam import SERVICE
from agentcore_auth.resource_types import GATEWAY, ROLE
from components.targets.smithy import SmithyTarget
from configuration.context import CheckContext, StackConfiguration
from policy import rules
from policy.rules import UNKNOWN, Secret
from tests.unit.project import PROJECT
from tests.unit.pulumi_mocks import Recorder, deploy
from tests.unit.stacks import AUTH0, AUTH0_SECRET, COGNITO, OKTA, OKTA_SECRET

PACK = PROJECT / "policy"


def gateway(**inputs: Any) -> dict[str, Any]:
    return {"authorizerType": "CUSTOM_JWT", **inputs}


def jwt(**lists: Any) -> dict[str, Any]:
    return gateway(authorizerConfiguration={"customJwtAuthorizer": {"discoveryUrl": "u", **lists}})


# Each row: a gateway, and how many violations it has.
CONSTRAINTS: list[tuple[dict[str, Any], int]] = [
    (jwt(allowedClients=["c"]), 0),
    (jwt(allowedAudiences=["a"]), 0),
    (jwt(allowedScopes=["s"]), 0),
    (jwt(customClaims=[{}]), 0),
    (jwt(allowedClients=[UNKNOWN]), 0),
    (jwt(allowedClients=UNKNOWN), 0),
    (jwt(), 1),
    (jwt(allowedClients=[], allowedScopes=None), 1),
    (gateway(), 1),
    (gateway(authorizerConfiguration=None), 1),
    (gateway(authorizerConfiguration={}), 1),
    (gateway(authorizerConfiguration=UNKNOWN), 0),
    (gateway(authorizerConfiguration={"customJwtAuthorizer": UNKNOWN}), 0),
    ({"authorizerType": "NONE"}, 1),
    ({"authorizerType": "AUTHENTICATE_ONLY"}, 1),
    ({"authorizerType": "AWS_IAM"}, 0),
    ({"authorizerType": UNKNOWN}, 0),
]


@pytest.mark.parametrize(("properties", "violations"), CONSTRAINTS)
def test_a_gateway_checks_more_of_a_token_than_its_issuer(properties: dict[str, Any], violations: int) -> None:
    assert len(list(rules.constraint(properties))) == violations


def allowing(**fields: Any) -> str:
    statement = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:r:1:table/t", **fields}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# Each row: an IAM document, and what a violation says; empty where there is none.
WILDCARDS: list[tuple[object, str]] = [
    (allowing(), ""),
    (allowing(Sid="Read", Action="dynamodb:*"), "statement Read allows the actions dynamodb:*"),
    (allowing(Action=["dynamodb:GetItem", "*"]), "allows the actions *"),
    (allowing(Action="dynamodb:Get?tem"), "allows the actions dynamodb:Get?tem"),
    (allowing(Resource="*"), "dynamodb:GetItem on *"),
    (allowing(Resource=["arn:aws:dynamodb:r:1:table/t", "*"]), "on *"),
    (allowing(Resource="arn:aws:dynamodb:*:1:table/t"), "on arn:aws:dynamodb:*:1:table/t"),
    (allowing(Resource="arn:aws:dynamodb:r:*:table/t"), "on arn:aws:dynamodb:r:*:table/t"),
    (allowing(Resource="arn:aws:dynamodb:r:1:*"), "on arn:aws:dynamodb:r:1:*"),
    (allowing(Resource="arn:aws:dynamodb:r:1:table/*"), "on arn:aws:dynamodb:r:1:table/*"),
    (allowing(Resource="arn:aws:lambda:r:1:function:*"), "on arn:aws:lambda:r:1:function:*"),
    (allowing(Resource="arn:aws:lambda:r:1:function:orders:*"), ""),
    (allowing(Resource="arn:aws:bedrock-agentcore:r:1:gateway/tools-auth0-??????????"), ""),
    (allowing(Resource="arn:aws:logs:r:1:log-group:tools:log-stream:*"), ""),
    (allowing(Action="s3:GetObject", Resource="arn:aws:s3:::schemas/*"), ""),
    (allowing(Action="s3:GetObject", Resource="arn:aws:s3:::*"), "on arn:aws:s3:::*"),
    (allowing(Action="s3:GetObject", Resource="arn:aws:s3:::*/*"), "on arn:aws:s3:::*/*"),
    (allowing(Action=["bedrock-agentcore:CreateGateway", "bedrock-agentcore:ListGateways"], Resource="*"), ""),
    (allowing(Action=["bedrock-agentcore:CreateGateway", "iam:PassRole"], Resource="*"), "iam:PassRole on *"),
    (allowing(NotAction="iam:*"), "everything but some, by NotAction"),
    (allowing(NotResource="arn:aws:s3:::a"), "everything but some, by NotResource"),
    (allowing(Effect="Deny", Action="*", Resource="*"), ""),
    (allowing(Resource="arn:aws:dynamodb:r:1:t*"), "on arn:aws:dynamodb:r:1:t*"),
    (allowing(Resource="arn:aws:dynamodb:r:1:*/orders"), "on arn:aws:dynamodb:r:1:*/orders"),
    (allowing(Resource="arn:aws:sqs:r:1:*-queue"), "on arn:aws:sqs:r:1:*-queue"),
    (allowing(Resource="arn:aws:*"), "on arn:aws:*"),
    ({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::a/b"}}, "the actions *"),
    (allowing(Resource=[]), ""),
    (UNKNOWN, ""),
    (None, ""),
    ("[]", ""),
]


@pytest.mark.parametrize(("document", "says"), WILDCARDS)
def test_a_policy_allows_named_actions_on_named_resources(document: object, says: str) -> None:
    found = list(rules.no_wildcards(document))
    assert len(found) == bool(says)
    assert all(says in violation for violation in found)


def test_what_the_settings_refuse_of_actions_and_resources_the_pack_refuses_too() -> None:
    for action, resource in product(["s3:GetObject", "s3:Get*"], ["arn:aws:s3:::a/b", "arn:aws:s3:::*/b", "*"]):
        target = {"type": "smithy", "name": "t", "model": "m.json", "actions": [action], "resources": [resource]}
        section = SmithyTarget.model_validate_json(json.dumps(target))
        context = CheckContext(StackConfiguration({}, frozenset(), {}), pinned=True, gateway_name="g")
        refused = bool(list(section.mistakes("targets[0]", context)))
        assert bool(list(rules.no_wildcards(allowing(Action=action, Resource=resource)))) == refused


def test_a_role_s_inline_policies_are_documents_like_any_other() -> None:
    role = {"inlinePolicies": [{"name": "a", "policy": allowing()}, {"policy": allowing(Action="*")}, UNKNOWN]}
    found = [violation for each in rules.documents(ROLE, role) for violation in rules.no_wildcards(each)]
    assert len(found) == 1
    assert list(rules.documents(ROLE, {})) == []
    assert list(rules.documents(GATEWAY, {"policy": "x"})) == []


# Each row: a resource's properties, and how many policies of AWS's own it attaches.
ATTACHED: list[tuple[dict[str, Any], int]] = [
    ({"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, 1),
    ({"managedPolicyArns": ["arn:aws-cn:iam::aws:policy/service-role/A", "arn:aws:iam::123456789012:policy/a"]}, 1),
    ({"policyArn": "arn:aws:iam::123456789012:policy/a"}, 0),
    ({"policyArn": UNKNOWN, "managedPolicyArns": [UNKNOWN]}, 0),
    ({}, 0),
]


@pytest.mark.parametrize(("properties", "violations"), ATTACHED)
def test_no_policy_that_aws_manages_is_attached(properties: dict[str, Any], violations: int) -> None:
    assert len(list(rules.no_policies_of_aws(properties))) == violations


EVERYBODY = {"Principal": "*", "Resource": "*"}
BUCKET = "aws:s3/bucketPolicy:BucketPolicy"
# Each row: a type, its properties, and what a violation says; empty where there is none.
RESOURCES: list[tuple[str, dict[str, Any], str]] = [
    (BUCKET, {"policy": allowing(**EVERYBODY)}, "lets everybody dynamodb:GetItem"),
    (BUCKET, {"policy": allowing(Principal={"AWS": ["*"]})}, "lets everybody"),
    (BUCKET, {"policy": allowing(NotPrincipal={"AWS": "arn:aws:iam::1:root"})}, "lets everybody"),
    (BUCKET, {"policy": allowing(**EVERYBODY, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})}, ""),
    (BUCKET, {"policy": allowing(**EVERYBODY, Condition={"StringLike": {"aws:PrincipalOrgID": "*"}})}, "everybody"),
    (
        BUCKET,
        {"policy": allowing(**EVERYBODY, Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o"}})},
        "everybody",
    ),
    (BUCKET, {"policy": allowing(**EVERYBODY, Effect="Deny")}, ""),
    (BUCKET, {"policy": allowing(Principal={"AWS": "arn:aws:iam::1:role/r"})}, ""),
    (BUCKET, {"policy": UNKNOWN}, ""),
    ("aws:kms/key:Key", {"policy": allowing(**EVERYBODY)}, "everybody"),
    ("aws:kms/key:Key", {}, ""),
    (rules.PERMISSION, {"principal": "*"}, "lets everybody call the function"),
    (rules.PERMISSION, {"principal": "*", "principalOrgId": "o-1"}, ""),
    (rules.PERMISSION, {"principal": "*", "sourceAccount": UNKNOWN}, ""),
    (rules.PERMISSION, {"principal": "arn:aws:iam::1:role/r"}, ""),
    (rules.PERMISSION, {"principal": UNKNOWN}, ""),
    (GATEWAY, {"policy": allowing(**EVERYBODY)}, ""),
]


@pytest.mark.parametrize(("kind", "properties", "says"), RESOURCES)
def test_the_policy_of_a_resource_admits_named_principals(kind: str, properties: dict[str, Any], says: str) -> None:
    found = list(rules.closed_resource(kind, properties))
    assert len(found) == bool(says)
    assert all(says in violation for violation in found)


# Each row: a gateway's tags and exception level, and whether callers may not be told so much.
DEBUGGING: list[tuple[object, object, bool]] = [
    ({"environment": "production"}, "DEBUG", True),
    ({"environment": "Prod"}, "DEBUG", True),
    ({"environment": "production"}, None, False),
    ({"environment": "dev"}, "DEBUG", False),
    ({}, "DEBUG", False),
    (None, "DEBUG", False),
    (UNKNOWN, "DEBUG", False),
    ({"environment": UNKNOWN}, "DEBUG", False),
]


@pytest.mark.parametrize(("tags", "level", "is_violation"), DEBUGGING)
def test_a_gateway_in_production_explains_its_errors_to_nobody(tags: object, level: object, is_violation: bool) -> None:
    assert len(list(rules.no_debug({"tags": tags, "exceptionLevel": level}))) == is_violation


def trusting(principal: object = None, **fields: Any) -> str:
    trusted = principal or {"Service": SERVICE}
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole", **fields}]})


ACCOUNT = {"StringEquals": {"aws:SourceAccount": "1"}}
ARN = {"ArnLike": {"AWS:sourcearn": "arn:aws:bedrock-agentcore:r:1:gateway/g-??????????"}}

# Each row: a trust policy, and what its violation says; empty where there is none.
TRUST: list[tuple[object, str]] = [
    (trusting(Condition={**ACCOUNT, **ARN}), ""),
    (trusting(), "aws:SourceAccount, aws:SourceArn"),
    (trusting(Condition=ACCOUNT), "without a condition on aws:SourceArn"),
    (trusting(Condition=ARN), "without a condition on aws:SourceAccount"),
    (trusting({"Service": ["lambda.amazonaws.com", SERVICE]}), "without a condition"),
    (trusting({"Service": "lambda.amazonaws.com"}), ""),
    (trusting({"AWS": "arn:aws:iam::1:root"}), ""),
    (trusting("*", Condition={**ACCOUNT, **ARN}), "everybody"),
    (trusting({"AWS": ["*"]}), "everybody"),
    (trusting({"AWS": "arn:aws:iam::1:root"}, NotPrincipal={"AWS": "arn:aws:iam::2:root"}), "everybody"),
    (trusting(Effect="Deny"), ""),
    (trusting(Condition={**ARN, "StringLike": {"aws:SourceAccount": "*"}}), "without a condition on aws:SourceAccount"),
    (trusting(Condition={**ACCOUNT, "ArnLike": {"aws:SourceArn": "*"}}), "without a condition on aws:SourceArn"),
    (trusting(Condition={**ARN, "StringNotEquals": {"aws:SourceAccount": "1"}}), "on aws:SourceAccount"),
    (trusting(Condition={**ARN, "StringEquals": {"aws:SourceAccount": [UNKNOWN.value]}}), ""),
    (trusting({"Federated": "arn:aws:iam::1:oidc-provider/i"}), "compare its subject"),
    (trusting({"Federated": "i"}, Condition={"StringEquals": {"i:sub": "repo:a/b:environment:c"}}), ""),
    (trusting({"Federated": "i"}, Condition={"StringLike": {"i:sub": "repo:*"}}), "compare its subject"),
    (UNKNOWN, ""),
]


@pytest.mark.parametrize(("document", "says"), TRUST)
def test_agentcore_assumes_a_role_for_gateways_of_the_account_only(document: object, says: str) -> None:
    found = list(rules.conditioned_trust(document))
    assert len(found) == bool(says)
    assert all(says in violation for violation in found)


OWN, FOREIGN = "123456789012", "210987654321"
# Each row: a trust policy, and whether an account that is none of the stack's may assume the role.
FOREIGN_TRUST: list[tuple[object, bool]] = [
    (trusting({"AWS": f"arn:aws:iam::{OWN}:root"}), False),
    (trusting({"AWS": OWN}), False),
    (trusting({"AWS": FOREIGN}), True),
    (trusting({"AWS": [f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{FOREIGN}:role/r"]}), True),
    (trusting({"AWS": FOREIGN}, Condition={"StringEquals": {"sts:ExternalId": "x"}}), False),
    (trusting({"AWS": FOREIGN}, Condition={"StringLike": {"sts:ExternalId": "*"}}), True),
    (trusting(Condition={"StringEquals": {"aws:SourceAccount": FOREIGN}}), True),
    (trusting(Condition={"StringEquals": {"aws:SourceAccount": OWN}}), False),
    (trusting({"AWS": FOREIGN}, Effect="Deny"), False),
    (UNKNOWN, False),
]


@pytest.mark.parametrize(("document", "foreign"), FOREIGN_TRUST)
def test_a_role_is_assumed_from_the_stack_s_own_accounts(document: object, foreign: bool) -> None:
    found = list(rules.trust_within(document, {OWN}))
    assert len(found) == foreign
    assert all(FOREIGN in violation for violation in found)
    assert list(rules.trust_within(document, set())) == []


def test_the_accounts_of_a_stack_are_those_of_its_roles() -> None:
    roles = [
        (ROLE, {"arn": f"arn:aws:iam::{OWN}:role/r"}),
        (ROLE, {"arn": UNKNOWN}),
        (ROLE, {}),
        (GATEWAY, {"arn": "a"}),
    ]
    assert rules.accounts_of(roles) == {OWN}


# Each row: a stack's outputs, and the paths that hold a client secret in plain text.
OUTPUTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"clients": {"a": {"clientId": "id", "clientSecret": Secret("hush")}}}, []),
    ({"clients": Secret({"a": {"clientSecret": "hush"}})}, []),
    ({"clients": {"a": {"clientSecret": Secret(UNKNOWN)}}}, []),
    ({"clients": {"a": {"clientSecretArn": "arn:aws:secretsmanager:…"}}}, []),
    ({"clients": {"a": {"clientSecret": None}}}, []),
    ({"clients": {"a": {"clientSecret": "hush"}}}, ["clients.a.clientSecret"]),
    ({"clients": {"a": {"clientSecret": UNKNOWN}}}, ["clients.a.clientSecret"]),
    ({"clients": {"a": {"clientSecret": "other"}}}, ["clients.a.clientSecret"]),
    ({"command": ["curl", "hush"]}, ["command[1]"]),
    ({"SECRET": 5}, ["SECRET"]),
    ({}, []),
]


@pytest.mark.parametrize(("outputs", "paths"), OUTPUTS)
def test_a_client_secret_leaves_a_stack_encrypted(outputs: dict[str, Any], paths: list[str]) -> None:
    found = list(rules.secret_outputs(outputs, ["hush"]))
    assert [violation.split()[1] for violation in found] == paths
    assert not any("hush" in violation for violation in found)


def violations(recorder: Recorder, *, tutorial: bool = False) -> list[str]:
    found: list[str] = []
    for resource in recorder.resources:
        if resource.type == GATEWAY:
            found += [*rules.constraint(resource.inputs), *rules.no_debug(resource.inputs)]
        if resource.type == ROLE:
            found += rules.conditioned_trust(resource.inputs["assumeRolePolicy"])
        found += rules.closed_resource(resource.type, resource.inputs)
        for document in rules.documents(resource.type, resource.inputs) if not tutorial else ():
            found += [*rules.no_wildcards(document), *rules.no_policies_of_aws(resource.inputs)]
    return found


@pytest.mark.parametrize(
    ("configuration", "secrets"), [(COGNITO, {}), (AUTH0, AUTH0_SECRET), (OKTA, OKTA_SECRET)], ids=str
)
def test_what_the_program_deploys_breaks_no_rule(configuration: dict[str, Any], secrets: dict[str, str]) -> None:
    assert violations(deploy(configuration, secrets=secrets)) == []


def test_a_tutorial_stack_is_told_that_its_trust_has_no_conditions() -> None:
    (violation,) = violations(deploy({**COGNITO, "mode": "tutorial"}), tutorial=True)
    assert "without a condition on aws:SourceAccount, aws:SourceArn" in violation


def test_debugging_in_production_is_found_in_what_the_program_deploys() -> None:
    configuration = {
        **COGNITO,
        "gateway": {"name": "demo", "exceptionLevel": "DEBUG"},
        "tags": {"environment": "production"},
    }
    (violation,) = violations(deploy(configuration))
    assert "DEBUG" in violation


def test_the_types_that_the_rules_look_at_are_those_that_the_program_registers() -> None:
    registered = {resource.type for resource in deploy(COGNITO).resources}
    registered |= {resource.type for resource in deploy(AUTH0, secrets=AUTH0_SECRET).resources}
    registered |= {resource.type for resource in deploy(OKTA, secrets=OKTA_SECRET).resources}
    assert {GATEWAY, ROLE, *rules.CLIENTS} <= registered
    assert {"aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"} == registered & rules.DOCUMENTS.keys()


def test_the_pack_runs_in_the_projects_own_environment() -> None:
    described = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())
    assert (PACK / described["runtime"]["options"]["virtualenv"]).resolve() == PACK.parent / ".venv"
