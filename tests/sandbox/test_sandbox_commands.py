"""The command line, as a person uses it: up, preview, outputs, exec, destroy and down, in processes of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.project import copy
from sandbox.services import PROJECT

_NEXT = "\n  Next: python -m sandbox exec -- agentcore-auth verify --stack dev\n"


class Sandbox:
    """Runs commands on a sandbox of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.begin(*arguments, **environment)
        output, errors = process.communicate(timeout=600)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def begin(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Run a command in a process group of its own, as a terminal's shell does."""
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=PROJECT,
            env={**os.environ, "SANDBOX_FOLDER": str(self.folder), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "sandbox")


def test_deploys_shows_and_deletes_a_stack(sandbox: Sandbox) -> None:
    stack_file = PROJECT / "Pulumi.dev.yaml"
    before = stack_file.read_text()
    try:
        deployed = sandbox("up", "--stack", "dev")
        assert deployed.returncode == 0, deployed.stderr
        assert re.search(r"^  \+ aws bedrock AgentcoreGateway +agentcore-dev-cognito$", deployed.stdout, re.MULTILINE)
        assert "clientSecret: [secret]" in deployed.stdout
        assert deployed.stdout.endswith(_NEXT)

        again = sandbox("up", "--stack", "dev")
        assert re.fullmatch(rf"\n  dev: \d+ unchanged\n{re.escape(_NEXT)}", again.stdout)

        unchanged = sandbox("preview", "--stack", "dev")
        assert (unchanged.returncode, unchanged.stdout.split(": ")[1].split()[1]) == (0, "unchanged")

        printed = sandbox("outputs", "--stack", "dev").stdout
        shown = json.loads(printed)
        assert json.dumps(shown, indent=2, sort_keys=True) == printed.rstrip()
        plain = json.loads(sandbox("outputs", "--stack", "dev", "--show-secrets").stdout)
        clients = [outputs["identityProviders"]["cognito"]["clients"]["default"] for outputs in (shown, plain)]
        assert clients[0]["clientSecret"] == "[secret]" != clients[1]["clientSecret"]
        assert clients[0]["clientId"] == clients[1]["clientId"]

        script = "import os, pathlib; pathlib.Path('Pulumi.dev.yaml').write_text(''); print(os.environ['AUTH0_DOMAIN'])"
        executed = sandbox("exec", "--", sys.executable, "-c", script)
        assert (executed.returncode, executed.stdout) == (0, "sandbox-tenant.us.auth0.com\n")
        assert stack_file.read_text() == before

        destroyed = sandbox("destroy", "--stack", "dev")
        assert destroyed.returncode == 0, destroyed.stderr
        assert destroyed.stdout.rstrip().endswith("deleted")
    finally:
        ended = sandbox("down")
    assert (ended.returncode, ended.stdout) == (0, "  the sandbox is ended\n")


def test_a_reader_that_leaves_and_an_interruption_leave_a_stack_that_the_next_up_completes(sandbox: Sandbox) -> None:
    try:
        interrupted = sandbox.begin("up", "--stack", "dev")
        assert interrupted.stdout
        assert interrupted.stdout.readline().startswith("  + ")
        os.killpg(interrupted.pid, signal.SIGINT)
        _, errors = interrupted.communicate(timeout=600)
        assert interrupted.returncode == 130
        assert errors == (
            "sandbox: interrupted; what was created is in the state; the sandbox is still running: "
            "python -m sandbox down\n"
        )

        unread = sandbox.begin("up", "--stack", "dev")
        assert unread.stdout
        assert unread.stderr
        unread.stdout.readline()
        unread.stdout.close()
        assert (unread.wait(600), unread.stderr.read()) == (0, "")
        unread.stderr.close()

        assert sandbox("preview", "--stack", "dev").stdout.endswith("unchanged\n")
    finally:
        sandbox("down")


def test_two_commands_at_once_start_one_sandbox_and_share_its_copy_of_the_project(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    code = (
        "import os, pathlib, shutil, sys; pathlib.Path(sys.argv[1]).touch(); "
        "print(shutil.which('python'), *map(os.environ.get, ('XDG_CACHE_HOME', 'UV_CACHE_DIR', 'HTTPS_PROXY')))"
    )
    run = ("exec", "--", "python", "-c", code)
    caches = {"XDG_CACHE_HOME": str(tmp_path), "UV_CACHE_DIR": ""}
    try:
        both = [sandbox.begin(*run, name, **caches) for name in ("one.txt", "two.txt")]
        answers = [process.communicate(timeout=600) for process in both]
        assert [process.returncode for process in both] == [0, 0], answers
        assert len({output for output, _ in answers}) == 1
        python, cache, packages, _ = answers[0][0].split()
        assert (python, cache) == (str(Path(sys.executable).parent / "python"), str(sandbox.folder / "cache"))
        assert packages == str(tmp_path / "uv")
        started = "sandbox: started; it is left running until `python -m sandbox down`\n"
        assert sorted(errors for _, errors in answers) == ["", started]
        copy = sandbox.folder / "project"
        assert {"one.txt", "two.txt"} <= {entry.name for entry in copy.iterdir()}
    finally:
        sandbox("down")
    assert not copy.exists()


def test_a_command_decides_itself_what_an_interruption_does(sandbox: Sandbox) -> None:
    waits = "import sys, time\ntry: print('ready', flush=True); time.sleep(3600)\nexcept KeyboardInterrupt: sys.exit(7)"
    try:
        executed = sandbox.begin("exec", "--", "python", "-c", waits)
        assert executed.stdout
        assert executed.stdout.readline() == "ready\n"
        os.killpg(executed.pid, signal.SIGINT)
        executed.communicate(timeout=600)
        assert executed.returncode == 7
    finally:
        sandbox("down")


def test_a_python_without_the_packages_is_told_where_they_are(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "sandbox", "up"],
        cwd=PROJECT,
        env={"SANDBOX_FOLDER": str(tmp_path / "sandbox")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    message = "sandbox: this Python has not the project's packages: make setup, then . .venv/bin/activate\n"
    assert (done.returncode, done.stderr) == (1, message)


def test_the_cli_finds_a_stack_unchanged_that_was_deployed_here(sandbox: Sandbox) -> None:
    try:
        assert sandbox("up", "--stack", "dev").returncode == 0
        command = ("pulumi", "preview", "--stack", "dev", "--non-interactive", "--expect-no-changes")
        previewed = sandbox("exec", "--", *command)
        assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    finally:
        sandbox("down")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("destroy",), "sandbox: the sandbox is not running: start it with `python -m sandbox up`\n"),
        (("outputs",), "sandbox: the sandbox is not running: start it with `python -m sandbox up`\n"),
        *(
            ((command, "--stack", "nope"), "sandbox: there is no Pulumi.nope.yaml\n")
            for command in ("up", "preview", "destroy", "outputs")
        ),
        (("exec",), "sandbox: give a command: python -m sandbox exec -- COMMAND\n"),
        (("exec", "--real-plugins", "aws", "--", "true"), "sandbox: --real-plugins: aws is none of auth0, okta\n"),
    ],
)
def test_says_in_a_line_what_is_wrong(sandbox: Sandbox, arguments: tuple[str, ...], message: str) -> None:
    done = sandbox(*arguments)
    assert (done.returncode, done.stderr) == (1, message)


@pytest.mark.parametrize(
    "command", [("down",), ("exec", "--", "true"), ("up", "--stack", "dev"), ("outputs", "--stack", "dev")]
)
def test_names_a_folder_that_cannot_be_used(tmp_path: Path, command: tuple[str, ...]) -> None:
    sandbox = Sandbox(tmp_path / ("long" * 100))
    done = sandbox(*command)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"sandbox: /\S+long\b.*: File name too long(; SANDBOX_FOLDER names another)?\n", done.stderr)


def test_a_stack_file_or_a_state_that_is_none_ends_in_one_message(sandbox: Sandbox, tmp_path: Path) -> None:
    project = copy(PROJECT, tmp_path / "project")
    file = project / "Pulumi.dev.yaml"
    whole = file.read_text()
    key = '  "agentcore-auth:a\\n::error::b": 1\n'
    stack_files = {
        "config: abc\n": "Pulumi.dev.yaml: invalid YAML file: ",
        whole + key: "Pulumi.dev.yaml: invalid YAML file: ",
        whole + "".join(f"  agentcore-auth:key{n}: 1\n" for n in range(10_000)): (
            "The stack's configuration has 10000 mistakes; nothing was changed:"
        ),
    }
    try:
        sandbox("exec", "--", "true")
        for text, message in stack_files.items():
            file.write_text(text)
            told = sandbox("preview", "--project", str(project), "--stack", "dev")
            assert (told.returncode, told.stdout) == (1, "")
            assert told.stderr.startswith(f"sandbox: {message}")
            assert len(told.stderr.splitlines()) < 60
            assert "\n::" not in told.stderr
        file.write_text(whole)
        [state] = (sandbox.folder / "backend").rglob("stacks/*/dev.json")
        state.write_text("garbage {")
        told = sandbox("preview", "--project", str(project), "--stack", "dev")
        assert (told.returncode, len(told.stderr.splitlines())) == (1, 1)
        assert told.stderr.startswith("sandbox: the state of dev cannot be read (python -m sandbox down forgets it): ")
        asked = sandbox("exec", "--project", str(project), "--", "agentcore-auth", "verify", "--stack", "dev")
        assert (asked.returncode, asked.stdout, len(asked.stderr.splitlines())) == (3, "", 1)
        assert asked.stderr.startswith("verify: stack dev: pulumi says: error: failed to load checkpoint: ")
    finally:
        sandbox("down")


def test_ends_what_is_not_running_without_complaint(sandbox: Sandbox) -> None:
    done = sandbox("down")
    assert (done.returncode, done.stdout) == (0, "  the sandbox was not running\n")


def test_previews_without_leaving_anything_running(sandbox: Sandbox) -> None:
    previewed = sandbox("preview", "--stack", "dev")
    assert previewed.returncode == 0, previewed.stderr
    assert previewed.stdout.rstrip().endswith("to create")
    digest = json.loads(sandbox("preview", "--stack", "dev", "--json").stdout)
    assert digest["changeSummary"] == {"create": len(digest["steps"])}
    assert sandbox("outputs", "--stack", "dev").returncode == 1


def test_says_what_to_do_where_there_is_no_cli_before_anything_is_started(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox("up", "--stack", "dev", PATH="/nowhere", XDG_CACHE_HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "sandbox: pulumi is not on PATH: make pulumi\n"
    assert not sandbox.folder.exists()


def test_changes_no_tracked_file(sandbox: Sandbox) -> None:
    before = {path.name: path.read_bytes() for path in PROJECT.glob("Pulumi*.yaml")}
    try:
        assert sandbox("exec", "--", "sh", "-c", "echo changed >> Pulumi.dev.yaml").returncode == 0
    finally:
        sandbox("down")
    assert {path.name: path.read_bytes() for path in PROJECT.glob("Pulumi*.yaml")} == before
