"""A client's access as Cedar text, decided by cedarpy."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcore_auth.access.policies import decide, findings, split
from agentcore_auth.access.rules import Rule, TokenClaims, rules_of, statement
from agentcore_auth.access.schema import schema
from agentcore_auth.documents.reading import Tool
from tests.unit.access_table import CLIENT, ROWS, TOOL, Row

ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/demo-cognito-0123456789"
SCHEMA = schema(
    {"store": [Tool("stock", "", {"type": "object"}), Tool("order", "", {"type": "object"})], "lager": None}
)
COGNITO = TokenClaims(("client_id",), "scope")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_decides_as_the_table_says(row: Row) -> None:
    policies = {"it": statement(row.rule, row.where, CLIENT, ARN)}
    assert findings(policies["it"], SCHEMA) == []
    assert decide(policies, row.claims, ARN, TOOL, {}).allowed is row.allowed
    assert decide(policies, row.claims, ARN, TOOL).allowed is row.allowed
    assert not decide(policies, row.claims, ARN.replace("demo", "other"), TOOL, {}).allowed


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1))
def test_an_id_cannot_end_its_text(client_id: str) -> None:
    [policy] = split(statement(Rule("agent", (TOOL,)), COGNITO, client_id, ARN))
    assert decide({"it": policy.text}, {"client_id": client_id}, ARN, TOOL, {}).allowed
    assert not decide({"it": policy.text}, {"client_id": f"{client_id}x"}, ARN, TOOL, {}).allowed


def test_entries_come_to_one_rule_for_each_scope() -> None:
    entries = [(None, ["a___x"]), ("read", ["b"]), (None, ["a___x", "c"]), ("read", ["d___y"])]
    assert rules_of("agent", entries) == [Rule("agent", ("a___x", "c")), Rule("agent", ("b", "d___y"), "read")]


def test_names_are_aws_names_and_differ_where_clients_or_scopes_do() -> None:
    clients = ["a-b", "a_b", "a.b", "1x", "", "_", "x" * 255, "x" * 254 + "y"]
    names = [Rule(client, (), scope).name for client in clients for scope in (None, "demo/read", "demo_read")]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]{0,47}", name) for name in names)
    assert Rule("a-b", ("x",)).name == Rule("a-b", ("y", "z")).name


def test_a_description_says_what_may_be_called_and_fits() -> None:
    rule = Rule("reader", ("orders___get", "stock"), "orders:read")
    assert rule.description == "reader may call orders___get, every tool of stock, with scope orders:read"
    assert len(Rule("reader", ("x" * 60,) * 200).description) == 4096


def test_scopes_are_refused_where_tokens_have_none() -> None:
    with pytest.raises(ValueError, match="no scopes"):
        statement(Rule("agent", (TOOL,), "read"), TokenClaims(("azp",), None), CLIENT, ARN)
