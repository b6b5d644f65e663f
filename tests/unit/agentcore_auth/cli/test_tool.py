"""`check --tool`: which policy lets a caller use a tool, or why none does."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from agentcore_auth.access.rules import Rule, TokenClaims, statement
from tests.unit.issued_tokens import COGNITO_CLIENT, COGNITO_ISSUER, cognito, discovery_url, key_set, signed
from tests.unit.token_command import Answer, Command

ARN = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/demo-cognito-0123456789"
CLAIMS = TokenClaims(("client_id",), "scope")
READER, WRITER = Rule("agent", ("orders___get",)), Rule("agent", ("orders___put",), "gateway/admin")
LIMIT = (
    'permit(principal is AgentCore::OAuthUser, action == AgentCore::Action::"orders___pay", '
    f'resource == AgentCore::Gateway::"{ARN}") when {{ context.input.amount < 500 }};'
)
BAN = 'forbid(principal, action in AgentCore::Action::"keys", resource == AgentCore::Gateway::"' + ARN + '");'
POLICIES = {
    **{rule.name: statement(rule, CLAIMS, COGNITO_CLIENT, ARN) for rule in (READER, WRITER)},
    "limit_1": LIMIT,
    "ban_1": BAN,
}


class Check:
    """`check` of a fresh token at a gateway with these policies."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._run = folder, Command(monkeypatch)
        (folder / "keys.json").write_text(json.dumps(key_set()))

    def __call__(self, *options: str, token: str | None = None, **gateway: Any) -> Answer:
        document = {
            "url": "https://x.example",
            "mcpUrl": "https://x.example/mcp",
            "arn": ARN,
            "authorizer": {"discoveryUrl": discovery_url(COGNITO_ISSUER), "allowedClients": [COGNITO_CLIENT]},
            "policies": POLICIES,
            "accessMode": "enforce",
            **gateway,
        }
        given = {key: value for key, value in document.items() if value is not None}
        (self._folder / "outputs.json").write_text(json.dumps({"gateways": {"cognito": given}}))
        now = int(time.time())
        claims = cognito(iat=now, auth_time=now, exp=now + 600)
        files = ["--outputs", str(self._folder / "outputs.json"), "--jwks", str(self._folder / "keys.json")]
        return self._run("check", *files, *options, stdin=token or signed(claims))


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    return Check(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("tool", "code", "said"),
    [
        ("orders___get", 0, f"tool orders___get: permitted by policy {READER.name}"),
        ("orders___put", 1, 'wants scope "gateway/admin"; the token has scope "gateway/read gateway/write"'),
        ("orders___drop", 1, "none of 4 policies is for that tool"),
        ('orders___pay={"amount": 5}', 0, "permitted by policy limit_1"),
        ('orders___pay={"amount": 500}', 1, "limit_1 wants when {"),
        ("orders___pay", 0, "it depends on the arguments: --tool 'orders___pay={…}'"),
        ("keys___read", 1, "tool keys___read: forbidden by policy ban_1"),
    ],
)
def test_says_which_policy_decides_and_why(check: Check, tool: str, code: int, said: str) -> None:
    answer = check("--tool", tool)
    assert answer.code == code
    assert said in answer.out


def test_the_document_has_every_tool(check: Check) -> None:
    answer = check("--tool", "orders___get", "--tool", "orders___put", "--json")
    assert [(each["tool"], each["permitted"], each["refused"]) for each in answer.document["tools"]] == [
        ("orders___get", True, False),
        ("orders___put", False, True),
    ]


def test_what_is_only_logged_is_let_through(check: Check) -> None:
    answer = check("--tool", "orders___put", accessMode="logOnly")
    assert answer.code == 0
    assert "no policy permits it; let through, since accessMode is logOnly" in answer.out


def test_without_policies_every_tool_may_be_called(check: Check) -> None:
    answer = check("--tool", "orders___put", policies=None, accessMode=None)
    assert answer.code == 0
    assert "every tool may be called" in answer.out


def test_who_is_not_let_in_is_told_nothing_of_tools(check: Check) -> None:
    now = int(time.time())
    stranger = signed(cognito(client_id="other", iat=now, auth_time=now, exp=now + 600))
    answer = check("--tool", "orders___get", token=stranger)
    assert answer.code == 1
    assert "tool orders___get" not in answer.out


def test_a_tool_needs_a_gateway_with_its_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Command(monkeypatch)("check", "--discovery-url", "https://x.example/a", "--tool", "a___b", stdin="x")
    assert answer.code == 2
    assert "--tool needs the gateway's policies" in answer.err
