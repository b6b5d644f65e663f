"""A program of somebody else's is made of the same components, with names of its own and no stack file of ours."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

import pytest

from tests.unit.project import PROJECT
from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy

SECOND = PROJECT / "tests/programs/second/__main__.py"
GATEWAY = f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:gateway/weather-??????????"


@pytest.fixture(scope="module")
def second() -> Recorder:
    return deploy({}, program=SECOND)


def imported(source: str) -> Iterator[str]:
    """The modules that a program imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_it_has_no_settings_and_no_stack_file_of_ours() -> None:
    assert not [name for name in imported(SECOND.read_text()) if name.startswith(("settings", "configuration"))]


def test_it_is_made_of_three_components(second: Recorder) -> None:
    made = {each.type.rpartition(":")[2]: each.name for each in second.all("") if "agentcore-auth:" in each.type}
    targets = made.pop("GatewayTargets")  # a part of the gateway
    assert targets == "weather"
    assert made == {"CognitoProvider": "weather-people", "ExecutionRole": "weather-calls", "JwtGateway": "weather"}


def test_its_gateway_admits_its_own_client_and_scope(second: Recorder) -> None:
    gateway = second.one(":AgentcoreGateway")
    assert gateway["name"] == "weather"
    assert gateway["protocolConfiguration"] == {"mcp": {"searchType": "SEMANTIC"}}
    checks = gateway["authorizerConfiguration"]["customJwtAuthorizer"]
    assert checks["allowedClients"] == ["weather-people-kiosk-id"]
    assert checks["allowedScopes"] == ["weather/look"]


def test_its_role_is_for_its_gateway_and_may_call_its_function(second: Recorder) -> None:
    role = next(each.inputs for each in second.all(":Role") if each.name == "weather-calls")
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": [GATEWAY]}
    (allowed,) = json.loads(second.one(":RolePolicy")["policy"])["Statement"]
    assert (allowed["Action"], allowed["Resource"]) == (
        ["lambda:InvokeFunction"],
        [f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:forecast"],
    )


def test_its_function_is_the_gateway_s_target(second: Recorder) -> None:
    target = second.one(":AgentcoreGatewayTarget")
    assert (target["name"], target["description"]) == ("sky", "What the sky is like")
    called = target["targetConfiguration"]["mcp"]["lambda"]
    assert called["lambdaArn"] == f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:forecast"
    assert [tool["name"] for tool in called["toolSchema"]["inlinePayloads"]] == ["forecast"]
