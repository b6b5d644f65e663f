"""Documents of a stack file: regular files of the project, read once, and checked by the name of their target."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from components.targets.lambda_ import LambdaTarget
from configuration.documents import read_documents

TOOL = {"name": "look_up", "description": "Looks up", "inputSchema": {"type": "object"}}


def read(project: Path, tools_file: str, name: str = "orders") -> tuple[str | None, list[str]]:
    section = {
        "type": "lambda",
        "name": name,
        "functionArn": "arn:aws:lambda:us-west-2:123456789012:function:f",
        "toolsFile": tools_file,
    }
    documents, mistakes = read_documents([LambdaTarget.model_validate_json(json.dumps(section))], project)
    return documents.get(name), [str(mistake) for mistake in mistakes]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "orders.json").write_text(json.dumps([TOOL]))
    (tmp_path / "foreign.json").write_text("root:x:0:0")
    (folder / "link.json").symlink_to(tmp_path / "foreign.json")
    (folder / "loop.json").symlink_to("loop.json")
    (folder / "binary.json").write_bytes(b"\xff\xfe")
    os.mkfifo(folder / "pipe.json")
    with (folder / "sparse.json").open("wb") as file:
        file.truncate(10**11)
    return folder


def test_a_file_of_the_project_is_read(project: Path) -> None:
    for name in ("tools/orders.json", "./tools/../tools/orders.json", str(project / "tools/orders.json")):
        assert read(project, name) == (json.dumps([TOOL]), [])


# Each row: the path in the stack file, and what is said of it.
UNREADABLE = [
    ("absent.json", "there is no file 'absent.json'"),
    ("/dev/zero", "is outside of the project"),
    ("../foreign.json", "is outside of the project"),
    ("link.json", "is outside of the project"),
    ("tools", "is a folder"),
    ("pipe.json", "a device or a pipe"),
    ("sparse.json", "has 100,000,000,000 bytes"),
    ("binary.json", "is no text in UTF-8"),
    ("loop.json", "loop.json"),
    ("tools/orders.json/more", "tools/orders.json/more"),
    ("x" * 5000, "cannot be read"),
    ("nul\0.json", "cannot be read"),
]


@pytest.mark.parametrize(("path", "says"), UNREADABLE, ids=[path[:20].replace("\0", "") for path, _ in UNREADABLE])
def test_what_is_no_regular_file_of_the_project_is_named_in_one_line(project: Path, path: str, says: str) -> None:
    text, (said,) = read(project, path)
    assert text is None
    assert said.startswith("targets[0].toolsFile: ")
    assert says in said
    assert "\n" not in said
    assert "root:x" not in said


def test_tools_are_checked_by_the_name_that_a_model_sees(project: Path) -> None:
    assert read(project, "tools/orders.json", "o" * 54)[1] == []
    text, (said,) = read(project, "tools/orders.json", "o" * 55)
    assert text is None
    assert "65 characters" in said
    assert "___look_up" in said
