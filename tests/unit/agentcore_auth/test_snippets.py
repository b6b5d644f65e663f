"""What `snippet` writes: well-formed, with the gateway's values in it, and without the secret."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from packaging.requirements import Requirement

from agentcore_auth.cli.main import main
from agentcore_auth.snippets import KINDS, Subject, snippet
from agentcore_auth.tokens.client import Credentials
from tests.unit.project import PROJECT

URL = "https://tools-cognito-abcdefghij.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp"
BRIDGE = ("/venv/bin/agentcore-auth", "bridge", "--env-file", "/work folder/.env")
COGNITO = Credentials("https://p.auth.us-west-2.amazoncognito.com/oauth2/token", "agent", "hush", "tools/read")
AUTH0 = Credentials(
    "https://t.us.auth0.com/oauth/token", "agent", "hush", 'a "b" $(c) `d` \\e', "https://api.example.com"
)
PYTHON = ("mcp", "langgraph", "strands")


def of(kind: str, credentials: Credentials) -> str:
    return snippet(kind, Subject(URL, credentials, BRIDGE))


def constants(code: str) -> dict[str, object]:
    assigned = (node for node in ast.parse(code).body if isinstance(node, ast.Assign))
    named = {ast.unparse(node.targets[0]): node.value for node in assigned}
    return {name: ast.literal_eval(value) for name, value in named.items() if name.isupper()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("credentials", [COGNITO, AUTH0], ids=["cognito", "auth0"])
def test_no_snippet_holds_the_secret_or_a_placeholder(kind: str, credentials: Credentials) -> None:
    text = of(kind, credentials)
    assert "hush" not in text
    assert "@@" not in text


@pytest.mark.parametrize("kind", PYTHON)
def test_code_names_the_gateway_and_its_token_request(kind: str) -> None:
    assert constants(of(kind, COGNITO)) == {
        "GATEWAY_URL": URL,
        "TOKEN_ENDPOINT": COGNITO.token_endpoint,
        "CLIENT_ID": "agent",
        "TOKEN_REQUEST": {"grant_type": "client_credentials", "scope": "tools/read"},
    }


@pytest.mark.parametrize(
    ("kind", "pins"),
    [
        ("mcp", "requirements-dev.txt"),
        ("langgraph", "tests/deployed/agents/langgraph.txt"),
        ("strands", "tests/deployed/agents/strands.txt"),
    ],
)
def test_what_code_asks_for_is_what_it_is_tested_with(kind: str, pins: str) -> None:
    [named] = re.findall(r'^# dependencies = \["(.*)"\]$', of(kind, COGNITO), re.MULTILINE)
    asked = Requirement(named)
    pinned = (Requirement(line) for line in (PROJECT / pins).read_text().splitlines() if re.match(r"[\w-]+==", line))
    [tested] = [str(each.specifier).removeprefix("==") for each in pinned if each.name == asked.name]
    assert asked.specifier.contains(tested)


@pytest.mark.parametrize("kind", PYTHON)
def test_auth0_is_told_the_audience_and_the_secret_in_the_body(kind: str) -> None:
    code = of(kind, AUTH0)
    assert constants(code)["TOKEN_REQUEST"] == {
        "grant_type": "client_credentials",
        "scope": AUTH0.scope,
        "audience": AUTH0.audience,
    }
    assert '"client_secret": os.environ' in code
    assert "BasicAuth" not in code


@pytest.mark.parametrize("kind", PYTHON)
@pytest.mark.parametrize("credentials", [COGNITO, AUTH0], ids=["cognito", "auth0"])
def test_code_is_clean(kind: str, credentials: Credentials, tmp_path: Path) -> None:
    file = tmp_path / "agent.py"
    file.write_text(of(kind, replace(credentials, scope="read write")))
    ruff = (sys.executable, "-m", "ruff")
    rules = ("--isolated", "--line-length", "120")
    subprocess.run([*ruff, "check", "--quiet", *rules, "--select", "E,F,I,UP,B", str(file)], check=True)
    subprocess.run([*ruff, "format", "--quiet", *rules, "--check", str(file)], check=True)


@pytest.mark.parametrize("credentials", [COGNITO, AUTH0], ids=["cognito", "auth0"])
def test_a_shell_hands_curl_what_the_token_request_takes(credentials: Credentials, tmp_path: Path) -> None:
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\ncat >&2\necho \'{"access_token": "abc"}\'\n')
    curl.chmod(0o700)
    file = tmp_path / "tools.sh"
    file.write_text(of("curl", credentials))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "COGNITO_CLIENT_SECRET": 'q"\\'}
    done = subprocess.run(["/bin/sh", str(file)], env=environment, capture_output=True, text=True, check=True)
    given = [line.partition(" = ") for line in done.stderr.splitlines()]
    read = [(name, json.loads(value)) for name, _, value in given]
    sent = [value for name, value in read if name in {"data-urlencode", "user"}]
    scope = f"scope={credentials.scope}"
    in_body = [scope, "audience=https://api.example.com", "client_id=agent", 'client_secret=q"\\']
    assert sent == ["grant_type=client_credentials", *([scope, 'agent:q"\\'] if credentials is COGNITO else in_body)]
    assert ("header", "Authorization: Bearer abc") in read


@pytest.mark.parametrize("credentials", [COGNITO, AUTH0], ids=["cognito", "auth0"])
def test_code_asks_for_another_token_when_one_ends_or_is_refused(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COGNITO_CLIENT_SECRET", "hush")
    clock, issued = [1000.0], [0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def answer(request: httpx2.Request) -> httpx2.Response:
        if str(request.url) == credentials.token_endpoint:
            issued[0] += 1
            return httpx2.Response(200, json={"access_token": str(issued[0]), "expires_in": 3600})
        return httpx2.Response(200 if request.headers["Authorization"] == f"Bearer {issued[0]}" else 401)

    program: dict[str, Any] = {"__name__": "agent"}
    exec(compile(of("mcp", credentials), "agent.py", "exec"), program)  # noqa: S102  # it is what users run
    with httpx2.Client(transport=httpx2.MockTransport(answer), auth=program["ClientCredentials"]()) as client:
        assert [client.get(URL).status_code, client.get(URL).status_code, issued[0]] == [200, 200, 1]
        clock[0] += 3600 - 59
        assert [client.get(URL).status_code, issued[0]] == [200, 2]
        issued[0] = 7  # the issuer's keys have changed, say
        assert [client.get(URL).status_code, issued[0]] == [200, 8]


@pytest.mark.parametrize(
    ("token_answer", "gateway_answer", "told"),
    [
        (400, 200, f'{COGNITO.token_endpoint} answers 400: {{"access_token":"abc"}}'),
        (200, 401, f"{URL} answers 401: no"),
        (200, 403, f"{URL} answers 403: no"),
    ],
)
def test_a_program_that_is_refused_ends_with_what_was_said_and_what_to_look_at(
    token_answer: int, gateway_answer: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if str(request.url) == COGNITO.token_endpoint:
            return httpx2.Response(token_answer, json={"access_token": "abc"})
        return httpx2.Response(gateway_answer, text="no")

    def post(url: str, **question: Any) -> httpx2.Response:
        return httpx2.Client(transport=httpx2.MockTransport(answer)).post(url, **question)

    monkeypatch.setenv("COGNITO_CLIENT_SECRET", "hush")
    monkeypatch.setattr(httpx2, "post", post)
    with pytest.raises(SystemExit) as end:
        exec(compile(of("mcp", COGNITO), "agent.py", "exec"), {"__name__": "__main__"})  # noqa: S102  # as below
    asked = "Is .env that of client agent? If it is, agentcore-auth call says why."
    assert str(end.value) == f"{told}\n{asked}"


@pytest.mark.parametrize(
    ("kind", "section"), [("claude", "mcpServers"), ("inspector", "mcpServers"), ("vscode", "servers")]
)
def test_settings_start_the_bridge(kind: str, section: str) -> None:
    [(name, entry)] = json.loads(of(kind, COGNITO))[section].items()
    assert name == "tools-cognito"
    assert (entry["command"], *entry["args"]) == BRIDGE


def test_every_kind_can_be_chosen_and_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["snippet", "--help"])
    offered = capsys.readouterr().out.partition("--for {")[2].partition("}")[0]
    assert offered.split(",") == list(KINDS)
    page = (PROJECT / "docs" / "agents.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
