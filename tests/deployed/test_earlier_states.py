"""Stacks that an earlier program deployed stay as they are: the same URNs, and nothing to change but what had to.

`data/` has what `pulumi stack export` gave of stack `sandbox` before components moved to other rooms, in both modes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.project import copy, stack_file
from sandbox.services import PROJECT, Services
from sandbox.stack import Stack

DATA = Path(__file__).parent / "data"
# Since then a statement in another account's function has an id of the stack's own, callers synchronize targets,
# Auth0's APIs are closed to logins of users, and components that hold nothing are left out.
IN_BOTH = [
    ("auth0:index/resourceServer:ResourceServer", "update"),
    *[("agentcore-auth:index:ClientSecrets", "delete")] * 3,
]
CHANGED: dict[str, list[tuple[str, str]]] = {
    "pinned": [("aws:lambda/permission:Permission", "replace"), ("aws:iam/policy:Policy", "update"), *IN_BOTH],
    "tutorial": IN_BOTH,
}


@pytest.mark.parametrize(("state", "mode"), [("state-before", "pinned"), ("state-before-tutorial", "tutorial")])
def test_little_is_to_be_changed_in_a_stack_that_was_deployed_before(
    running_services: Services, tmp_path: Path, state: str, mode: str
) -> None:
    file = DATA / f"{state}.json"
    stack = Stack(running_services, copy(PROJECT, tmp_path / "project"), "sandbox")
    stack.create()
    described = stack_file(stack.project, stack.name)
    document = yaml.safe_load(described.read_text())
    del document["config"]["agentcore-auth:access"]  # which has come since
    described.write_text(yaml.safe_dump(document))
    stack.configure({"mode": mode})
    stack.run_cli("stack", "import", "--file", str(file))

    document = json.loads(stack.preview_document())
    planned = [(step["urn"].split("::")[2].rpartition("$")[2], step["op"]) for step in document["steps"]]
    assert sorted(each for each in planned if each[1] != "same") == sorted(CHANGED[mode])
    deployed: list[dict[str, Any]] = json.loads(file.read_text())["deployment"]["resources"]
    urns = {resource["urn"] for resource in deployed if not resource["urn"].rpartition("::")[2].startswith("default")}
    assert {step["urn"] for step in document["steps"]} == urns
    assert len(urns) > 60
