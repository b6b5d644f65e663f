"""A copy of the project that programs may write to."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from sandbox.project import copy, write_stack_file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in (".git", ".sandbox", "components"):
        (folder / name).mkdir(parents=True)
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        (folder / name).write_text(name)
    return folder


def test_links_to_everything_and_copies_what_the_cli_writes(project: Path, tmp_path: Path) -> None:
    made = copy(project, tmp_path / "copy")
    assert {entry.name for entry in made.iterdir()} == {"components", "__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"}
    assert (made / "__main__.py").is_symlink()
    assert not (made / "Pulumi.dev.yaml").is_symlink()
    (made / "Pulumi.dev.yaml").write_text("with a salt")
    assert (project / "Pulumi.dev.yaml").read_text() == "Pulumi.dev.yaml"


def test_keeps_what_was_written_until_the_project_changes(project: Path, tmp_path: Path) -> None:
    made = copy(project, tmp_path / "copy")
    (made / "Pulumi.dev.yaml").write_text("with a salt")
    copy(project, tmp_path / "copy")
    assert (made / "Pulumi.dev.yaml").read_text() == "with a salt"
    (project / "Pulumi.dev.yaml").write_text("changed")
    later = (made / "Pulumi.dev.yaml").stat().st_mtime + 1
    os.utime(project / "Pulumi.dev.yaml", (later, later))
    copy(project, tmp_path / "copy")
    assert (made / "Pulumi.dev.yaml").read_text() == "changed"


def test_follows_files_that_come_and_go(project: Path, tmp_path: Path) -> None:
    made = copy(project, tmp_path / "copy")
    (project / "__main__.py").unlink()
    (project / "settings.py").touch()
    copy(project, tmp_path / "copy")
    assert not (made / "__main__.py").is_symlink()
    assert (made / "settings.py").exists()


def test_can_be_brought_up_to_date_by_many_at_once(project: Path, tmp_path: Path) -> None:
    for number in range(50):
        (project / f"module{number}.py").touch()
    with ThreadPoolExecutor(8) as at_once:
        made = set(at_once.map(copy, [project] * 32, [tmp_path / "copy"] * 32))
    assert made == {tmp_path / "copy"}
    assert {entry.name for entry in (tmp_path / "copy").iterdir()} == {
        entry.name for entry in project.iterdir() if entry.name not in (".git", ".sandbox")
    }


def test_leaves_alone_what_a_command_wrote_there_and_mends_links(project: Path, tmp_path: Path) -> None:
    made = copy(project, tmp_path / "copy")
    (made / "notes").symlink_to(tmp_path)
    (made / "token.txt").write_text("mine")
    (made / "components").unlink()
    (made / "components").symlink_to(tmp_path / "elsewhere")
    (project / "token.txt").write_text("the project's")
    copy(project, made)
    assert (made / "notes").readlink() == tmp_path
    assert (made / "token.txt").read_text() == "mine"
    assert (made / "components").readlink() == project / "components"


def test_writes_stack_files_with_the_projects_namespace(project: Path) -> None:
    config = {"gateway": {"name": "tools"}, "aws:region": "eu-west-1"}
    write_stack_file(project, "test", config, secure={"key": "v1:abc"}, salt="v1:salt")
    assert yaml.safe_load((project / "Pulumi.test.yaml").read_text()) == {
        "encryptionsalt": "v1:salt",
        "config": {
            "aws:region": "eu-west-1",
            "agentcore-auth:gateway": {"name": "tools"},
            "agentcore-auth:key": {"secure": "v1:abc"},
        },
    }
