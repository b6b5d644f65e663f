"""`call` and `bridge`: a gateway's tools from the command line, and as an MCP server that renews its token."""

from __future__ import annotations

import itertools
import json
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.https_server import Asked, HttpsServer, Reply, https_server
from tests.unit.token_command import Command

ECHO = {
    "name": "sample___echo",
    "description": "Says it again\x1b[31m",
    "inputSchema": {
        "type": "object",
        "properties": {"message": {"type": "string", "description": "What to say"}, "times": {"type": "integer"}},
        "required": ["message"],
    },
}
WITHOUT_TOKEN = {"jsonrpc": "2.0", "id": 0, "error": {"code": -32001, "message": "Invalid Bearer token"}}


@dataclass
class Gateway:
    """A gateway, and its issuer, which gives another token each time."""

    server: HttpsServer
    accepted: set[str] = field(default_factory=set[str])
    issued: Generator[str] = field(default_factory=lambda: (f"token-{number}" for number in itertools.count(1)))
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def token(self, _: Asked) -> Reply:
        token = next(self.issued)
        self.accepted.add(token)
        return Reply({"access_token": token, "expires_in": 600})

    def mcp(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.accepted:
            return Reply(WITHOUT_TOKEN, 401)
        message = json.loads(asked.body)
        self.asked.append({**message, "version": asked.headers.get("mcp-protocol-version")})
        if "id" not in message:
            return Reply(b"", 202)
        return Reply({"jsonrpc": "2.0", "id": message["id"], **self.answer(message["method"], message.get("params"))})

    def answer(self, method: str, params: Any) -> dict[str, Any]:
        if method == "initialize":
            return {"result": {"protocolVersion": "2025-11-25", "capabilities": {}}}
        if method == "tools/list":
            return {"result": {"tools": [ECHO]}}
        if params["name"] != "sample___echo":
            return {"error": {"code": -32602, "message": f"Unknown tool: {params['name']}"}}
        failed = "message" not in params["arguments"]
        text = "message is missing" if failed else params["arguments"]["message"]
        return {"result": {"content": [{"type": "text", "text": text}], "isError": failed}}


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Gateway]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with https_server(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        gateway = Gateway(server)
        server.routes |= {"/token": gateway.token, "/mcp": gateway.mcp}
        yield gateway


@pytest.fixture
def env_file(gateway: Gateway, tmp_path: Path) -> str:
    file = tmp_path / ".env"
    url = gateway.server.url
    file.write_text(
        f"COGNITO_CLIENT_ID=agent\nCOGNITO_CLIENT_SECRET=secret\nTOKEN_ENDPOINT={url}/token\nGATEWAY_URL={url}/mcp\n"
    )
    return str(file)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


def lines(*messages: dict[str, Any]) -> str:
    return "".join(f"{json.dumps({'jsonrpc': '2.0', **message})}\n" for message in messages)


INITIALIZE = {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}
LIST = {"id": 2, "method": "tools/list"}


def test_call_lists_the_tools_with_their_arguments(run: Command, env_file: str) -> None:
    shown = run("call", "--env-file", env_file)
    assert shown.code == 0
    assert shown.out.splitlines() == [
        "sample___echo  Says it again\\x1b[31m",
        "    message (string, required): What to say",
        "    times (integer)",
    ]
    assert run("call", "--json", "--env-file", env_file).document == {"tools": [ECHO]}


def test_call_says_how_to_see_why_the_gateway_refuses(run: Command, gateway: Gateway, tmp_path: Path) -> None:
    url = gateway.server.url
    client = {"clientId": "agent", "clientSecret": "secret"}
    provider = {"discoveryUrl": url, "issuer": url, "tokenEndpoint": f"{url}/token", "clients": {"default": client}}
    file = tmp_path / "saved outputs.json"
    reached = {"url": url, "mcpUrl": f"{url}/mcp", "authorizer": {"discoveryUrl": url}}
    file.write_text(json.dumps({"identityProviders": {"corp": provider}, "gateways": {"corp": reached}}))
    gateway.server.routes["/token"] = Reply({"access_token": "refused", "expires_in": 600})
    shown = run("call", "--outputs", str(file))
    assert shown.code == 1
    assert f"agentcore-auth get --outputs '{file}' --idp corp | agentcore-auth check --outputs '{file}' " in shown.err


def test_call_prints_what_the_tool_answers(run: Command, env_file: str) -> None:
    called = run("call", "sample___echo", '{"message": "hello"}', "--env-file", env_file)
    assert (called.code, called.out) == (0, "hello\n")
    document = run("call", "sample___echo", '{"message": "hello"}', "--json", "--env-file", env_file).document
    assert document == {"content": [{"type": "text", "text": "hello"}], "isError": False}


def test_call_fails_where_the_tool_does(run: Command, env_file: str) -> None:
    failed = run("call", "sample___echo", "--env-file", env_file)
    assert (failed.code, failed.out) == (1, "")
    assert "sample___echo fails: message is missing" in failed.err


@pytest.mark.parametrize("tool", ["echo", "sample___ecko", "other"])
def test_call_names_the_nearest_tools_for_one_that_is_unknown(run: Command, env_file: str, tool: str) -> None:
    failed = run("call", tool, "--env-file", env_file)
    assert failed.code == 1
    assert f"Unknown tool: {tool}" in failed.err
    assert "the nearest: sample___echo" in failed.err


@pytest.mark.parametrize("arguments", ["[1]", "{", "7"])
def test_call_takes_a_json_object(run: Command, env_file: str, arguments: str) -> None:
    refused = run("call", "sample___echo", arguments, "--env-file", env_file)
    assert refused.code == 2
    assert "ARGUMENTS: its arguments" in refused.err


def test_call_says_where_the_reason_of_a_refusal_is_found(run: Command, gateway: Gateway, env_file: str) -> None:
    gateway.server.routes["/token"] = Reply({"access_token": "of-somebody-else", "expires_in": 600})
    refused = run("call", "--env-file", env_file)
    assert refused.code == 1
    assert "Invalid Bearer token" in refused.err
    assert "agentcore-auth check" in refused.err


def test_call_needs_to_know_the_gateway(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "other.env"
    file.write_text("COGNITO_CLIENT_ID=a\nCOGNITO_CLIENT_SECRET=b\nTOKEN_ENDPOINT=https://issuer.example.com/token\n")
    refused = run("call", "--env-file", str(file))
    assert refused.code == 2
    assert "has GATEWAY_URL" in refused.err
    assert run("call", "--idp", "cognito").code == 2


def test_bridge_passes_every_message_on(run: Command, gateway: Gateway, env_file: str) -> None:
    call = {"id": "three", "method": "tools/call", "params": {"name": "sample___echo", "arguments": {"message": "hi"}}}
    bridged = run(
        "bridge",
        "--env-file",
        env_file,
        stdin=lines(INITIALIZE, {"method": "notifications/initialized"}, LIST, call),
    )
    assert bridged.code == 0
    answers = {each["id"]: each["result"] for each in map(json.loads, bridged.out.splitlines())}
    assert answers[1]["protocolVersion"] == "2025-11-25"
    assert answers[2] == {"tools": [ECHO]}
    assert answers["three"]["content"][0]["text"] == "hi"
    versions = {each["method"]: each["version"] for each in gateway.asked}
    assert versions.pop("initialize") is None
    assert set(versions.values()) == {"2025-11-25"}


def test_bridge_gets_another_token_when_the_gateway_refuses_the_one_it_has(
    run: Command, gateway: Gateway, env_file: str
) -> None:
    assert run("bridge", "--env-file", env_file, stdin=lines(INITIALIZE)).code == 0
    gateway.accepted.clear()  # the token in the cache still looks valid
    bridged = run("bridge", "--env-file", env_file, stdin=lines(INITIALIZE, LIST))
    assert [json.loads(line)["id"] for line in bridged.out.splitlines()] == [1, 2]
    assert len(gateway.accepted) == 1


def test_bridge_tells_the_client_what_goes_wrong(run: Command, gateway: Gateway, env_file: str) -> None:
    gateway.server.routes["/token"] = Reply({"error": "invalid_client"}, 401)
    bridged = run("bridge", "--env-file", env_file, stdin=f"no JSON\n{lines(INITIALIZE)}")
    answer = json.loads(bridged.out)
    assert answer["id"] == 1
    assert "invalid_client" in answer["error"]["message"]
    assert "secret" not in bridged.out + bridged.err
    assert "no JSON object" in bridged.err


def test_bridge_finds_the_way_out_in_the_env_file(
    run: Command, gateway: Gateway, env_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    refused = run("bridge", "--env-file", env_file, stdin=lines(INITIALIZE))
    assert "certificate is not trusted" in json.loads(refused.out)["error"]["message"]
    with Path(env_file).open("a") as file:
        file.write(f"SSL_CERT_FILE={gateway.server.ca}\n")
    monkeypatch.setenv("SSL_CERT_FILE", "")  # so that what the command sets is taken back after the test
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "result" in json.loads(run("bridge", "--env-file", env_file, stdin=lines(INITIALIZE)).out)
