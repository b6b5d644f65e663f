"""A program of somebody else's on the package: Pulumi's engine starts the plugin, which makes the components."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.automation import PulumiCommand

from agentcore_auth.tokens.getting import credentials_of, get_token
from agentcore_auth.tokens.mcp_client import list_tools
from sandbox.caller import knock
from sandbox.project import copy
from sandbox.services import PROJECT, Services
from sandbox.stack import DeploymentError, Stack

PROGRAMS = PROJECT / "tests/programs"


@pytest.fixture(scope="module")
def program(
    running_services: Services, tmp_path_factory: pytest.TempPathFactory, cli: PulumiCommand
) -> Generator[Stack]:
    stack = Stack(
        running_services, copy(PROGRAMS / "python", tmp_path_factory.mktemp("package") / "program"), "dev", cli
    )
    assert stack.preview().changes["create"] > 20  # the functions' ARNs are not known yet
    stack.up()
    yield stack
    stack.destroy()


@pytest.mark.usefixtures("services")
def test_its_gateway_takes_its_tokens(program: Stack) -> None:
    outputs = program.outputs()
    provider, gateway = outputs.provider("cognito"), outputs.gateway("cognito")
    token = get_token(credentials_of(provider, provider.client(None)), cache=None).token
    assert knock(gateway.mcp_url, token).status == 200
    assert knock(gateway.mcp_url, None).status == 401
    assert gateway.authorizer["allowedScopes"] == ["weather/look"]


def test_a_gateway_out_of_single_components_checks_what_the_provider_says(
    program: Stack, aws: Callable[[str], Any]
) -> None:
    people: Mapping[str, Any] = program.document(show_secrets=False)["people"]
    assert people["authorizer"]["allowedScopes"] == ["look"]
    assert people["authorizer"]["discoveryUrl"].startswith("https://sandbox-org.okta.com/oauth2/default/")
    assert knock(people["mcpUrl"], None).status == 401
    policy = aws("iam").get_role_policy(
        RoleName="weather-people-gateway",
        PolicyName=aws("iam").list_role_policies(RoleName="weather-people-gateway")["PolicyNames"][0],
    )["PolicyDocument"]
    assert [statement["Action"] for statement in policy["Statement"]] == [["lambda:InvokeFunction"]]


@pytest.mark.usefixtures("services")
def test_a_program_in_yaml_has_gateways_too(running_services: Services, tmp_path: Path, cli: PulumiCommand) -> None:
    stack = Stack(running_services, copy(PROGRAMS / "yaml", tmp_path / "program"), "dev", cli)
    stack.up()
    try:
        outputs = stack.outputs()
        provider, gateway = outputs.provider("cognito"), outputs.gateway("cognito")
        token = get_token(credentials_of(provider, provider.client(None)), cache=None).token
        assert any(name.startswith("tools___") for name in list_tools(gateway.mcp_url, token))
        assert knock(gateway.mcp_url, None).status == 401
        assert gateway.authorizer["allowedScopes"] == ["harbour/tides"]
        assert stack.preview().is_unchanged
    finally:
        stack.destroy()


def test_nothing_changes_when_nothing_changed(program: Stack) -> None:
    assert program.preview().is_unchanged


def test_a_mistake_is_told_by_property_before_anything_is_made(program: Stack) -> None:
    file = program.project / "Pulumi.dev.yaml"
    before = file.read_text()
    document = yaml.safe_load(before)
    document["config"]["weather:rolePath"] = "teams"
    file.write_text(yaml.safe_dump(document))
    try:
        with pytest.raises(DeploymentError, match=r"executionRole\.path") as failure:
            program.preview()
    finally:
        file.write_text(before)
    assert "Traceback" not in str(failure.value)
