"""Stack files, read as the CLI reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.engine import DeploymentError, Secret
from sandbox.engine.config import StackConfig, StackFile, read_project

if TYPE_CHECKING:
    from pathlib import Path

_PROJECT = "name: shop\nruntime:\n  name: python\n  options: {virtualenv: env}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(_PROJECT)
    return tmp_path


def _config(project: Path, text: str) -> StackConfig:
    (project / "Pulumi.dev.yaml").write_text("config:\n" + text)
    return StackFile(read_project(project), "dev").config(lambda ciphertext: f"<{ciphertext}>")


@pytest.mark.parametrize(
    ("entry", "key", "value"),
    [
        ("open: text", "shop:open", "text"),
        ("shop:open: text", "shop:open", "text"),
        ("aws:region: us-west-2", "aws:region", "us-west-2"),
        ("number: 12", "shop:number", "12"),
        ("number: 1.10", "shop:number", "1.1"),
        ("flag: true", "shop:flag", "true"),
        ("flag: yes", "shop:flag", "yes"),
        ("nothing:", "shop:nothing", ""),
        ("list: [on, 2, null, {b: 1, a: False}]", "shop:list", '["on",2,null,{"a":false,"b":1}]'),
    ],
)
def test_values_become_text(project: Path, entry: str, key: str, value: str) -> None:
    assert _config(project, f"  {entry}\n").values == {key: value}


def test_a_secret_makes_its_whole_key_secret(project: Path) -> None:
    config = _config(
        project, "  top: {secure: v1}\n  deep: {list: [{secure: v2}], secure: plain}\n  open: {secure: [1]}\n"
    )
    assert config.values["shop:top"] == "<v1>"
    assert config.values["shop:deep"] == '{"list":["<v2>"],"secure":"plain"}'
    assert config.secret_keys == {"shop:top", "shop:deep"}


def test_a_package_gets_its_own_keys() -> None:
    config = StackConfig({"aws:region": "us-west-2", "aws:token": "x", "shop:name": "y"}, frozenset({"aws:token"}))
    assert config.of_package("aws") == {"region": "us-west-2", "token": Secret("x")}


def test_a_stack_without_a_file_has_no_configuration(project: Path) -> None:
    file = StackFile(read_project(project), "other")
    assert (file.salt, file.config(str).values) == (None, {})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("Pulumi.yaml", "name: shop\nruntime: nodejs\n", "expected a `name` and the runtime `python`"),
        ("Pulumi.yaml", _PROJECT + "config: {key: value}\n", "`config` is not supported"),
        ("Pulumi.yaml", "- list\n", "expected a mapping"),
        ("Pulumi.dev.yaml", "config: {\n", "is not valid YAML"),
        ("Pulumi.dev.yaml", "config: text\n", "`config` is not a mapping"),
        ("Pulumi.dev.yaml", "environment: [shared]\n", "`environment` needs Pulumi ESC"),
    ],
)
def test_what_cannot_be_used_is_said(project: Path, name: str, text: str, message: str) -> None:
    (project / name).write_text(text)
    with pytest.raises(DeploymentError, match=message):
        StackFile(read_project(project), "dev")


def test_a_folder_without_a_project_is_said(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=r"Pulumi\.yaml does not exist"):
        read_project(tmp_path)
