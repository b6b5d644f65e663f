"""Cedar read, validated, decided and explained."""

from __future__ import annotations

from typing import Any

import pytest

from agentcore_auth.access.policies import CedarError, Decision, decide, findings, reasons, renamed, split, tags
from agentcore_auth.access.rules import Rule, TokenClaims, statement
from agentcore_auth.access.schema import schema
from agentcore_auth.documents.reading import Tool

ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/demo-cognito-0123456789"
OTHER = ARN.replace("cognito", "okta")
PAY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "amount": {"type": "integer"},
        "price": {"type": "number"},
        "to": {"type": "string"},
        "urgent": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "address": {"type": "object", "properties": {"country": {"type": "string"}}, "required": ["country"]},
        "anything": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["amount"],
}
SCHEMA = schema({"bank": [Tool("pay", "", PAY), Tool("see", "", {"type": "object"})], "remote": None})


def on_gateway(rest: str, action: str = 'action == AgentCore::Action::"bank___pay"', effect: str = "permit") -> str:
    return f'{effect}(principal is AgentCore::OAuthUser, {action}, resource == AgentCore::Gateway::"{ARN}") {rest};'


MANY = [f'AgentCore::Action::"bank___{number:050}"' for number in range(130)]
UP_TO_500 = {"up_to_500": on_gateway("when { context.input.amount <= 500 }")}
NOT_ABROAD = {"not_abroad": on_gateway('when { context.input.to == "abroad" }', effect="forbid")}
NEVER = {"never": 'forbid(principal, action, resource is AgentCore::Gateway) when { principal.hasTag("banned") };'}


@pytest.mark.parametrize(
    ("condition", "finding"),
    [
        ("context.input.amount < 5", None),
        ('context.input has price && context.input.price.lessThan(decimal("1.5"))', None),
        ('context.input has tags && context.input.tags.contains("x")', None),
        ('context.input has address && context.input.address.country == "CH"', None),
        ("context.input has urgent && context.input.urgent", None),
        ('principal.hasTag("role") && principal.getTag("role") == "admin"', None),
        ("context.input.price < 5", "price"),
        ("context.input.count < 5", "count"),
        ('context.input.amount == "5"', "amount"),
        ('context.input.to == "x"', "to"),  # not required, so `has` comes first
        ('context.input.anything == "x"', "anything"),
        ('principal.getTag("role") == "admin"', "role"),
        ("context.token.exp > 5", "token"),
        ('principal.role == "admin"', "role"),
    ],
)
def test_validates_by_the_tools_of_the_gateway(condition: str, finding: str | None) -> None:
    found = findings(on_gateway(f"when {{ {condition} }}"), SCHEMA)
    assert (found == []) is (finding is None)
    assert finding is None or any(finding in each or "type" in each for each in found)


@pytest.mark.parametrize(
    ("action", "is_known"),
    [
        ('action in AgentCore::Action::"bank"', True),
        ('action in [AgentCore::Action::"bank___see", AgentCore::Action::"remote"]', True),
        ('action in AgentCore::Action::"remote"', True),
        ('action == AgentCore::Action::"bank___sea"', False),
        ('action in AgentCore::Action::"banks"', False),
    ],
)
def test_knows_tools_and_targets(action: str, is_known: bool) -> None:
    assert (findings(on_gateway("", action), SCHEMA) == []) is is_known


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("permit(principal, action);", "is not Cedar"),
        ("", "holds no policy"),
        ("permit(principal, action, resource);", "leaves the resource open"),
        (
            'permit(principal, action == AgentCore::Action::"a___b", resource is AgentCore::Gateway);',
            "name the gateway",
        ),
        (f'permit(principal, action, resource == AgentCore::Gateway::"{ARN}");', "resource is AgentCore::Gateway"),
        ("permit(principal == ?principal, action, resource is AgentCore::Gateway);", "no templates"),
        (on_gateway("", f"action in [{', '.join(MANY)}]"), "10,000"),
    ],
)
def test_refuses_what_agentcore_would_not_take(text: str, message: str) -> None:
    with pytest.raises(CedarError, match=message):
        split(text)


def test_a_text_comes_apart_into_its_policies() -> None:
    limit, ban = split(f"// two\n{UP_TO_500['up_to_500']}\n{NEVER['never']}")
    assert (limit.effect, limit.gateway, limit.actions, limit.claims) == ("permit", ARN, ("bank___pay",), frozenset())
    assert (ban.effect, ban.gateway, ban.actions, ban.claims) == ("forbid", "", (), frozenset({"banned"}))


def test_a_policy_is_bound_to_the_gateway_that_is_made() -> None:
    moved = renamed(UP_TO_500["up_to_500"], OTHER)
    assert decide({"it": moved}, {}, OTHER, "bank___pay", {"amount": 1}).allowed
    assert not decide({"it": moved}, {}, ARN, "bank___pay", {"amount": 1}).allowed
    assert decide(UP_TO_500, {}, ARN, "bank___pay", {"amount": 1}).allowed
    assert split(renamed(NEVER["never"], OTHER))[0].gateway == ""


@pytest.mark.parametrize(
    ("claims", "arguments", "expected"),
    [
        ({}, {"amount": 500}, Decision(True, ("up_to_500",))),
        ({}, {"amount": 501}, Decision(False)),
        ({}, {"amount": 1, "to": "abroad"}, Decision(False, ("not_abroad",))),
        ({"banned": True}, {"amount": 1, "to": "here"}, Decision(False, ("never",))),
        ({}, None, Decision(True, ("up_to_500",))),
        ({"banned": True}, None, Decision(False, ("never",))),
    ],
)
def test_denies_by_default_and_a_forbid_wins(
    claims: dict[str, Any], arguments: dict[str, Any] | None, expected: Decision
) -> None:
    found = decide(UP_TO_500 | NOT_ABROAD | NEVER, claims, ARN, "bank___pay", arguments, PAY)
    assert (found.allowed, found.policies) == (expected.allowed, expected.policies)


def test_a_policy_that_fails_does_not_count_and_is_told() -> None:
    found = decide({"careless": on_gateway('when { principal.getTag("role") == "x" }')}, {}, ARN, "bank___pay", {})
    assert not found.allowed
    assert "careless" in found.failed[0]


def test_numbers_are_decimals_where_the_tool_says_number() -> None:
    cheap = {"cheap": on_gateway('when { context.input.price.lessThanOrEqual(decimal("2.0")) }')}
    for price, allowed in ((2, True), (1.99, True), (2.01, False), (3, False)):
        assert decide(cheap, {}, ARN, "bank___pay", {"amount": 1, "price": price}, PAY).allowed is allowed


def test_every_claim_is_a_text() -> None:
    claims = {"a": "x", "n": 1, "b": True, "l": ["x", "y"], "o": {"k": None}, "none": None}
    assert tags(claims) == {"a": "x", "n": "1", "b": "true", "l": '["x","y"]', "o": '{"k":null}'}


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"client_id": "other"}, 'reader wants client_id "agent"; the token has client_id "other"'),
        ({}, 'reader wants client_id "agent"; the token has no client_id'),
        (
            {"client_id": "agent", "scope": "a b"},
            'reader wants scope "orders:read"; the token has scope "a b"',
        ),
    ],
)
def test_says_which_condition_of_a_rule_fails(claims: dict[str, Any], reason: str) -> None:
    rule = Rule("reader", ("bank___see",), "orders:read")
    policies = {"reader": statement(rule, TokenClaims(("client_id",), "scope"), "agent", ARN), **UP_TO_500, **NEVER}
    assert reasons(policies, claims, ARN, "bank___see", {}) == [reason]


def test_says_which_condition_of_ones_own_policy_fails() -> None:
    [reason] = reasons(UP_TO_500, {}, ARN, "bank___pay", {"amount": 501})
    assert reason.startswith("up_to_500 wants when { ")
    assert "amount" in reason


def test_has_no_reason_where_no_policy_names_the_tool() -> None:
    assert reasons(UP_TO_500, {}, ARN, "bank___see", {}) == []
