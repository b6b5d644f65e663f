"""A gateway that was made by hand, with the commonest mistake: `check` explains it, and its command mends it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.caller import knock
from sandbox.services import PROJECT
from tests.conftest import REGION
from tests.sandbox.hand_made import HandMade, make
from tests.unit.token_command import Command

CODE = "def handler(event, context):\n    return {}\n"


@pytest.fixture
def mistaken(aws: Callable[[str], Any]) -> HandMade:
    """For Cognito, whose tokens have no audience, and with settings that an update must not lose."""
    return make(aws, CODE, {"allowedAudience": ["gateway123"]}, description='It\'s "ours"', exceptionLevel="DEBUG")


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


def of(gateway: HandMade) -> dict[str, Any]:
    found = gateway.aws("bedrock-agentcore-control").get_gateway(gatewayIdentifier=gateway.gateway_id)
    return {key: value for key, value in found.items() if key not in {"ResponseMetadata", "updatedAt", "status"}}


def test_the_printed_command_mends_the_gateway_and_leaves_the_rest(tokens: Command, mistaken: HandMade) -> None:
    before, token = of(mistaken), mistaken.token()
    assert knock(mistaken.mcp_url, token).status == 401

    answer = tokens("check", "--json", "--gateway-arn", before["gatewayArn"], stdin=token)
    assert (answer.code, answer.document["cause"], answer.document["configuration"]) == (1, "audience_absent", {})
    shown = tokens("check", "--gateway-arn", before["gatewayArn"], stdin=token).out
    assert "leave allowedAudience out" in shown
    assert "stack" not in shown
    assert answer.document["command"] in shown

    words = shlex.split(answer.document["command"])
    assert words[:-1] == ["aws", "bedrock-agentcore-control", "update-gateway", "--region", REGION, "--cli-input-json"]
    mistaken.aws("bedrock-agentcore-control").update_gateway(**json.loads(words[-1]))
    assert knock(mistaken.mcp_url, token).status == 200
    after = of(mistaken)
    lists = after["authorizerConfiguration"]["customJWTAuthorizer"]
    assert lists.pop("allowedClients") == [mistaken.client["ClientId"]]
    assert before["authorizerConfiguration"]["customJWTAuthorizer"] == {**lists, "allowedAudience": ["gateway123"]}
    assert {**after, "authorizerConfiguration": 0} == {**before, "authorizerConfiguration": 0}
    accepted = tokens("check", "--json", "--gateway-arn", before["gatewayArn"], stdin=token)
    assert (accepted.code, accepted.document["command"]) == (0, None)


def test_the_file_that_get_gateway_prints_does_as_well(tokens: Command, mistaken: HandMade, tmp_path: Path) -> None:
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps(of(mistaken), default=str))
    token = mistaken.token()
    by_file = tokens("check", "--json", "--authorizer", str(file), stdin=token).document
    assert by_file == tokens("check", "--json", "--gateway-arn", of(mistaken)["gatewayArn"], stdin=token).document
    assert by_file["command"]


def test_the_page_shows_what_happens(tokens: Command, aws: Callable[[str], Any], tmp_path: Path) -> None:
    gateway = make(aws, CODE, {"allowedAudience": ["gateway123"]})
    found = of(gateway)
    pool = found["authorizerConfiguration"]["customJWTAuthorizer"]["discoveryUrl"].split("/")[3]
    file = tmp_path / "token.txt"
    file.write_text(gateway.token())
    happened = tokens("check", "--gateway-arn", found["gatewayArn"], "--token-file", str(file)).out
    for actual, shown in (
        (gateway.gateway_id, "tools-a1b2c3d4e5"),
        (found["name"], "tools"),
        (gateway.role, "tools-gateway"),
        (pool, "us-west-2_Example12"),
        (gateway.client["ClientId"], "1example23456789"),
    ):
        happened = happened.replace(actual, shown)
    page = (PROJECT / "docs" / "existing-gateways.md").read_text(encoding="utf-8")
    [command] = [line for line in page.splitlines() if "--gateway-arn" in line and not line.startswith("$")]
    assert f"```console\n$ {command}\n{happened}```" in page


def test_a_gateway_that_cannot_be_read_is_one_line(tokens: Command, mistaken: HandMade) -> None:
    token, arn = mistaken.token(), of(mistaken)["gatewayArn"]
    for wrong, code, says in (
        (arn[:-10] + "0000000000", 1, "cannot be read"),
        ("tools-a1b2c3d4e5", 2, "no gateway's ARN"),
        ("arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/x", 2, "no gateway's ARN"),
    ):
        answer = tokens("check", "--gateway-arn", wrong, stdin=token)
        assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
        assert says in answer.err
