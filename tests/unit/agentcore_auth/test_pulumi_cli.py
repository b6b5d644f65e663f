"""The pulumi CLI on PATH is asked for a stack's outputs; what it complains of becomes one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentcore_auth.outputs import OutputsError
from agentcore_auth.pulumi_cli import read_outputs
from tests.unit.token_command import Command


def test_without_the_cli_there_is_one_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    answer = Command(monkeypatch)("verify", "--stack", "dev")
    hint = "pulumi is not on PATH (make -s pulumi says where it is): put it there, or name a file with --outputs"
    assert (answer.code, answer.err) == (3, f"verify: {hint}\n")


def test_a_stack_that_is_not_there_is_one_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(tmp_path, monkeypatch, "echo \"error: no stack named 'dev' found\" >&2; exit 255")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}")
    answer = Command(monkeypatch)("get", "--stack", "dev")
    says = "pulumi says: error: no stack named 'dev' found (deploy it: make up STACK=dev)"
    assert (answer.code, answer.err) == (3, f"get: stack dev: {says}\n")


def test_a_stack_without_a_file_is_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(tmp_path, monkeypatch, "echo \"error: no stack named 'nope' found\" >&2; exit 255")
    answer = Command(monkeypatch)("get", "--stack", "nope")
    assert (answer.code, answer.err) == (2, "get: there is no Pulumi.nope.yaml\n")


def test_the_stack_file_is_found_from_a_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = {"url": "u", "mcpUrl": "m", "authorizer": {}}
    answering(tmp_path, monkeypatch, f"echo '{json.dumps({'gateways': {'auth0': gateway, 'okta': gateway}})}'")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  agentcore-auth:identityProviders: [okta, auth0]\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert list(read_outputs("dev").gateways) == ["okta", "auth0"]


def answering(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `pulumi` on PATH that does what the script says, and a project to run it in."""
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    (folder / "Pulumi.yaml").write_text("name: agentcore-auth\nruntime: python\n")
    monkeypatch.chdir(folder)


def test_the_stack_file_gives_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = {"url": "u", "mcpUrl": "m", "authorizer": {}}
    printed = json.dumps({"gateways": {"auth0": gateway, "cognito": gateway, "okta": gateway}})
    answering(tmp_path, monkeypatch, f"echo '{printed}'")
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config:\n  agentcore-auth:identityProviders:\n    - okta\n    - cognito\n    - auth0\n")
    assert list(read_outputs("dev").gateways) == ["okta", "cognito", "auth0"]
    for unreadable in ("config: [", "config: {}", "[]"):
        file.write_text(unreadable)
        assert list(read_outputs("dev").gateways) == ["auth0", "cognito", "okta"]


def test_a_stack_without_a_file_is_named_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(tmp_path, monkeypatch, "echo \"error: no stack named 'nope' found\" >&2; exit 255")
    with pytest.raises(OutputsError, match=r"there is no Pulumi\.nope\.yaml"):
        read_outputs("nope")
    (tmp_path / "Pulumi.nope.yaml").write_text("config: {}")
    with pytest.raises(OutputsError, match="make up STACK=nope"):
        read_outputs("nope")


def test_a_traceback_is_not_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("Traceback (most recent call last):", '  File "x.py", line 1, in f', "ValueError: too much", "")
    answering(tmp_path, monkeypatch, f"printf '%s\\n' {' '.join(repr(line) for line in lines)} >&2; exit 1")
    with pytest.raises(OutputsError) as failed:
        read_outputs("dev")
    assert str(failed.value) == "stack dev: pulumi says: ValueError: too much"


def test_the_pulumi_cli_is_asked_for_the_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pulumi"
    program.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/asked\necho \'{{"gateways": {{}}}}\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert read_outputs("dev").stack == "dev"
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:2] == ["stack", "output"]
    assert {"--json", "--show-secrets", "--non-interactive"} <= set(asked)
    assert asked[-2:] == ["--stack", "dev"]


def test_what_the_pulumi_cli_complains_of_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\necho 'error: no stack named dev found' >&2\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(OutputsError, match="pulumi says: error: no stack named dev found") as failed:
        read_outputs("dev")
    assert failed.value.reached is False
