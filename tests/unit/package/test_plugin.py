"""What the plugin makes of a component's inputs, on mocks."""

from __future__ import annotations

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
