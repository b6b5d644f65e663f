"""The sandbox's gateway with a policy engine: what it lists and lets through, held against the table of cases."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from agentcore_auth.access.rules import statement
from agentcore_auth.tokens.mcp_client import list_tools
from sandbox.caller import ToolResult, call_tool
from sandbox.services import Services
from tests.sandbox.hand_made import HandMade, make
from tests.unit.access_table import CLIENT, ROWS, TOOL, Row
from tests.unit.token_command import Command

EVALUATE = ("AuthorizeAction", "PartiallyAuthorizeActions", "GetPolicyEngine")
OPEN = {"customClaims": [{
    "inboundTokenClaimName": "gate",
    "inboundTokenClaimValueType": "STRING",
    "authorizingClaimMatchValue": {"claimMatchOperator": "EQUALS", "claimMatchValue": {"matchValueString": "open"}},
}]}  # fmt: skip
CHEAP = 'when { context.input has sku && context.input.sku == "pen" }'


@dataclass
class Guarded:
    """A gateway with a policy engine, whose authorizer lets in every token of its issuer that says so."""

    made: HandMade
    services: Services
    control: Any
    engine: str

    @property
    def gateway(self) -> dict[str, Any]:
        return self.control.get_gateway(gatewayIdentifier=self.made.gateway_id)

    @property
    def arn(self) -> str:
        return self.gateway["gatewayArn"]

    def token(self, claims: Mapping[str, Any]) -> str:
        url: str = self.gateway["authorizerConfiguration"]["customJWTAuthorizer"]["discoveryUrl"]
        issuer = url.partition("/.well-known/")[0]
        times = {"iat": int(time.time()), "exp": int(time.time()) + 600}
        return self.services.mint({**claims, **times, "gate": "open", "iss": issuer}, issuer=issuer)

    def set_policies(self, *statements: str) -> None:
        """Have the engine hold exactly these."""
        for policy in self.control.list_policies(policyEngineId=self.engine)["policies"]:
            self.control.delete_policy(policyEngineId=self.engine, policyId=policy["policyId"])
        for number, text in enumerate(statements):
            definition = {"cedar": {"statement": text}}
            self.control.create_policy(policyEngineId=self.engine, name=f"policy_{number}", definition=definition)

    def set_mode(self, mode: str) -> None:
        self.made.change_gateway(policyEngineConfiguration={**self.gateway["policyEngineConfiguration"], "mode": mode})

    def listed(self, claims: Mapping[str, Any]) -> list[str]:
        return list_tools(self.made.mcp_url, self.token(claims))

    def call(self, claims: Mapping[str, Any], sku: str = "pen") -> ToolResult:
        return call_tool(self.made.mcp_url, self.token(claims), TOOL, {"sku": sku})


@pytest.fixture(scope="module")
def guarded(running_services: Services, running_aws: Callable[[str], Any]) -> Guarded:
    control = running_aws("bedrock-agentcore-control")
    made = make(running_aws, "def handler(event, context): return event", OPEN)
    engine = control.create_policy_engine(name=f"engine_{uuid.uuid4().hex[:8]}")
    allow_evaluation(made)
    made.change_gateway(policyEngineConfiguration={"arn": engine["policyEngineArn"], "mode": "ENFORCE"})
    return Guarded(made, running_services, control, engine["policyEngineId"])


def allow_evaluation(made: HandMade, actions: tuple[str, ...] = EVALUATE) -> None:
    invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": made.function_arn}
    evaluate = {"Effect": "Allow", "Action": [f"bedrock-agentcore:{each}" for each in actions], "Resource": "*"}
    made.set_policy(invoke, evaluate)


def on(guarded: Guarded, condition: str = "", effect: str = "permit") -> str:
    return (
        f'{effect}(principal is AgentCore::OAuthUser, action == AgentCore::Action::"{TOOL}", '
        f'resource == AgentCore::Gateway::"{guarded.arn}") {condition};'
    )


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_decides_as_the_table_says(guarded: Guarded, row: Row) -> None:
    known = [name for name in row.rule.names if name.partition("___")[0] == "store"]
    text = statement(row.rule, row.where, CLIENT, guarded.arn)
    if len(known) < len(row.rule.names):  # it has one target only
        text = text.replace(', AgentCore::Action::"lager"', "")
    guarded.set_policies(text)
    assert guarded.listed(row.claims) == ([TOOL] if row.allowed else [])


@pytest.mark.usefixtures("services")
def test_refuses_a_call_in_aws_s_words(guarded: Guarded) -> None:
    guarded.set_policies(on(guarded, 'when { principal.hasTag("vip") }'))
    assert "pen" in guarded.call({"vip": True}).text
    refused = guarded.call({})
    assert refused.failed
    assert refused.text == (
        "AuthorizeActionException - Tool Execution Denied: Tool call not allowed due to policy enforcement "
        "[Policy evaluation denied due to no determining policies]"
    )


@pytest.mark.usefixtures("services")
def test_lists_a_tool_that_some_call_of_is_permitted(guarded: Guarded) -> None:
    guarded.set_policies(on(guarded, CHEAP))
    assert guarded.listed({}) == [TOOL]
    assert not guarded.call({}, "pen").failed
    assert "AuthorizeActionException" in guarded.call({}, "gold").text


@pytest.mark.usefixtures("services")
def test_a_forbid_wins(guarded: Guarded) -> None:
    guarded.set_policies(on(guarded), on(guarded, 'when { principal.hasTag("banned") }', effect="forbid"))
    assert (guarded.listed({}), guarded.listed({"banned": "yes"})) == ([TOOL], [])


@pytest.mark.usefixtures("services")
def test_log_only_lets_everything_through(guarded: Guarded) -> None:
    guarded.set_policies()
    assert guarded.listed({}) == []
    guarded.set_mode("LOG_ONLY")
    try:
        assert guarded.listed({}) == [TOOL]
        assert not guarded.call({}).failed
    finally:
        guarded.set_mode("ENFORCE")


@pytest.mark.usefixtures("services")
def test_cannot_ask_its_engine_without_the_role_s_permissions(guarded: Guarded) -> None:
    allow_evaluation(guarded.made, ("GetPolicyEngine",))
    try:
        with pytest.raises(Exception, match="Policy evaluation failed"):  # the MCP client's own
            guarded.listed({})
        with pytest.raises(ClientError, match="lacks permission to access policy engine"):
            guarded.set_mode("ENFORCE")
    finally:
        allow_evaluation(guarded.made)


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("permit(principal, action, resource is AgentCore::Gateway", "not one valid Cedar policy"),
        ("permit(principal, action, resource);" + " " * 20, "leaves the resource open"),
    ],
)
def test_takes_valid_policies_only(guarded: Guarded, text: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        guarded.set_policies(text)
    with pytest.raises(ClientError, match="unrecognized action"):
        guarded.set_policies(on(guarded).replace("store___", "shop___"))
    with pytest.raises(ClientError, match="no gateway"):
        guarded.set_policies(on(guarded).replace("gateway/hand", "gateway/foot"))


@pytest.mark.usefixtures("services")
def test_check_reads_the_policies_of_a_gateway_from_aws(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded.set_policies(on(guarded, 'when { principal.hasTag("vip") }'))
    check, asked = Command(monkeypatch), ("check", "--gateway-arn", guarded.arn, "--tool", TOOL)
    answer = check(*asked, stdin=guarded.token({"vip": "yes"}))
    assert (answer.code, f"tool {TOOL}: permitted by policy policy_0" in answer.out) == (0, True)
    answer = check(*asked, stdin=guarded.token({}))
    assert (answer.code, f"tool {TOOL}: no policy permits it" in answer.out) == (1, True)


@pytest.mark.usefixtures("services")
def test_an_engine_in_use_is_not_deleted(guarded: Guarded, aws: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="in use"):
        guarded.control.delete_policy_engine(policyEngineId=guarded.engine)
    assert aws("bedrock-agentcore-control").get_policy_engine(policyEngineId=guarded.engine)["status"] == "ACTIVE"
