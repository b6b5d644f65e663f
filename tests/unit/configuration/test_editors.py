"""The JSON schema of stack files is made from the models, is up to date, and finds what an editor should find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from configuration.editors import document
from tests.unit.project import PROJECT

SCHEMA = PROJECT / "docs/stack.schema.json"
STACK_FILES = sorted([*PROJECT.glob("examples/Pulumi.*.yaml"), *PROJECT.glob("Pulumi.*.yaml")])


def mistakes(stack: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(document())
    return [error.message for error in validator.iter_errors(stack)]


def test_the_schema_is_what_the_models_say() -> None:
    written = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert written == document(), "run: python -m configuration.editors > docs/stack.schema.json"


@pytest.mark.parametrize("stack_file", STACK_FILES, ids=lambda path: path.stem)
def test_a_stack_file_that_deploys_is_valid(stack_file: Path) -> None:
    assert mistakes(yaml.safe_load(stack_file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("stack_file", [path for path in STACK_FILES if path.stem != "Pulumi.sandbox"])
def test_a_stack_files_first_line_names_the_schema_for_editors(stack_file: Path) -> None:
    first = stack_file.read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (stack_file.parent / first.removeprefix(prefix)).resolve() == SCHEMA.resolve()


# Each row: a configuration, and what an editor says of it (empty: nothing).
CONFIGURATIONS: list[tuple[dict[str, Any], str]] = [
    ({"agentcore-auth:mode": "tutorial", "aws:region": "us-west-2"}, ""),
    ({"agentcore-auth:mode": "strict"}, "'strict' is not one of ['pinned', 'tutorial']"),
    ({"agentcore-auth:gatway": {"name": "demo"}}, "'name' was unexpected"),
    ({"agentcore-auth:gateway": {"nam": "demo"}}, "'nam' was unexpected"),
    ({"agentcore-auth:cognito": {"accessTokenMinutes": 4}}, "4 is less than the minimum of 5"),
    ({"agentcore-auth:inventoryKey": {"secure": "v1:abc"}}, ""),
    ({"agentcore-auth:inventoryKey": "in plain text"}, "'in plain text' is not of type 'object'"),
]


@pytest.mark.parametrize(("config", "said"), CONFIGURATIONS)
def test_an_editor_finds_a_wrong_key_or_value(config: dict[str, Any], said: str) -> None:
    found = mistakes({"config": config})
    assert any(said in each for each in found) if said else not found
