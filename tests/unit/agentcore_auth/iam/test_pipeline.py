"""The roles of the workflows: who may assume them, and that a preview can look and not touch."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agentcore_auth import iam
from agentcore_auth.iam.deployment import execution_role
from agentcore_auth.iam.pipeline import (
    State,
    deployment_subjects,
    preview_subjects,
    read_only,
    role_documents,
    state_statements,
    trust,
)
from configuration.policies import PROJECT, expected_scope, main
from sandbox.aws.policies import Request, evaluate
from tests.unit.policy_table import faults

HERE = expected_scope("us-west-2", "123456789012")
KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
STATE = State("agentcore-auth", "dev", "acme-state", KEY)
STACK_FILES = sorted(PROJECT.glob("examples/Pulumi.*.yaml"))


def roles(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, list[dict[str, Any]]]:
    """Title -> statements, as the command prints them for a stack file."""
    arguments = ["--file", str(path), "--pipeline", "acme/gateways", "--account", HERE.account]
    state = ["--state-bucket", str(STATE.bucket), "--state-key", str(STATE.key_arn)]
    assert main([*arguments, *state]) == 0
    found: dict[str, list[dict[str, Any]]] = {}
    # A second line with a number sign says where a document outgrows a managed policy.
    for part in re.split(r"^# (?=Preview|Deploy)", capsys.readouterr().out, flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        found[title] = json.loads(rest[rest.index("{") :])["Statement"]
    return found


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.stem)
def test_no_statement_of_the_roles_is_wider_than_it_has_to_be(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for title, statements in roles(path, capsys).items():
        if "who may assume" not in title:
            assert faults(statements) == [], title
            sids = [statement["Sid"] for statement in statements]
            assert len(set(sids)) == len(sids), title


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.stem)
def test_the_preview_role_looks_and_does_not_touch(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reading = roles(path, capsys)["Preview role: what it may do"]
    actions = {action for statement in reading for action in statement["Action"]}
    verbs = {action.partition(":")[2] for action in actions - {"s3:GetObject", "kms:Decrypt"}}
    assert all(verb.startswith(("Get", "List", "Describe")) for verb in verbs)
    assert "secretsmanager:GetSecretValue" not in actions
    objects = {arn for each in reading if "s3:GetObject" in each["Action"] for arn in each["Resource"]}
    assert all(arn.startswith("arn:aws:s3:::acme-state/.pulumi/") for arn in objects)


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.stem)
def test_what_a_preview_may_read_a_deployment_may_as_well(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = roles(path, capsys)
    reading, deploying = (
        {
            (action, resource)
            for statement in found[title]
            for action in statement["Action"]
            for resource in statement["Resource"]
        }
        for title in ("Preview role: what it may do", "Deploy role: what it may do")
    )
    assert reading < deploying


def test_a_pull_request_cannot_assume_the_deploy_role(capsys: pytest.CaptureFixture[str]) -> None:
    found = roles(PROJECT / "examples" / "Pulumi.production.yaml", capsys)
    subject = "token.actions.githubusercontent.com:sub"
    preview, deploy = (
        found[f"{role} role: who may assume it"][0]["Condition"]["StringEquals"][subject]
        for role in ("Preview", "Deploy")
    )
    assert preview == ["repo:acme/gateways:pull_request", "repo:acme/gateways:ref:refs/heads/main"]
    assert deploy == ["repo:acme/gateways:environment:production"]


def test_subjects_with_ids_are_trusted_as_github_writes_them() -> None:
    both = ["acme@17/gateways@42", "acme/gateways"]
    assert deployment_subjects(both, "dev") == [
        "repo:acme@17/gateways@42:environment:dev",
        "repo:acme/gateways:environment:dev",
    ]
    assert preview_subjects(both[:1], "main") == [
        "repo:acme@17/gateways@42:pull_request",
        "repo:acme@17/gateways@42:ref:refs/heads/main",
    ]


# Each row: an object of the bucket as Pulumi names it (pkg/backend/diy), and whether it is stack dev's.
OBJECTS = [
    ("stacks/agentcore-auth/dev.json", True),
    ("stacks/agentcore-auth/dev.json.bak", True),
    ("stacks/agentcore-auth/dev.json.gz", True),
    ("stacks/agentcore-auth/dev.pulumi-tags", True),
    ("history/agentcore-auth/dev/dev-1.history.json", True),
    ("backups/agentcore-auth/dev/dev.1.json", True),
    ("locks/organization/agentcore-auth/dev/abc.json", True),
    ("stacks/agentcore-auth/production.json", False),
    ("stacks/agentcore-auth/dev2.json", False),
    ("history/agentcore-auth/dev2/dev2-1.checkpoint.json", False),
    ("backups/agentcore-auth/production/production.1.json", False),
    ("locks/organization/agentcore-auth/production/abc.json", False),
    ("stacks/other/dev.json", False),
]


@pytest.mark.parametrize(("key", "own"), OBJECTS)
@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_the_state_of_a_stack_is_open_to_its_own_role_only(key: str, own: bool, action: str) -> None:
    policy = iam.document(state_statements(HERE, STATE, writes=True))
    request = Request(action, f"arn:aws:s3:::acme-state/.pulumi/{key}")
    assert (evaluate([policy], request) == "allow") == own


BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
WIDENING = {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}


@pytest.mark.parametrize("action", sorted({*WIDENING, "iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy"}))
@pytest.mark.parametrize("boundary", [None, BOUNDARY, f"{BOUNDARY}-of-another-name"])
def test_who_deploys_gives_the_execution_role_nothing_past_its_boundary(action: str, boundary: str | None) -> None:
    role = "arn:aws:iam::123456789012:role/tools-gateway"
    policy = iam.document(execution_role(role, BOUNDARY))
    request = Request(action, role, context={"iam:PermissionsBoundary": boundary} if boundary else {})
    assert (evaluate([policy], request) == "allow") == (action in WIDENING and boundary == BOUNDARY)


def test_trust_compares_audience_and_subject_literally() -> None:
    (statement,) = trust(HERE, preview_subjects(["acme/gateways"], "main"))["Statement"]
    assert set(statement["Condition"]) == {"StringEquals"}
    assert statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    assert statement["Principal"] == {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }


def test_without_a_self_managed_backend_there_is_nothing_about_state() -> None:
    deployment = iam.document([iam.allow("Look", ["iam:GetRole"], ["arn:aws:iam::123456789012:role/r"])])
    found = role_documents(HERE, deployment, State("p", "dev"), repositories=["a/b"], branch="main")
    assert found["Deploy role: what it may do"] == deployment


def test_a_statement_that_only_writes_is_left_out_of_the_preview_role() -> None:
    writing = iam.allow("Write", ["iam:PassRole", "iam:CreateRole"], ["arn:aws:iam::123456789012:role/r"])
    assert read_only(iam.document([writing])) == iam.document([])


@pytest.mark.parametrize(
    "repository",
    [
        "gateways",
        "acme/*",
        "acme/gate ways",
        "https://github.com/acme/gateways",
        "acme@1/gateways",
        "acme@*/gateways@*",
    ],
)
def test_a_repository_is_named_in_full(repository: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--stack", "dev", "--pipeline", repository, "--account", HERE.account])
    assert "is not OWNER/NAME" in capsys.readouterr().err


def test_the_roles_of_the_workflows_need_the_account(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--stack", "dev", "--pipeline", "acme/gateways"])
    assert "--pipeline needs --account" in capsys.readouterr().err


def test_a_stack_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stack", "none", "--pipeline", "a/b", "--account", HERE.account]) == 1
    assert "there is no Pulumi.none.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--account", "*", "is no account id"),
        ("--account", "١٢٣٤٥٦٧٨٩٠١٢", "is no account id"),
        ("--state-bucket", "*", "is no bucket's name"),
        ("--state-bucket", "acme-*", "is no bucket's name"),
        ("--state-bucket", "s3://acme-state", "is no bucket's name"),
        ("--state-key", "*", "is no KMS key's ARN"),
        ("--state-key", "arn:aws:kms:us-west-2:123456789012:key/*", "is no KMS key's ARN"),
        ("--state-key", "arn:aws:kms:us-west-2:123456789012:alias/state", "is no KMS key's ARN"),
    ],
)
def test_a_wildcard_in_an_argument_is_refused(
    option: str, value: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--stack", "dev", "--pipeline", "acme/gateways", "--account", HERE.account, option, value])
    assert says in capsys.readouterr().err
