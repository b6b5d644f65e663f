"""Interceptors at the gateway: functions that refuse a request, change a header, and take fields out of an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from sandbox.caller import call_tool, knock, list_tools
from tests.sandbox.hand_made import archive, make

TOOL = """
def handler(event, context):
    headers = context.client_context.custom.get("bedrockAgentCorePropagatedHeaders")
    return {"got": event, "headers": headers, "card": "4111"}
"""
REFUSES = """
def handler(event, context):
    body = event["mcp"]["gatewayRequest"]["body"]
    if body["method"] != "tools/call" or body["params"]["arguments"]["sku"] != "safe":
        return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayRequest": {"body": body}}}
    refusal = {"jsonrpc": "2.0", "id": body["id"], "error": {"code": -32001, "message": "not this one"}}
    answer = {"statusCode": 200, "body": refusal}
    return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayResponse": answer}}
"""
CHANGES_A_HEADER = """
def handler(event, context):
    request = event["mcp"]["gatewayRequest"]
    desk = "bearer" if request["headers"].get("authorization", "").startswith("Bearer ") else "nobody"
    changed = {"headers": {"X-Desk": desk, "X-Other": "1"}, "body": request["body"]}
    return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayRequest": changed}}
"""
TAKES_OUT = """
def handler(event, context):
    answer = event["mcp"]["gatewayResponse"]
    result = answer["body"].get("result", {})
    if "structuredContent" in result:
        result["structuredContent"].pop("card")
        result["content"] = [{"type": "text", "text": "without the card"}]
    return {"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayResponse": {"body": answer["body"]}}}
"""
FAILS = "def handler(event, context):\n    raise ValueError('out of paper')"
NONSENSE = "def handler(event, context):\n    return {'action': 'ALLOW'}"


class Intercepted:
    """A gateway made by hand, with a function of this code at one of its points."""

    def __init__(self, aws: Callable[[str], Any], point: str, code: str, *, pass_headers: bool = False) -> None:
        self.gateway = gateway = make(aws, TOOL, exceptionLevel="DEBUG")
        self.role_arn = aws("iam").get_role(RoleName=gateway.role)["Role"]["Arn"]
        self.function_arn = aws("lambda").create_function(
            FunctionName=f"sees-{gateway.role}",
            Runtime="python3.13",
            Handler="index.handler",
            Role=self.role_arn,
            Code={"ZipFile": archive(code)},
        )["FunctionArn"]
        self.allow(gateway.function_arn, self.function_arn)
        control = aws("bedrock-agentcore-control")
        interceptor = {
            "interceptor": {"lambda": {"arn": self.function_arn}},
            "interceptionPoints": [point],
            "inputConfiguration": {"passRequestHeaders": pass_headers},
        }
        gateway.change_gateway(interceptorConfigurations=[interceptor])
        (target,) = control.list_gateway_targets(gatewayIdentifier=gateway.gateway_id)["items"]
        found = control.get_gateway_target(gatewayIdentifier=gateway.gateway_id, targetId=target["targetId"])
        same = ("name", "targetConfiguration", "credentialProviderConfigurations")
        control.update_gateway_target(
            gatewayIdentifier=gateway.gateway_id,
            targetId=target["targetId"],
            **{name: found[name] for name in same},
            metadataConfiguration={"allowedRequestHeaders": ["X-Desk"]},
        )

    def allow(self, *functions: str) -> None:
        """Let the execution role call exactly these."""
        statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": list(functions)}
        self.gateway.set_policy(statement)

    def call(self, sku: str = "pen") -> dict[str, Any]:
        """What the tool answers."""
        result = call_tool(self.gateway.mcp_url, self.gateway.token(), "store___stock", {"sku": sku})
        assert not result.failed, result.text
        return json.loads(result.text)


def test_one_at_the_request_refuses_what_it_does_not_like_and_lets_everything_else_pass(
    aws: Callable[[str], Any],
) -> None:
    refusing = Intercepted(aws, "REQUEST", REFUSES)
    assert refusing.call()["got"] == {"sku": "pen"}
    with pytest.raises(MCPError, match="not this one"):
        refusing.call("safe")


def test_one_at_the_request_changes_a_header_and_the_target_sees_those_that_it_may(
    aws: Callable[[str], Any],
) -> None:
    assert Intercepted(aws, "REQUEST", CHANGES_A_HEADER).call()["headers"] == {"X-Desk": "nobody"}
    with_headers = Intercepted(aws, "REQUEST", CHANGES_A_HEADER, pass_headers=True)
    assert with_headers.call()["headers"] == {"X-Desk": "bearer"}


def test_one_at_the_response_takes_fields_out_of_an_answer(aws: Callable[[str], Any]) -> None:
    taking = Intercepted(aws, "RESPONSE", TAKES_OUT)
    result = call_tool(taking.gateway.mcp_url, taking.gateway.token(), "store___stock", {"sku": "pen"})
    assert (result.failed, result.text) == (False, "without the card")
    (tool,) = list_tools(taking.gateway.mcp_url, taking.gateway.token())
    assert tool.name == "store___stock"


@pytest.mark.parametrize("point", ["REQUEST", "RESPONSE"])
@pytest.mark.parametrize(("code", "reason"), [(FAILS, "out of paper"), (NONSENSE, "invalid response from interceptor")])
def test_nothing_passes_one_that_fails(aws: Callable[[str], Any], point: str, code: str, reason: str) -> None:
    failing = Intercepted(aws, point, code)
    answer = knock(failing.gateway.mcp_url, failing.gateway.token())
    assert answer.status == 500
    assert reason in (answer.message or "")


def test_nothing_passes_one_that_the_execution_role_may_not_call(aws: Callable[[str], Any]) -> None:
    refusing = Intercepted(aws, "REQUEST", REFUSES)
    refusing.allow(refusing.gateway.function_arn)
    answer = knock(refusing.gateway.mcp_url, refusing.gateway.token())
    assert (answer.status, "Access denied" in (answer.message or "")) == (500, True)


def test_one_never_sees_a_request_that_the_authorizer_refuses(aws: Callable[[str], Any]) -> None:
    assert knock(Intercepted(aws, "REQUEST", FAILS).gateway.mcp_url, "a.b.c").status == 401
