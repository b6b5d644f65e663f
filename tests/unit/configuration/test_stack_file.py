"""A stack file read without Pulumi."""

from __future__ import annotations

from pathlib import Path

from configuration.stack_file import read_stack_file


def test_keys_without_a_namespace_are_the_projects_as_pulumi_has_it(tmp_path: Path) -> None:
    stack_file = tmp_path / "Pulumi.x.yaml"
    stack_file.write_text("config:\n  aws:region: us-west-2\n  gateway: {name: a}\n")
    assert read_stack_file(stack_file)[0] == {"aws:region": "us-west-2", "agentcore-auth:gateway": '{"name": "a"}'}


def test_a_secret_is_known_to_be_there_and_stays_encrypted(tmp_path: Path) -> None:
    stack_file = tmp_path / "Pulumi.x.yaml"
    stack_file.write_text(
        "config:\n  agentcore-auth:key: {secure: v1:abc}\n  agentcore-auth:targets: [{secretRef: more}]\n"
    )
    flat, secret = read_stack_file(stack_file)
    assert secret == {"agentcore-auth:key", "agentcore-auth:more"}
    assert {flat[key] for key in secret} == {"<secret>"}
