"""The gateway's data plane: whom it lets in and how it answers the others, the tools it lists, and calls of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import pytest
from mcp.shared.exceptions import MCPError

from sandbox.caller import call_tool, knock, list_tools
from sandbox.demo import tampered
from sandbox.services import Services
from tests.sandbox.hand_made import SCHEMA, HandMade, make

INTERNAL_ERROR = "An internal error occurred. Please retry later."
ECHO = """
import os
def handler(event, context):
    print("a line for the log")
    return {"event": event, "custom": context.client_context.custom, "shelf": os.environ["SHELF"]}
"""


@pytest.fixture
def gateway(aws: Callable[[str], Any]) -> HandMade:
    """Says nothing about why a call failed, like every gateway without exceptionLevel."""
    return make(aws, ECHO)


@pytest.fixture
def explaining(aws: Callable[[str], Any]) -> HandMade:
    """With exceptionLevel DEBUG."""
    return make(aws, ECHO, exceptionLevel="DEBUG")


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_lets_in_the_client_and_lists_its_tools_as_they_were_deployed(gateway: HandMade) -> None:
    [tool] = list_tools(gateway.mcp_url, gateway.token())
    assert (tool.name, tool.description, tool.input_schema) == ("store___stock", "How much there is", SCHEMA)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"client_id": "another"}, 401),
        ({"client_id": None}, 401),
        ({"exp": int(time.time()) - 60}, 401),
        ({"iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_another"}, 401),
        ({"scope": "tools/see"}, 403),
        ({"scope": None}, 403),
    ],
)
def test_judges_tokens_by_the_deployed_authorizer(
    gateway: HandMade, services: Services, changes: dict[str, Any], status: int
) -> None:
    claims = claims_of(gateway.token())
    changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    assert knock(gateway.mcp_url, services.mint(changed, issuer=claims["iss"])).status == status


def test_answers_what_is_no_good_token_with_a_challenge(gateway: HandMade) -> None:
    url = gateway.mcp_url.removesuffix("/mcp")
    challenge = (
        f'Bearer error="invalid_token", scope="tools/use", '
        f'resource_metadata="{url}/.well-known/oauth-protected-resource"'
    )
    for token in (None, "not-a-token", "a.b.c", tampered(gateway.token())):
        answer = knock(gateway.mcp_url, token)
        assert (answer.status, answer.challenge, answer.message) == (401, challenge, "Invalid Bearer token")


def test_answers_a_token_without_the_scope_with_insufficient_scope(gateway: HandMade) -> None:
    answer = knock(gateway.mcp_url, gateway.token(scope="tools/see"))
    assert answer.status == 403
    assert answer.challenge is not None
    assert 'error="insufficient_scope"' in answer.challenge


def test_tells_anybody_where_to_get_a_token(gateway: HandMade) -> None:
    url = gateway.mcp_url.removesuffix("/mcp")
    metadata = httpx2.get(f"{url}/.well-known/oauth-protected-resource").json()
    assert metadata == {
        "authorization_servers": [claims_of(gateway.token())["iss"]],
        "resource": gateway.mcp_url,
        "scopes_supported": ["tools/use"],
    }


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/mcp", {}, 405),
        ("DELETE", "/mcp", {}, 405),
        ("POST", "/other", {}, 404),
        ("POST", "/mcp", {"MCP-Protocol-Version": "2026-07-28"}, 400),
    ],
)
def test_serves_nothing_but_mcp(
    gateway: HandMade, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    url = gateway.mcp_url.removesuffix("/mcp") + path
    answer = httpx2.request(method, url, headers={"Authorization": f"Bearer {gateway.token()}", **headers})
    assert answer.status_code == status


@pytest.mark.usefixtures("services")
def test_knows_no_gateway_that_is_not_deployed() -> None:
    answer = knock("https://nobody-0123456789.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp", "x.y.z")
    assert answer.status == 404


def test_follows_the_authorizer_when_it_is_updated(gateway: HandMade) -> None:
    token = gateway.token()
    control = gateway.aws("bedrock-agentcore-control")
    deployed = control.get_gateway(gatewayIdentifier=gateway.gateway_id)
    authorizer = deployed["authorizerConfiguration"]["customJWTAuthorizer"]
    changed = {"customJWTAuthorizer": {**authorizer, "allowedClients": ["another"]}}
    gateway.change_gateway(authorizerConfiguration=changed)
    assert knock(gateway.mcp_url, token).status == 401


def test_calls_the_function_with_the_arguments_and_the_tool_in_its_context(gateway: HandMade) -> None:
    result = call_tool(gateway.mcp_url, gateway.token(), "store___stock", {"sku": "pen"})
    answer = json.loads(result.text)
    assert not result.failed
    assert (answer["event"], answer["shelf"]) == ({"sku": "pen"}, "7")
    assert answer["custom"]["bedrockAgentCoreToolName"] == "store___stock"
    assert answer["custom"]["bedrockAgentCoreGatewayId"] == gateway.gateway_id
    assert answer["custom"].keys() == {
        f"bedrockAgentCore{name}"
        for name in ("MessageVersion", "AwsRequestId", "McpMessageId", "GatewayId", "TargetId", "ToolName")
    }


@pytest.mark.parametrize("name", ["store___other", "other___stock", "stock"])
def test_refuses_tools_that_it_does_not_have(gateway: HandMade, name: str) -> None:
    with pytest.raises(MCPError, match=f"Unknown tool: {name}"):
        call_tool(gateway.mcp_url, gateway.token(), name, {})


def test_calls_a_function_only_if_the_execution_role_may(explaining: HandMade) -> None:
    token, allowed = explaining.token(), {"Effect": "Allow", "Action": "lambda:InvokeFunction"}
    explaining.set_policy({**allowed, "Resource": "arn:aws:lambda:us-west-2:123456789012:function:another"})
    refused = call_tool(explaining.mcp_url, token, "store___stock", {"sku": "pen"})
    assert refused.failed
    assert refused.text == (
        f"Access denied while invoking Lambda function {explaining.function_arn}. Check the permissions on the Lambda "
        "function and Gateway execution role, and retry the request."
    )
    explaining.set_policy({**allowed, "Resource": explaining.function_arn})
    assert not call_tool(explaining.mcp_url, token, "store___stock", {"sku": "pen"}).failed


def test_calls_nothing_with_a_role_that_it_may_not_assume_any_more(explaining: HandMade) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    explaining.aws("iam").update_assume_role_policy(
        RoleName=explaining.role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    refused = call_tool(explaining.mcp_url, explaining.token(), "store___stock", {"sku": "pen"})
    assert refused.failed
    assert "Access denied" in refused.text


@pytest.mark.parametrize(
    ("code", "settings", "reason"),
    [
        ("def handler(event, context):\n    raise ValueError('no such article')", {}, "no such article"),
        ("def handler(event, context):\n    return object()", {}, "not JSON serializable"),
        (
            "import time\ndef handler(event, context):\n    time.sleep(30)",
            {"Timeout": 1},
            "timed out after 1.00 seconds",
        ),
        ("import os\ndef handler(event, context):\n    os._exit(3)", {}, "exited with status 3"),
        ("def other(event, context):\n    pass", {}, "has no attribute 'handler'"),
        ("", {"Runtime": "nodejs22.x"}, "runs Python functions, not nodejs22.x"),
    ],
    ids=["raises", "no JSON", "too slow", "exits", "no handler", "other runtime"],
)
def test_answers_that_a_function_failed_and_why_only_where_errors_are_explained(
    gateway: HandMade, explaining: HandMade, code: str, settings: dict[str, Any], reason: str
) -> None:
    for deployed in (gateway, explaining):
        deployed.set_code(code, **settings)
        result = call_tool(deployed.mcp_url, deployed.token(), "store___stock", {"sku": "pen"})
        assert result.failed
        assert reason in result.text if deployed is explaining else result.text == INTERNAL_ERROR


def test_answers_that_a_function_is_gone(explaining: HandMade) -> None:
    explaining.aws("lambda").delete_function(FunctionName=explaining.function_arn)
    result = call_tool(explaining.mcp_url, explaining.token(), "store___stock", {"sku": "pen"})
    assert (result.failed, result.text) == (True, f"Lambda function {explaining.function_arn} does not exist.")
