"""Refused calls on the sandbox: the gateway's lines in CloudWatch Logs, and the command that counts them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.caller import call_tool
from tests.sandbox.hand_made import HandMade, make
from tests.unit.token_command import Command


@pytest.fixture
def delivered(running_aws: Callable[[str], Any], tmp_path: Path) -> tuple[HandMade, Path]:
    """A gateway whose logs are delivered, and the outputs of a stack that has it."""
    made = make(running_aws, "def handler(event, context): return event")
    gateway = running_aws("bedrock-agentcore-control").get_gateway(gatewayIdentifier=made.gateway_id)
    logs, name = running_aws("logs"), made.gateway_id
    logs.create_log_group(logGroupName=f"/aws/vendedlogs/{name}")
    [group] = logs.describe_log_groups(logGroupNamePrefix=f"/aws/vendedlogs/{name}")["logGroups"]
    logs.put_delivery_source(name=name, resourceArn=gateway["gatewayArn"], logType="APPLICATION_LOGS")
    place = {"destinationResourceArn": group["arn"]}
    destination = logs.put_delivery_destination(name=name, deliveryDestinationConfiguration=place)
    logs.create_delivery(deliverySourceName=name, deliveryDestinationArn=destination["deliveryDestination"]["arn"])
    entry = {
        "arn": gateway["gatewayArn"],
        "url": gateway["gatewayUrl"],
        "mcpUrl": made.mcp_url,
        "authorizer": gateway["authorizerConfiguration"],
        "logGroup": group["logGroupName"],
    }
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"gateways": {"cognito": entry}}))
    return made, outputs


@pytest.mark.usefixtures("services")
def test_counts_refused_calls_by_cause(delivered: tuple[HandMade, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    made, outputs = delivered
    command, asked = Command(monkeypatch), ("refusals", "--outputs", str(outputs), "--json")
    assert command(*asked).document == {"refused": 0, "refusals": []}

    for token in ("no.good.token", "no.better.token", made.token("tools/see")):
        httpx2.post(made.mcp_url, headers={"Authorization": f"Bearer {token}"}, json={})
    answer = command(*asked)
    assert answer.code == 1
    assert answer.document == {
        "refused": 3,
        "refusals": [
            {"gateway": "cognito", "cause": "token", "tool": None, "calls": 2},
            {"gateway": "cognito", "cause": "scope", "tool": None, "calls": 1},
        ],
    }
    assert "3 calls were refused" in command(*asked[:-1]).out


@pytest.mark.usefixtures("services")
def test_counts_calls_that_no_policy_permits(delivered: tuple[HandMade, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    made, outputs = delivered
    made.set_policy({"Effect": "Allow", "Action": ["lambda:InvokeFunction", "bedrock-agentcore:*"], "Resource": "*"})
    engine = made.aws("bedrock-agentcore-control").create_policy_engine(name=f"engine_{uuid.uuid4().hex[:8]}")
    made.change_gateway(policyEngineConfiguration={"arn": engine["policyEngineArn"], "mode": "ENFORCE"})
    assert call_tool(made.mcp_url, made.token("tools/use"), "store___stock", {"sku": "7"}).failed
    answer = Command(monkeypatch)("refusals", "--outputs", str(outputs))
    assert (answer.code, "1  policy store___stock: no policy permits" in answer.out) == (1, True)


@pytest.mark.usefixtures("services")
def test_says_where_logs_are_switched_on(
    delivered: tuple[HandMade, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    document = json.loads(delivered[1].read_text())
    del document["gateways"]["cognito"]["logGroup"]
    (tmp_path / "none.json").write_text(json.dumps(document))
    answer = Command(monkeypatch)("refusals", "--outputs", str(tmp_path / "none.json"))
    assert (answer.code, "set gateway.logs in the stack file" in answer.err) == (2, True)
