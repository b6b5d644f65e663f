"""Deploying without the pulumi CLI: what programs register is there afterwards, what fails is said in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from sandbox.mock_engine import configuration, deploy
from sandbox.project import write_stack_file
from sandbox.services import OTHER_ACCOUNT, PASSPHRASE
from tests.secret_values import SALT, encrypt

pytestmark = pytest.mark.usefixtures("services")

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
FUNCTION = f"""
import pulumi
import pulumi_aws as aws

print("what a program prints is in nobody's way")
role = aws.iam.Role("mock-engine", assume_role_policy={TRUST!r})
function = aws.lambda_.Function(
    "mock-engine",
    role=role.arn,
    handler="index.handler",
    runtime="python3.13",
    code=pulumi.AssetArchive({{"index.py": pulumi.StringAsset("def handler(event, context): return 'hello'")}}),
)
deployer = aws.ProviderAssumeRoleArgs(role_arn="arn:aws:iam::{OTHER_ACCOUNT}:role/agentcore-deployer")
other = aws.Provider("other", region="us-west-2", assume_roles=[deployer])
config = pulumi.Config()
pulumi.export("function", function.name)
pulumi.export("roles", [role.name])
pulumi.export("account", aws.get_caller_identity_output().account_id)
pulumi.export("otherAccount", aws.get_caller_identity_output(opts=pulumi.InvokeOptions(provider=other)).account_id)
pulumi.export("key", config.require_secret("key"))
"""

# Each row: a program that cannot be deployed, and what is said of it.
FAILURES = [
    (
        'import pulumi\nraise pulumi.RunError("two targets have the same name")',
        r"two targets have the same name",
    ),
    (
        'import pulumi_aws as aws\naws.iam.RolePolicy("a", role="nobody", policy="{}")',
        r"aws:iam/rolePolicy:RolePolicy `a`: .*nobody.*",
    ),
    (
        'import pulumi\npulumi.CustomResource("gcp:storage/bucket:Bucket", "a", {})',
        r"gcp:storage/bucket:Bucket `a`: the sandbox has no provider gcp; it has aws, auth0, okta",
    ),
    (
        'import pulumi_aws as aws\naws.s3.Bucket("a")\naws.sqs.Queue("b")',
        r"aws:\w+/\w+:\w+ `[ab]`: the sandbox has no resource type .+",
    ),
    (
        "import pulumi_aws as aws\naws.get_regions()",
        r"aws:index/getRegions:getRegions: the sandbox has no function .+",
    ),
]


Program = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Writes a project with a program, whose stack `dev` has a region and a secret."""

    def written(source: str) -> Path:
        (tmp_path / "Pulumi.yaml").write_text("name: agentcore-auth\nruntime: python\n")
        (tmp_path / "__main__.py").write_text(source)
        write_stack_file(tmp_path, "dev", {}, secure={"key": encrypt("opens nothing")}, salt=SALT)
        return tmp_path

    return written


def test_creates_what_a_program_registers_and_gives_its_outputs(
    program: Program, aws: Callable[[str], Any], capfd: pytest.CaptureFixture[str]
) -> None:
    outputs, created = deploy(program(FUNCTION), "dev")
    assert capfd.readouterr().out == ""
    assert created == 4  # with the stack and the provider
    assert (outputs["account"], outputs["otherAccount"]) == ("123456789012", OTHER_ACCOUNT)
    assert outputs["key"] == "opens nothing"
    function = aws("lambda").get_function(FunctionName=outputs["function"])["Configuration"]
    assert function["Role"].endswith(f":role/{outputs['roles'][0]}")


@pytest.mark.parametrize(("source", "reason"), FAILURES)
def test_says_what_failed_in_one_sentence(program: Program, source: str, reason: str) -> None:
    with pytest.raises(pulumi.RunError, match=f"^{reason}$"):
        deploy(program(source), "dev")


def test_a_defect_of_the_program_stays_what_it_is(program: Program) -> None:
    with pytest.raises(ZeroDivisionError):
        deploy(program("1 / 0"), "dev")


@pytest.mark.parametrize(
    ("value", "text", "is_secret"),
    [
        ("text", "text", False),
        (True, "true", False),
        (7, "7", False),
        ({"name": "demo", "tags": ["a"]}, '{"name": "demo", "tags": ["a"]}', False),
        ({"secure": encrypt("opens nothing")}, "opens nothing", True),
    ],
)
def test_gives_a_program_its_configuration_as_text(
    value: Any, text: str, is_secret: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    stack_file = tmp_path / "Pulumi.dev.yaml"
    stack_file.write_text(json.dumps({"encryptionsalt": SALT, "config": {"own": value, "aws:region": "us-west-2"}}))
    expected = {"agentcore-auth:own": text, "aws:region": "us-west-2"}
    assert configuration(stack_file) == (expected, ["agentcore-auth:own"] if is_secret else [])
