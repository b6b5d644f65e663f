"""What the plugin makes of a component's inputs, on mocks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy

AUTH0 = {"auth0:domain": "acme.us.auth0.com", "auth0:clientId": "id"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/demo"
TOOL = {"name": "find", "description": "Find an order", "inputSchema": {"type": "object", "properties": {}}}
TARGET = {
    "name": "orders",
    "functionArn": f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:orders",
    "tools": [TOOL],
    "description": "Orders",
    "passHeaders": ["X-Desk"],
}


class Later(str):
    """An ARN that the program has as an output."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"pulumi.Output.from_input({str(self)!r})"


def constructed(
    folder: Path,
    component: str,
    inputs: Mapping[str, Any],
    configuration: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
) -> Recorder:
    """What a program registers that makes one component of the package."""
    program = folder / "program.py"
    program.write_text(
        "import pulumi\n"
        "from package.plugin import Package\n"
        f"Package().construct('made', 'agentcore-auth:index:{component}', {dict(inputs)!r})\n"
    )
    return deploy(configuration, secrets=secrets, program=program)


def test_a_provider_s_secret_credentials_are_known_to_be_secret(tmp_path: Path) -> None:
    secrets = {"auth0:clientSecret": "secret"}
    made = constructed(tmp_path, "Auth0Provider", {"gatewayName": "demo"}, AUTH0, secrets)
    assert made.one(":ResourceServer")["identifier"] == "demo"


def test_a_provider_s_plain_credentials_are_refused(tmp_path: Path) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as refused:
        constructed(tmp_path, "Auth0Provider", {"gatewayName": "demo"}, {**AUTH0, "auth0:clientSecret": "plain"})
    assert "plain text" in str(refused.value.errors)


def test_a_provider_s_region_is_what_its_keys_are_checked_against(tmp_path: Path) -> None:
    inputs = {"gatewayName": "demo", "region": "eu-west-1", "userPoolId": "eu-west-1_aB3", "domainPrefix": "demo"}
    made = constructed(tmp_path, "CognitoProvider", inputs, {})
    assert made.one(":UserPoolClient")["userPoolId"] == "eu-west-1_aB3"


AUTHORIZER = {"discoveryUrl": "https://i.example/.well-known/openid-configuration", "allowedClients": ["a"]}


def test_a_gateway_s_target_keeps_what_all_kinds_of_targets_have(tmp_path: Path) -> None:
    made = constructed(
        tmp_path, "JwtGateway", {"authorizer": AUTHORIZER, "roleArn": ROLE, "targets": [TARGET]}, {}
    ).one(":AgentcoreGatewayTarget")
    assert made["description"] == "Orders"
    assert made["metadataConfiguration"] == {"allowedRequestHeaders": ["X-Desk"]}


def test_a_gateway_s_target_is_checked_as_a_whole(tmp_path: Path) -> None:
    target = {key: value for key, value in TARGET.items() if key != "tools"}
    with pytest.raises(pulumi.InputPropertiesError) as refused:
        constructed(tmp_path, "JwtGateway", {"authorizer": AUTHORIZER, "roleArn": ROLE, "targets": [target]}, {})
    assert "needs exactly one of tools, toolsFile, toolsS3" in str(refused.value.errors)


KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
GATEWAY = {"authorizer": AUTHORIZER, "roleArn": ROLE, "targets": [TARGET]}
GUARD = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:guard"


def test_a_gateway_s_options_are_checked_as_those_of_a_stack(tmp_path: Path) -> None:
    options = {"kmsKeyArn": KEY, "logs": {"retentionDays": 7, "alarmTopicArn": TOPIC}}
    with pytest.raises(pulumi.InputPropertiesError) as refused:
        constructed(tmp_path, "JwtGateway", {**GATEWAY, **options}, {})
    assert [each["property_path"] for each in refused.value.errors or ()] == ["kmsKeyArn", "logs.alarmTopicArn"]


def test_a_gateway_s_region_is_what_its_options_are_checked_against(tmp_path: Path) -> None:
    made = constructed(tmp_path, "JwtGateway", {**GATEWAY, "kmsKeyArn": KEY, "region": "eu-west-1"}, {})
    assert made.one(":AgentcoreGateway")["kmsKeyArn"] == KEY


def test_a_role_that_exists_gets_no_path(tmp_path: Path) -> None:
    inputs = {"gatewayNames": ["demo"], "arn": ROLE, "path": "/teams/"}
    with pytest.raises(pulumi.InputPropertiesError) as refused:
        constructed(tmp_path, "ExecutionRole", inputs, {})
    assert [each["property_path"] for each in refused.value.errors or ()] == ["path"]


def test_a_role_that_exists_may_have_the_path_that_an_sdk_gives_by_itself(tmp_path: Path) -> None:
    inputs = {"gatewayNames": ["demo"], "arn": ROLE, "path": "/"}
    assert constructed(tmp_path, "ExecutionRole", inputs, {}).all(":Role") == []


WATCHED = [{"functionArn": Later(GUARD), "at": ["request"], "passHeaders": True}]


def test_an_interceptor_s_function_may_be_an_output(tmp_path: Path) -> None:
    made = constructed(tmp_path, "JwtGateway", {**GATEWAY, "interceptors": WATCHED}, {}).one(":AgentcoreGateway")
    [interceptor] = made["interceptorConfigurations"]
    assert interceptor["interceptor"] == {"lambda": {"arn": GUARD}}
    assert interceptor["inputConfiguration"] == {"passRequestHeaders": True}


def test_the_role_of_everything_may_call_an_interceptor_that_is_an_output(tmp_path: Path) -> None:
    everything = {
        "gateway": {"name": "demo", "interceptors": WATCHED},
        "identityProviders": ["cognito"],
        "targets": [{"name": "sample", "sample": {}}],
    }
    made = constructed(tmp_path, "Gateways", everything, {})
    [interceptor] = made.one(":AgentcoreGateway")["interceptorConfigurations"]
    assert interceptor["interceptor"] == {"lambda": {"arn": GUARD}}
    policies = [json.loads(each.inputs["policy"]) for each in made.all(":RolePolicy") if each.name == "demo"]
    called = [each["Resource"] for policy in policies for each in policy["Statement"]]
    assert any(GUARD in resources for resources in called)
