"""Programs on Pulumi's engine, started by the sandbox's language runtime, over a fictional provider."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.services import PROJECT
from sandbox.stack import DeploymentError
from tests.sandbox.playroom import Playroom, box, opened, operations, secure, shelf

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture
def playroom(tmp_path: Path) -> Generator[Playroom]:
    with opened(tmp_path) as playroom:
        yield playroom


def test_a_preview_creates_nothing_and_knows_what_it_cannot_know(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("toys", color="red", stands_on="$wide.serial"))
    assert playroom.run("preview").changes == {"create": 4}
    assert not playroom.toys.calls
    document = json.loads(playroom.stack.preview_document())
    inputs = next(step["newState"]["inputs"] for step in document["steps"] if step["urn"].endswith("::toys"))
    assert inputs["stands_on"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # how the engine writes: unknown


def test_up_creates_in_the_order_of_dependencies_and_tells_so(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("toys", color="red", stands_on="$wide.serial"), lookup=True)
    assert playroom.run("up").changes == {"create": 4}
    assert playroom.toys.calls == [("create", "wide"), ("create", "toys")]
    assert playroom.toys.things["toys-1"][1]["stands_on"] == "serial-wide-1"
    assert playroom.outputs()["wide"] == {"serial": "serial-wide-1", "key": "key-wide-1"}
    told = [line.split() for line in playroom.lines]
    created = [words[1:] for words in told if words[0] == "+"]
    assert created == [["toys", "Shelf", "wide"], ["toys", "Box", "toys"], ["toys", "Room", "room"]]
    assert ["info:", "2", "things"] in told
    assert playroom.run("up").is_unchanged
    assert not playroom.toys.calls


def test_a_change_is_told_with_what_differs(playroom: Playroom) -> None:
    playroom.furnish(box("toys", color="red", size=1), box("old", color="red"), box("gone", color="red"))
    playroom.run("up")
    playroom.furnish(box("toys", color="red", size=2), box("old", color="blue"))
    expected = {"toys": "update", "old": "replace", "gone": "delete"}
    assert operations(playroom.run("preview")) == expected
    result = playroom.run("up")
    assert operations(result) == expected
    assert {step.name: step.changed for step in result.steps if step.op == "update"} == {"toys": ("size",)}
    assert result.changes == {"same": 2, "update": 1, "replace": 1, "delete": 1}


def test_destroy_leaves_nothing(playroom: Playroom) -> None:
    playroom.furnish(shelf("wide", place="hall"), box("toys", on="$wide.serial"), account="one")
    playroom.run("up")
    assert playroom.run("destroy").changes == {"delete": 5}
    assert not playroom.toys.things
    assert playroom.resources() == []


@pytest.mark.parametrize("accept_secrets", [True, False])
def test_secrets_are_nowhere_in_plain_text(tmp_path: Path, accept_secrets: bool) -> None:
    with opened(tmp_path, accept_secrets=accept_secrets) as playroom:
        playroom.furnish(
            box("toys", color="red"),
            box("copy", note="$toys.key", nested={"deep": "$toys.key"}),
            paint=secure("azure"),
            toys__password=secure("hush"),
        )
        preview = playroom.stack.preview_document()
        result = playroom.run("up")
        shown = (
            f"{preview} {result} {playroom.lines} {playroom.outputs(show_secrets=False)} {playroom.state.read_text()}"
        )
        assert not [text for text in ("azure", "hush", "key-toys-1") if text in shown]
        assert playroom.outputs()["paint"] == "azure"
        assert playroom.outputs(show_secrets=False)["paint"] == "[secret]"
        assert playroom.toys.things["copy-1"][1]["nested"]["deep"] == (
            "key-toys-1" if not accept_secrets else _secret("key-toys-1")
        )


def _secret(value: str) -> dict[str, str]:
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


def test_a_failure_keeps_what_was_made_and_the_next_run_goes_on(playroom: Playroom) -> None:
    playroom.furnish(box("good", color="red"), box("bad", fail="create", _depends_on=["good"]))
    with pytest.raises(DeploymentError, match=r"^toys Box bad: the toy broke on create\nupdate failed"):
        playroom.run("up")
    assert playroom.resources()[-1]["id"] == "good-1"
    playroom.furnish(box("good", color="red"), box("bad", _depends_on=["good"]))
    assert operations(playroom.run("up")) == {"bad": "create"}


# The engine may add in a line of its own that its resource monitor has ended: what it says of the failure comes before.


def test_refused_inputs_are_named(playroom: Playroom) -> None:
    playroom.furnish(box("empty", size=0))
    with pytest.raises(DeploymentError, match=r"(?m)^toys Box empty: .* size .*: a box of size 0 holds nothing$"):
        playroom.run("preview")


def test_a_mistake_of_the_user_has_no_traceback(playroom: Playroom) -> None:
    playroom.furnish(refuse="config: `colour` is no key; did you mean `color`?")
    with pytest.raises(DeploymentError, match=r"(?m)^config: `colour` is no key; did you mean `color`\?$"):
        playroom.run("up")


def test_a_secret_does_not_show_in_an_error(playroom: Playroom) -> None:
    playroom.furnish(paint=secure("azure"), refuse="no azure here")
    with pytest.raises(DeploymentError, match=r"(?m)^no \[secret\] here$"):
        playroom.run("up")


def test_a_mistake_in_the_program_shows_the_programs_own_frames(playroom: Playroom) -> None:
    playroom.furnish(crash=True)
    with pytest.raises(DeploymentError, match="KeyError: 'a mistake in the program'") as failure:
        playroom.run("up")
    assert "__main__.py" in str(failure.value)
    assert "runpy" not in str(failure.value)
    assert "sandbox" not in str(failure.value)


def test_a_program_that_just_ends_is_told_by_its_exit_code_and_its_words(playroom: Playroom) -> None:
    write_program(playroom, "import sys\n\nprint('and now?', file=sys.stderr)\nsys.exit(3)\n")
    with pytest.raises(DeploymentError, match=r"(?m)the program ended with exit code 3$"):
        playroom.run("up")
    assert "  info: and now?" in playroom.lines


def test_a_program_runs_where_it_is_and_knows_its_stack(playroom: Playroom) -> None:
    (playroom.project / "sibling.py").write_text("HERE = 'a module beside the program'\n")
    words = (
        "import os, sys, pulumi\nfrom sibling import HERE\n"
        "pulumi.export('found', [HERE, os.getcwd(), pulumi.get_stack(), pulumi.get_project(),\n"
        "    pulumi.get_organization(), pulumi.runtime.is_dry_run(), 'sandbox' in sys.modules])\n"
    )
    write_program(playroom, words)
    playroom.run("up")
    found = ["a module beside the program", str(playroom.project), "dev", "playroom", "organization", False, False]
    assert playroom.outputs()["found"] == found


def test_a_python_without_the_sdk_is_named(playroom: Playroom) -> None:
    python = playroom.project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o700)
    with pytest.raises(DeploymentError, match=r"(?m)exit code 1$"):
        playroom.run("preview")
    assert any(
        line.endswith("has not the package pulumi: install the program's requirements") for line in playroom.lines
    )


def test_a_provider_that_is_not_there_is_named(playroom: Playroom) -> None:
    playroom.furnish(box("toys"))
    playroom.services = replace(playroom.services, providers={})
    with pytest.raises(DeploymentError, match="toys"):
        playroom.run("preview")


def write_program(playroom: Playroom, text: str) -> None:
    (playroom.project / "__main__.py").write_text(text)


WAITING = """\
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
pathlib.Path("unfinished").write_text(f"{os.getpid()} {child.pid}")
os.replace("unfinished", "pids")
time.sleep(3600)
"""


def begin_preview(playroom: Playroom, **environment: str) -> tuple[subprocess.Popen[bytes], list[int]]:
    """A CLI that waits for its program, and the processes of the program."""
    write_program(playroom, WAITING)
    playroom.stack.create()
    command = [playroom.stack.cli.command, "preview", "--stack", "dev", "--non-interactive"]
    environment = {**playroom.services.environment(os.environ), **environment}
    cli = subprocess.Popen(command, cwd=playroom.project, env=environment, stdout=subprocess.DEVNULL)
    pids = playroom.project / "pids"
    while not pids.exists():
        assert cli.poll() is None
        time.sleep(0.05)
    return cli, [int(pid) for pid in pids.read_text().split()]


def wait_for_the_end_of(pid: int) -> None:
    while is_running(pid):
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """A process that has ended and that nobody has waited for is not running."""
    done = subprocess.run(["/bin/ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_is_left_when_the_cli_ends(playroom: Playroom, number: signal.Signals) -> None:
    cli, pids = begin_preview(playroom)
    cli.send_signal(number)
    cli.wait()
    for pid in pids:
        wait_for_the_end_of(pid)


def test_no_process_is_left_when_the_runtime_is_killed(playroom: Playroom) -> None:
    code = (
        "import os, sys, time\nfrom sandbox import language\n"
        "runtime, port = language.serve(dict(os.environ))\nprint(port, flush=True)\ntime.sleep(3600)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as runtime:
        assert runtime.stdout
        cli, pids = begin_preview(playroom, PULUMI_DEBUG_LANGUAGES=f"python:{runtime.stdout.readline().strip()}")
        runtime.kill()
        for pid in pids:
            wait_for_the_end_of(pid)
        cli.wait()


def test_a_preview_as_json_that_fails_says_why(playroom: Playroom) -> None:
    playroom.furnish(refuse="config: `colour` is no key")
    with pytest.raises(DeploymentError) as failure:
        playroom.stack.preview_document()
    assert str(failure.value) == "config: `colour` is no key"


def test_what_a_command_tells_people_is_its_reason_too(playroom: Playroom) -> None:
    playroom.stack.create()
    with pytest.raises(DeploymentError, match="resource 'toys-9' does not exist"):
        playroom.stack.run_cli("import", "toys:index:Box", "lost", "toys-9", "--yes", "--skip-preview")
