"""A copy of the project that programs may write to."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from sandbox.project import copy, write_stack_file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in (".git", ".sandbox", ".venv", "components", "components/__pycache__"):
        (folder / name).mkdir(parents=True)
    (folder / ".venv" / "pyvenv.cfg").touch()
    for name in (
        "__main__.py",
        "Pulumi.yaml",
        "Pulumi.dev.yaml",
        "components/gateway.py",
        "components/__pycache__/gateway.pyc",
    ):
        (folder / name).write_text(name)
    return folder


def names_in(folder: Path) -> set[str]:
    """What a user sees in a folder."""
    return {entry.name for entry in folder.iterdir() if entry.name != ".copied.json"}


def test_has_what_people_wrote_without_the_history_and_links_to_nothing_but_the_virtual_environment(
    project: Path, tmp_path: Path
) -> None:
    made = copy(project, tmp_path / "copy")
    assert names_in(made) == {".venv", "components", "__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"}
    assert [entry.name for entry in made.rglob("*") if entry.is_symlink()] == [".venv"]
    assert (made / "components" / "gateway.py").read_text() == "components/gateway.py"
    assert names_in(made / "components") == {"gateway.py"}


def test_leaves_out_what_is_no_file(project: Path, tmp_path: Path) -> None:
    os.mkfifo(project / "pipe")
    assert "pipe" not in names_in(copy(project, tmp_path / "copy"))


def test_keeps_the_project_from_whatever_is_done_to_the_copy(project: Path, tmp_path: Path) -> None:
    made = copy(project, tmp_path / "copy")
    shutil.rmtree(made / "components")
    (made / "__main__.py").write_text("nonsense")
    (made / "Pulumi.dev.yaml").unlink()
    assert (project / "components" / "gateway.py").exists()
    assert (project / "__main__.py").read_text() == "__main__.py"
    copy(project, made)
    assert (made / "components" / "gateway.py").exists()
    assert (made / "__main__.py").read_text() == "__main__.py"
    assert (made / "Pulumi.dev.yaml").exists()


def test_keeps_what_was_written_until_the_project_changes(project: Path, tmp_path: Path) -> None:
    made = copy(project, tmp_path / "copy")
    (made / "Pulumi.dev.yaml").write_text("with a salt")
    copy(project, tmp_path / "copy")
    assert (made / "Pulumi.dev.yaml").read_text() == "with a salt"
    assert (project / "Pulumi.dev.yaml").read_text() == "Pulumi.dev.yaml"
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
    assert not (made / "__main__.py").exists()
    assert (made / "settings.py").exists()


def test_can_be_brought_up_to_date_by_many_at_once(project: Path, tmp_path: Path) -> None:
    for number in range(50):
        (project / f"module{number}.py").touch()
    with ThreadPoolExecutor(8) as at_once:
        made = set(at_once.map(copy, [project] * 32, [tmp_path / "copy"] * 32))
    assert made == {tmp_path / "copy"}
    assert names_in(tmp_path / "copy") == names_in(project) - {".git", ".sandbox"}


def test_leaves_alone_what_a_command_wrote_beside_the_projects_files(project: Path, tmp_path: Path) -> None:
    made = copy(project, tmp_path / "copy")
    (made / "notes").symlink_to(tmp_path)
    (made / "components" / "token.txt").write_text("mine")
    copy(project, made)
    assert (made / "notes").readlink() == tmp_path
    assert (made / "components" / "token.txt").read_text() == "mine"


def test_writes_and_deletes_nothing_through_links_that_a_command_left(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "gateway.py").write_text("another project's")
    made = copy(project, tmp_path / "copy")
    for vanishes in (False, True):
        shutil.rmtree(made / "components")
        (made / "components").symlink_to(elsewhere)
        if vanishes:
            shutil.rmtree(project / "components")
        copy(project, made)
        assert (elsewhere / "gateway.py").read_text() == "another project's"


def test_copies_a_link_within_the_project_as_one_within_the_copy(project: Path, tmp_path: Path) -> None:
    (project / "latest.py").symlink_to("components/gateway.py")
    (project / "outside").symlink_to(tmp_path)
    made = copy(project, tmp_path / "copy")
    assert (made / "latest.py").resolve() == made / "components" / "gateway.py"
    assert (made / "outside").resolve() == tmp_path


def test_has_no_history_of_a_linked_worktree_either(project: Path, tmp_path: Path) -> None:
    (project / ".git").rmdir()
    (project / ".git").write_text("gitdir: elsewhere")
    assert ".git" not in names_in(copy(project, tmp_path / "copy"))


def test_copies_nothing_of_itself(project: Path) -> None:
    made = copy(project, copy(project, project / "copies" / "one"))
    assert not (made / "copies" / "one").exists()


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


@pytest.mark.parametrize("spoiled", ["", "garbage {", "[1]", "null"])
def test_is_made_anew_where_the_record_of_what_was_copied_is_spoiled(
    project: Path, tmp_path: Path, spoiled: str
) -> None:
    made = copy(project, tmp_path / "copy")
    (made / ".copied.json").write_text(spoiled)
    (made / "__main__.py").write_text("changed by a command")
    assert (copy(project, made) / "__main__.py").read_text() == "__main__.py"
