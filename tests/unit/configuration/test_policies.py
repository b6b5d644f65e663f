"""The documents of every example stack: checked against AWS's reference, and the same as the program deploys."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from configuration import policies
from configuration.policies import PROJECT, documents, expected_scope
from configuration.stack_file import read_stack_file
from settings import Settings, load
from tests.unit.policy_table import faults
from tests.unit.pulumi_mocks import ACCOUNT, deploy

OWN = ("dev", "sandbox")
STACK_FILES = sorted([*PROJECT.glob("examples/Pulumi.*.yaml"), *(PROJECT / f"Pulumi.{name}.yaml" for name in OWN)])
TOKENS = {"AUTH0_API_TOKEN": "t", "OKTA_API_TOKEN": "t"}


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def settings_of(path: Path) -> Settings:
    flat, secret = read_stack_file(path)
    return load(flat, secret_keys=secret, environment=TOKENS, project=PROJECT)


def documents_of(path: Path) -> dict[str, Any]:
    settings = settings_of(path)
    return documents(settings, expected_scope(settings.region, ACCOUNT))


def is_trust(document: dict[str, Any]) -> bool:
    return any("Principal" in statement for statement in document["Statement"])


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.stem)
def test_no_statement_of_a_stack_is_wider_than_it_has_to_be(path: Path) -> None:
    found = documents_of(path)
    if settings_of(path).mode == "tutorial":
        # The tutorial's own caller policy is as wide as it is; nothing else of that stack may be.
        del found["Caller policy: administer and call the gateways"]
    for title, document in found.items():
        sids = [statement.get("Sid") for statement in document["Statement"]]
        assert len(set(sids)) == len(sids), title
        assert is_trust(document) or faults(document["Statement"]) == [], title


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.stem)
def test_what_is_printed_is_what_is_deployed(path: Path) -> None:
    settings, printed = settings_of(path), documents_of(path)
    keys = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    flat, secret = read_stack_file(path)
    recorder = deploy(
        keys, secrets=dict.fromkeys(secret & flat.keys(), "s") | {"auth0:apiToken": "t", "okta:apiToken": "t"}
    )
    name = settings.gateway.name
    role = next(each.inputs for each in recorder.all(":Role") if each.name == name)
    arn = f"arn:aws:iam::{ACCOUNT}:role{role['path']}{role['name']}"
    assert json.loads(role["assumeRolePolicy"]) == printed[f"Execution role {role['name']}: who may assume it"]
    deployed = [each.inputs["policy"] for each in recorder.all(":RolePolicy") if each.name == name]
    sids = [statement["Sid"] for text in deployed for statement in json.loads(text)["Statement"]]
    assert sids == [each["Sid"] for each in printed[f"Execution role {role['name']}: what it may do"]["Statement"]]
    (caller,) = (each.inputs["policy"] for each in recorder.all(":Policy"))
    expected = json.dumps(printed["Caller policy: administer and call the gateways"], sort_keys=True)
    for made, said in zip(
        json.loads(caller)["Statement"],
        json.loads(expected.replace(arn, f"arn:aws:iam::{ACCOUNT}:role/{name}"))["Statement"],
        strict=True,
    ):
        # Of what only the deployment names, there is as much.
        assigned = "<assigned>" in json.dumps(said)
        counts = {key: len(value) for key, value in (made | said).items()}
        assert counts == {key: len(value) for key, value in said.items()} if assigned else made == said


def test_the_command_prints_every_document_without_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert policies.main(["--file", str(PROJECT / "examples" / "Pulumi.several.yaml")]) == 0
    printed = capsys.readouterr().out
    titles = [line for line in printed.splitlines() if line.startswith("# ")]
    assert len(titles) >= 5
    assert "arn:aws:bedrock-agentcore:us-west-2:<account>:gateway/orders-okta-??????????" in printed
    assert "arn:aws:lambda:us-west-2:210987654321:function:billing" in printed


def test_the_account_can_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert policies.main(["--stack", "dev", "--account", ACCOUNT]) == 0
    printed = capsys.readouterr().out
    assert "<account>" not in printed
    assert f"arn:aws:iam::{ACCOUNT}:role/agentcore-dev-gateway" in printed


def test_an_own_function_is_no_other_account_s() -> None:
    titles = documents_of(PROJECT / "examples" / "Pulumi.several.yaml")
    (title,) = (title for title in titles if title.startswith("Function "))
    assert title.startswith("Function arn:aws:lambda:us-west-2:210987654321:function:billing: its own policy")


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-west-2", "aws"), ("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_a_region_is_in_its_partition(region: str, partition: str) -> None:
    assert expected_scope(region).partition == partition


def test_a_stack_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert policies.main(["--stack", "nowhere"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("there is no Pulumi.nowhere.yaml in ")
    assert told.endswith("or begin with cp examples/Pulumi.cognito.yaml Pulumi.nowhere.yaml\n")


def test_mistakes_in_the_stack_file_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack_file = tmp_path / "Pulumi.x.yaml"
    stack_file.write_text("config:\n  aws:region: us-west-2\n  agentcore-auth:gatway: {name: a}\n")
    assert policies.main(["--file", str(stack_file)]) == 1
    assert "did you mean gateway?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config: [1]", "config: has to hold the stack's keys by their names"),
        ("- 1", "has to hold the stack's keys by their names"),
        ("config: {aws:region: 2020-01-01}", "cannot be read as a stack file"),
        ("[" * 3000, "Pulumi.x.yaml"),
        ("a: &a [*a]\nconfig: {a: *a}", "Pulumi.x.yaml"),
        ("\ud800", "no text in UTF-8"),
        ("config: abc", "config: has to hold the stack's keys by their names"),
        ("config: {null: 1, aws:region: us-west-2}", "None: there is no such key"),
        ("config: {gateway: {name: a, null: 1}}", "gateway.null: there is no such key"),
        ("config: {mode: pinned, mode: tutorial}", "the key 'mode' stands twice"),
        ("a: {b: 1, c: 2, b: 3}\nconfig: {}", "the key 'b' stands twice"),
        ('config: {"mo\\e[31mde": 1}', "mo\\x1b[31mde: there is no such key"),
        ('config: {"agentcore-auth:::add-mask::x": 1}', "  : :add-mask::x: there is no such key"),
        ("config: {\0: 1}", "Pulumi.x.yaml"),
        (
            "a: &a [1, 1]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise(_LETTERS)),
            "aliases",
        ),
        ("config:\n" + "".join(f"  key{number}: 1\n" for number in range(10_000)), "more"),
        ("config:\n  targets: [" + "{}, " * 10_000 + "]", "more"),
        (" " * 2_000_000, "is longer than"),
    ],
)
def test_what_is_no_stack_file_is_told_in_a_sentence(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack_file = tmp_path / "Pulumi.x.yaml"
    stack_file.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert policies.main(["--file", str(stack_file)]) == 1
    told = capsys.readouterr().err
    assert says in told
    assert len(told.splitlines()) < 60


def test_a_folder_is_no_stack_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert policies.main(["--file", str(tmp_path)]) == 1
    assert "cannot be read: Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("account", ["12", "12345678901x", "*"])
def test_an_account_has_twelve_digits(account: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        policies.main(["--stack", "dev", "--account", account])
    assert "is no account id: 12 digits" in capsys.readouterr().err


def test_a_document_that_outgrows_a_managed_policy_is_marked() -> None:
    small = {"Version": "2012-10-17", "Statement": [{"Sid": "A"}]}
    large = {"Version": "2012-10-17", "Statement": [{"Sid": "A" * 6200}]}
    text = policies.render({"Small": small, "Large": large})
    assert text.startswith("# Small\n{")
    assert "# Large\n# 6,249 characters; a managed policy holds 6,144: split it\n{" in text


def test_an_existing_role_is_not_managed_and_its_owner_gets_patterns_for_what_is_to_come(tmp_path: Path) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/agents/gateways"
    stack_file = tmp_path / "Pulumi.x.yaml"
    stack_file.write_text(
        (PROJECT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
        + f"  agentcore-auth:executionRole: {{arn: '{role}'}}\n"
    )
    found = documents_of(stack_file)
    assert "<assigned>" not in json.dumps(found["Execution role gateways: what it may do"])
    assert "Execution role gateways: who may assume it" in found
    sids = {each["Sid"]: each for each in found["Whoever deploys the stack"]["Statement"]}
    assert "ManageExecutionRole" not in sids
    assert sids["PassExecutionRole"]["Resource"] == [role]
