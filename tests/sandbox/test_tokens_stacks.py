"""Stacks of the sandbox as `agentcore-auth` finds them: deployed or not, running or not, reached or not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.services import Services
from tests.sandbox.conftest import Deploy
from tests.sandbox.test_tokens_troubleshooting import copy_stack_file
from tests.unit.token_command import Command

COGNITO: Mapping[str, Any] = {
    "identityProviders": ["cognito"],
    "targets": [{"name": "sample", "type": "sample"}],
}


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command on a machine without the pulumi CLI."""
    monkeypatch.setenv("PATH", "/nowhere")
    return Command(monkeypatch)


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_FOLDER", str(tmp_path / "stopped"))


@pytest.fixture
def running(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_FOLDER", str(services.folder))


@pytest.mark.usefixtures("running")
def test_a_stack_that_is_not_deployed_on_the_running_sandbox(tokens: Command) -> None:
    answer = tokens("verify", "--stack", "dev")
    assert answer.code == 3
    assert answer.err == "verify: stack dev is not deployed: python -m sandbox up --stack dev\n"


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize(
    ("stack", "code", "says"),
    [
        ("dev", 3, "stack dev: pulumi is not on PATH: make install-pulumi"),
        ("sandbox", 3, "stack sandbox is not deployed: python -m sandbox up --stack sandbox"),
    ],
)
def test_without_a_running_sandbox_there_is_one_hint(tokens: Command, stack: str, code: int, says: str) -> None:
    answer = tokens("verify", "--stack", stack)
    assert (answer.code, answer.err) == (code, f"verify: {says}\n")


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_stack_without_a_file(tokens: Command, request: pytest.FixtureRequest, state: str) -> None:
    request.getfixturevalue(state)
    answer = tokens("get", "--stack", "nope")
    assert (answer.code, answer.err) == (2, "get: there is no Pulumi.nope.yaml\n")


@pytest.mark.usefixtures("running")
def test_outside_of_the_sandbox_its_stacks_need_exec(
    deploy: Deploy, services: Services, tokens: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    deployment = deploy(COGNITO)
    copy_stack_file(deployment, services)
    name, token = deployment.stack.name, deployment.token("cognito")
    assert tokens("verify", "--stack", name).code == 0
    for variable in ("HTTPS_PROXY", "https_proxy", "PULUMI_DEBUG_PROVIDERS"):
        monkeypatch.delenv(variable)
    commands = {"get": ("get",), "check": ("check",), "verify": ("verify", "--wait", "60")}
    for command, arguments in commands.items():
        began = time.monotonic()
        answer = tokens(*arguments, "--stack", name, stdin=token)
        assert (answer.code, answer.out) == (3, "")
        assert answer.err.splitlines()[1:] == [
            f"remedy: run it with: python -m sandbox exec -- agentcore-auth {command} …"
        ]
        assert "401" not in answer.err
        assert time.monotonic() - began < 30
    assert tokens("env", "--stack", name, "--file", str(tmp_path / ".env")).code == 0
