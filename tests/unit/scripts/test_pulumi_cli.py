"""`make pulumi`: which CLI is used, how one is made where there is none, and what is said where none can be had."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from scripts import pulumi_cli
from scripts.pulumi_cli import PulumiCliError, find, oldest, pinned, set_up

PROJECT = Path(__file__).parents[3]
#: A Go that "builds" what stands in CLI, after having noted that it was called.
GO = """#!/bin/sh
if [ "$1" = env ]; then echo direct; exit; fi
while [ "$1" != -o ]; do shift; done
echo "built $(basename "$2")" >> "$NOTES"
mkdir -p "$(dirname "$2")"
printf '%s\\n' "$CLI" > "$2"
chmod +x "$2"
"""


def script(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def saying(version: object) -> str:
    return f"#!/bin/sh\necho v{version}\n"


@pytest.fixture
def nowhere() -> Generator[str]:
    """A proxy that answers nothing: it takes connections, and is silent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without CLI, Go or network, whose cache is empty."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        refused = f"http://127.0.0.1:{server.getsockname()[1]}"
    (tmp_path / "bin").mkdir()
    return {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HTTPS_PROXY": refused,
        "https_proxy": refused,
        "NOTES": str(tmp_path / "notes"),
        "CLI": saying(pinned()),
    }


def cached(machine: Mapping[str, str]) -> Path:
    return Path(machine["XDG_CACHE_HOME"], "agentcore-auth", f"pulumi-{pinned()}", "bin", "pulumi")


def on_path(machine: Mapping[str, str], program: str) -> Path:
    return Path(machine["PATH"].partition(os.pathsep)[0], program)


def test_the_go_module_names_one_version_for_all_of_pulumi() -> None:
    required = (PROJECT / "scripts" / "pulumi" / "go.mod").read_text()
    assert set(re.findall(r"github.com/pulumi/pulumi/(?:pkg|sdk)/v3 v(\S+)", required)) == {str(pinned())}
    assert pinned() >= oldest()


def test_a_recent_cli_on_path_is_used(machine: dict[str, str]) -> None:
    script(on_path(machine, "pulumi"), saying(oldest()))
    assert set_up(machine) == find(machine) == on_path(machine, "pulumi")


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (saying("3.100.0"), rf"is version 3\.100\.0, this project needs {oldest()} or newer"),
        ("#!/bin/sh\necho out of order >&2; exit 3\n", "cannot be used: out of order"),
        ("#!/bin/sh\nexit 3\n", "cannot be used: exit code 3"),
        ("#!/bin/sh\necho what?\n", "cannot be used: what"),
        ("#!/nowhere/sh\n", "cannot be used: .*No such file"),
    ],
)
def test_a_cli_that_is_old_or_broken_is_named_and_another_one_made(
    program: str, says: str, machine: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    script(on_path(machine, "pulumi"), program)
    with pytest.raises(PulumiCliError, match=f"{says}.*make pulumi"):
        find(machine)
    script(on_path(machine, "go"), GO)
    assert set_up(machine) == cached(machine)
    assert re.search(rf"{says}.*; it is left alone", capsys.readouterr().err)
    assert find(machine) == cached(machine)


def test_what_is_in_the_cache_is_used_by_all(machine: dict[str, str]) -> None:
    script(cached(machine), saying(pinned()))
    script(cached(machine).with_name("pulumi-language-yaml"), "")
    assert set_up(machine) == find(machine) == cached(machine)


@pytest.mark.parametrize("is_on_path", [True, False])
def test_a_cli_that_was_built_before_gets_the_plugin_for_yaml(is_on_path: bool, machine: dict[str, str]) -> None:
    script(cached(machine), saying(pinned()))
    script(on_path(machine, "go"), GO)
    if is_on_path:
        machine["PATH"] = f"{cached(machine).parent}{os.pathsep}{machine['PATH']}"
    assert set_up(machine) == cached(machine)
    assert {entry.name for entry in cached(machine).parent.iterdir()} == {"pulumi", "pulumi-language-yaml"}
    assert Path(machine["NOTES"]).read_text() == "built pulumi-language-yaml\n"


def test_without_any_way_the_message_says_what_to_install(machine: dict[str, str]) -> None:
    with pytest.raises(PulumiCliError, match=r"cannot be downloaded \(.*refused.*\), and cannot be built without Go.*"):
        set_up(machine)
    with pytest.raises(PulumiCliError, match="pulumi is not on PATH: make pulumi"):
        find(machine)


def test_a_server_that_is_silent_is_given_up(
    machine: dict[str, str], nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi_cli, "ANSWER_SECONDS", 0.2)
    with pytest.raises(PulumiCliError, match=r"cannot be downloaded \(.*timed out"):
        set_up({**machine, "HTTPS_PROXY": nowhere, "https_proxy": nowhere})


def test_a_go_proxy_that_is_silent_leaves_what_was_downloaded_before(
    machine: dict[str, str], nowhere: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pulumi_cli, "ANSWER_SECONDS", 0.2)
    script(on_path(machine, "go"), GO.replace("echo direct", f"echo {nowhere},direct").replace("built", "$GOPROXY"))
    set_up(machine)
    assert "the Go module proxy does not answer" in capsys.readouterr().err
    assert Path(machine["NOTES"]).read_text() == "off pulumi\noff pulumi-language-yaml\n"


@pytest.mark.parametrize(
    ("cli", "go", "says"),
    [
        ("", "#!/bin/sh\necho direct; echo 'no space left on device' >&2; exit 1\n", "cannot be built .no space left"),
        ("#!/bin/sh\nexit 1\n", GO, "cannot be used: exit code 1"),
    ],
)
def test_a_build_that_fails_leaves_nothing_that_looks_finished(
    cli: str, go: str, says: str, machine: dict[str, str]
) -> None:
    script(on_path(machine, "go"), go)
    with pytest.raises(PulumiCliError, match=says):
        set_up({**machine, "CLI": cli})
    assert [entry.name for entry in cached(machine).parents[2].iterdir()] == ["pulumi.lock"]


def test_what_a_killed_setup_left_is_removed_by_the_next(machine: dict[str, str]) -> None:
    left = cached(machine).parents[2] / f"pulumi-{pinned()}.partial-abc" / "made"
    left.mkdir(parents=True)
    script(on_path(machine, "go"), GO)
    set_up(machine)
    assert not left.exists()


def test_a_cache_that_cannot_be_written_is_named(machine: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(PulumiCliError, match=r"cache/agentcore-auth cannot be written \(.*XDG_CACHE_HOME"):
        set_up(machine)


def command(machine: Mapping[str, str], *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.pulumi_cli", *options],
        cwd=PROJECT,
        env={**machine},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_setups_at_once_build_once(machine: dict[str, str]) -> None:
    script(on_path(machine, "go"), GO)
    setups = [command(machine), command(machine)]
    answers = [setup.communicate() for setup in setups]
    assert [setup.returncode for setup in setups] == [0, 0], answers
    assert [out.strip() for out, _ in answers] == [str(cached(machine))] * 2
    assert Path(machine["NOTES"]).read_text() == "built pulumi\nbuilt pulumi-language-yaml\n"


def test_a_setup_that_is_ended_leaves_nothing_behind(machine: dict[str, str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "started")
    waits = GO.replace('echo "', f'echo started > {tmp_path / "started"}; exec sleep 600; echo "')
    script(on_path(machine, "go"), waits)
    setup = command(machine)
    (tmp_path / "started").read_text()  # waits for the build to begin
    setup.terminate()
    _, said = setup.communicate()
    assert setup.returncode == 130
    assert said.splitlines()[-1] == "pulumi: interrupted; nothing is left behind"
    assert [entry.name for entry in cached(machine).parents[2].iterdir()] == ["pulumi.lock"]


def test_for_real_accounts_the_cli_has_to_run_python(machine: dict[str, str]) -> None:
    script(cached(machine), saying(pinned()))
    script(cached(machine).with_name("pulumi-language-yaml"), "")
    setup = command(machine, "--with-language")
    _, said = setup.communicate()
    assert (setup.returncode, said.count("\n")) == (1, 1)
    assert "without pulumi-language-python: enough for the sandbox" in said
    script(cached(machine).with_name("pulumi-language-python"), "")
    accepted = command(machine, "--with-language")
    accepted.communicate()
    assert accepted.returncode == 0
