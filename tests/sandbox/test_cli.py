"""Which of the CLIs on a machine is used."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from sandbox.cli import CliError, cache_folder, pulumi_command

SDK = version("pulumi")
RECENT, OLD, BROKEN = f"echo v{SDK}", "echo v3.100.0", "exit 3"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a CLI on PATH would be; there is none on it, nor in the cache."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "bin" / "pulumi"


def install(file: Path, script: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o700)
    return file


def used() -> Path:
    found = shutil.which(pulumi_command().command)
    assert found
    return Path(found)


def test_the_one_on_path_is_used_if_it_is_as_new_as_the_sdk(on_path: Path) -> None:
    install(cache_folder() / "bin" / "pulumi", RECENT)
    assert used() == cache_folder() / "bin" / "pulumi"
    assert install(on_path, RECENT) == used()


@pytest.mark.parametrize("unfit", [OLD, BROKEN, "echo nonsense"])
def test_the_one_in_the_cache_is_used_where_the_other_will_not_do(on_path: Path, unfit: str) -> None:
    install(on_path, unfit)
    assert install(cache_folder() / "bin" / "pulumi", RECENT) == used()


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (OLD, rf"is not recent enough: version {SDK} or newer is needed: make pulumi$"),
        ("echo nonsense", rf"is not recent enough: version {SDK} or newer is needed: make pulumi$"),
        (BROKEN, r"cannot be started \(.* exit status 3.*\): make pulumi$"),
    ],
)
def test_what_is_wrong_with_it_is_said_where_there_is_no_other(on_path: Path, script: str, says: str) -> None:
    install(on_path, script)
    with pytest.raises(CliError, match=rf"^{on_path} {says}"):
        pulumi_command()


def test_a_file_that_is_no_program_is_named(on_path: Path) -> None:
    install(on_path, "").write_bytes(b"\x00\x01")
    with pytest.raises(CliError, match=rf"^{on_path} cannot be started .*: make pulumi$"):
        pulumi_command()


@pytest.mark.usefixtures("on_path")
def test_where_there_is_none_the_places_are_named() -> None:
    with pytest.raises(CliError, match=rf"not on PATH, and not in {cache_folder()}: make pulumi$"):
        pulumi_command()
