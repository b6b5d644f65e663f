"""Every example stack is valid, and the program registers its resources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.project import PROJECT
from tests.unit.pulumi_mocks import deploy

STACK_FILES = sorted([*PROJECT.glob("examples/Pulumi.*.yaml"), PROJECT / "Pulumi.dev.yaml"])
SECRETS = {"auth0:apiToken": "t", "okta:apiToken": "t"}
TARGET_SECRETS = {"inventoryKey": "k", "shippingSecret": "s"}


def configuration(stack_file: Path) -> dict[str, Any]:
    return yaml.safe_load(stack_file.read_text(encoding="utf-8"))["config"]


@pytest.mark.parametrize("stack_file", STACK_FILES, ids=lambda path: path.stem)
def test_an_example_has_a_gateway_for_each_provider_and_each_of_its_targets(stack_file: Path) -> None:
    keys = configuration(stack_file)
    secrets = {**SECRETS, **(TARGET_SECRETS if "inventoryKey" in stack_file.read_text(encoding="utf-8") else {})}
    recorder = deploy(keys, secrets=secrets)
    providers, targets = keys["agentcore-auth:identityProviders"], keys["agentcore-auth:targets"]
    name = keys["agentcore-auth:gateway"]["name"]
    assert {each.name for each in recorder.all(":AgentcoreGateway")} == {f"{name}-{provider}" for provider in providers}
    offered = [each for each in targets for provider in providers if provider in each.get("providers", providers)]
    assert len(recorder.all(":AgentcoreGatewayTarget")) == len(offered)


def test_the_documentation_lists_every_example() -> None:
    page = (PROJECT / "docs/examples.md").read_text(encoding="utf-8")
    assert [
        path.name for path in STACK_FILES if path.parent.name == "examples" and f"examples/{path.name}" not in page
    ] == []
