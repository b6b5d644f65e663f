"""`verify` and `env`: a stack's outputs, real token requests, and MCP over plain HTTPS, answered as a test says."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from agentcore_auth.access.rules import Rule, TokenClaims, statement
from agentcore_auth.tokens.mcp_client import McpError, list_tools
from tests.sandbox.https_server import Answering, Asked, HttpsServer, Reply, https_server
from tests.unit.issued_tokens import key_set, signed
from tests.unit.token_command import Command

WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[HttpsServer]:
    """An issuer and a gateway in one; the token endpoint gives tokens of client `a`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with https_server(tmp_path) as started:
        monkeypatch.setenv("SSL_CERT_FILE", str(started.ca))
        started.routes |= routes(started)
        yield started


def routes(server: HttpsServer) -> dict[str, Reply | Answering]:
    return {
        WELL_KNOWN: Reply({"issuer": server.url, "jwks_uri": f"{server.url}/keys", "token_endpoint": "x"}),
        "/keys": Reply(key_set()),
        "/token": lambda _: Reply({"access_token": token(server), "expires_in": 600}),
        "/mcp": mcp,
    }


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


def token(server: HttpsServer) -> str:
    now = int(time.time())
    return signed({"iss": server.url, "client_id": "a", "scope": "read", "iat": now - 5, "exp": now + 600})


def mcp(asked: Asked) -> Reply:
    """A gateway with three tools on two pages, which answers tools/list as a stream of events."""
    if not asked.headers.get("authorization", "").startswith("Bearer ey"):
        error = {"code": -32001, "message": "Invalid Bearer token"}
        return Reply({"jsonrpc": "2.0", "id": 0, "error": error}, 401, {"WWW-Authenticate": "Bearer"})
    message = json.loads(asked.body)
    if message["method"] == "initialize":
        result: dict[str, object] = {"protocolVersion": "2025-03-26", "capabilities": {}}
        return Reply({"jsonrpc": "2.0", "id": message["id"], "result": result}, headers={"Mcp-Session-Id": "s1"})
    if asked.headers.get("mcp-session-id") != "s1" or asked.headers.get("mcp-protocol-version") != "2025-03-26":
        return Reply(b"", 400)
    if message["method"] == "notifications/initialized":
        return Reply(b"", 202)
    second = message["params"].get("cursor") == "2"
    names = ["echo___c"] if second else ["echo___a", "echo___b"]
    result = {"tools": [{"name": name} for name in names], **({} if second else {"nextCursor": "2"})}
    answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
    other = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
    events = f"event: message\r\ndata: {other}\r\n\r\n: comment\n\nevent: message\ndata: {answer}\n\n"
    return Reply(events.encode(), headers={"Content-Type": "text/event-stream"})


def outputs(server: HttpsServer, **authorizer: object) -> dict[str, Any]:
    return {
        "gateways": {
            "corp": {
                "name": "gw-corp",
                "id": "gw-corp-0123456789",
                "arn": "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/gw-corp-0123456789",
                "url": server.url,
                "mcpUrl": f"{server.url}/mcp",
                "authorizer": {
                    "discoveryUrl": f"{server.url}{WELL_KNOWN}",
                    **(authorizer or {"allowedClients": ["a"]}),
                },
            }
        },
        "identityProviders": {
            "corp": {
                "discoveryUrl": f"{server.url}{WELL_KNOWN}",
                "issuer": server.url,
                "tokenEndpoint": f"{server.url}/token",
                "scopes": ["read", "write"],
                "clients": {"default": {"clientId": "a", "clientSecret": "it's secret", "scopes": ["read"]}},
            }
        },
    }


def saved(folder: Path, document: object) -> str:
    file = folder / "outputs.json"
    file.write_text(json.dumps(document))
    return str(file)


def test_verify_calls_every_gateway(tokens: Command, server: HttpsServer, tmp_path: Path) -> None:
    file = saved(tmp_path, outputs(server))
    shown = tokens("verify", "--outputs", file)
    assert shown.code == 0
    assert shown.out.splitlines()[1].split() == ["corp", "default", "ok", "3", "tools"]
    document = tokens("verify", "--json", "--outputs", file).document
    assert document["ok"] is True
    assert document["gateways"][0]["tools"] == ["echo___a", "echo___b", "echo___c"]


def test_verify_names_cause_and_remedy_of_what_fails(tokens: Command, server: HttpsServer, tmp_path: Path) -> None:
    file = saved(tmp_path, outputs(server, allowedAudience=["gw"]))
    shown = tokens("verify", "--outputs", file)
    assert shown.code == 1
    assert "failed at check  401 audience_absent" in shown.out
    assert "remedy for corp: " in shown.out
    row = tokens("verify", "--json", "--outputs", file).document["gateways"][0]
    assert (row["ok"], row["step"]) == (False, "check")


GATEWAYS = {
    "refuses all the same": (Reply({"error": {"message": "Invalid Bearer token"}}, 401), "401, "),
    "is in trouble": (Reply(b"", 503), "HTTP 503 to initialize"),
    "is no MCP server": (Reply(b"<html>"), "without an answer in JSON-RPC"),
    "answers with an error": (
        Reply({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "no"}}),
        'initialize: "no"',
    ),
}


@pytest.mark.parametrize(("reply", "says"), GATEWAYS.values(), ids=GATEWAYS.keys())
def test_verify_fails_where_the_gateway(
    tokens: Command, server: HttpsServer, tmp_path: Path, reply: Reply, says: str
) -> None:
    server.routes["/mcp"] = reply
    row = tokens("verify", "--json", "--outputs", saved(tmp_path, outputs(server))).document["gateways"][0]
    assert (row["ok"], row["step"]) == (False, "call")
    assert says in row["message"]


def test_verify_says_which_token_request_was_refused(tokens: Command, server: HttpsServer, tmp_path: Path) -> None:
    server.routes["/token"] = Reply({"error": "invalid_scope"}, 400)
    answer = tokens("verify", "--json", "--outputs", saved(tmp_path, outputs(server)))
    row = answer.document["gateways"][0]
    assert (answer.code, row["step"]) == (1, "token")
    assert "scope_not_granted" in row["message"]
    assert "--scope" in row["remedy"]


@pytest.mark.parametrize("step", ["token", "check", "call"])
def test_whom_this_machine_cannot_reach_has_refused_nothing(
    tokens: Command, server: HttpsServer, tmp_path: Path, step: str
) -> None:
    document, nowhere = outputs(server), "https://127.0.0.1:1"
    gateway, provider = document["gateways"]["corp"], document["identityProviders"]["corp"]
    if step == "token":
        provider["tokenEndpoint"] = f"{nowhere}/token"
    elif step == "check":
        gateway["authorizer"]["discoveryUrl"] = f"{nowhere}{WELL_KNOWN}"
    else:
        gateway["mcpUrl"] = f"{nowhere}/mcp"
    answer = tokens("verify", "--json", "--outputs", saved(tmp_path, document))
    row = answer.document["gateways"][0]
    assert (answer.code, row["ok"], row["step"], row["reached"]) == (3, False, step, False)
    assert "401" not in row["message"]


def test_one_that_refuses_outweighs_one_that_cannot_be_reached(
    tokens: Command, server: HttpsServer, tmp_path: Path
) -> None:
    document = outputs(server)
    document["gateways"]["away"] = {**document["gateways"]["corp"], "mcpUrl": "https://127.0.0.1:1/mcp"}
    document["identityProviders"]["away"] = document["identityProviders"]["corp"]
    file = saved(tmp_path, document)
    assert tokens("verify", "--outputs", file).code == 3
    document["gateways"]["corp"]["authorizer"] = {**document["gateways"]["corp"]["authorizer"], "allowedClients": ["b"]}
    assert tokens("verify", "--outputs", saved(tmp_path, document)).code == 1


def test_verify_passes_over_an_issuer_without_a_client_of_the_stack(
    tokens: Command, server: HttpsServer, tmp_path: Path
) -> None:
    document = outputs(server)
    document["identityProviders"]["corp"]["clients"] = {}
    shown = tokens("verify", "--outputs", saved(tmp_path, document))
    assert shown.code == 4
    assert "skipped" in shown.out
    assert "not checked: gateway corp: no client of this stack" in shown.out
    as_json = tokens("verify", "--json", "--outputs", saved(tmp_path, document)).document
    assert (as_json["ok"], len(as_json["notChecked"])) == (None, 1)


def test_one_gateway_that_was_checked_is_enough_for_a_verdict(
    tokens: Command, server: HttpsServer, tmp_path: Path
) -> None:
    document = outputs(server)
    document["gateways"]["other"] = document["gateways"]["corp"]
    shown = tokens("verify", "--outputs", saved(tmp_path, document))
    assert shown.code == 0
    assert "not checked: gateway other: no client" in shown.out


def test_a_gateway_without_tools_is_a_finding(tokens: Command, server: HttpsServer, tmp_path: Path) -> None:
    def empty(asked: Asked) -> Reply:
        message = json.loads(asked.body)
        return Reply({"jsonrpc": "2.0", "id": message.get("id"), "result": {"tools": []}})

    server.routes["/mcp"] = empty
    shown = tokens("verify", "--outputs", saved(tmp_path, outputs(server)))
    assert shown.code == 1
    assert "has no tools" in shown.out


def with_access(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """The outputs with a policy that lets client `a` use these tools and targets."""
    gateway = document["gateways"]["corp"]
    policies = (
        {"a_may": statement(Rule("a", names), TokenClaims(("client_id",), "scope"), "a", gateway["arn"])}
        if names
        else {}
    )
    gateway |= {"accessMode": "enforce", "policies": policies}
    return document


@pytest.mark.parametrize(
    ("names", "tool", "code", "says"),
    [
        (("echo",), "echo___b", 0, "corp, default: tool echo___b: permitted by policy a_may"),
        (("echo",), "shop___buy", 0, "corp, default: tool shop___buy: no policy permits it"),
        # the gateway lists echo___b, and would not if these were its policies
        (
            ("echo___a",),
            "echo___b",
            1,
            "the gateway lists echo___b, and its policies in the stack's",
        ),
        (("echo", "shop"), "shop___buy", 1, "the gateway does not list shop___buy, and its policies"),
    ],
)
def test_verify_says_which_policy_lets_a_client_use_a_tool(
    tokens: Command, server: HttpsServer, tmp_path: Path, names: tuple[str, ...], tool: str, code: int, says: str
) -> None:
    file = saved(tmp_path, with_access(outputs(server), *names))
    answer = tokens("verify", "--tool", tool, "--outputs", file)
    assert answer.code == code
    assert says in answer.out
    if code == 0:
        [row] = tokens("verify", "--json", "--tool", tool, "--outputs", file).document["gateways"]
        assert [each["tool"] for each in row["access"]] == [tool]


def test_a_client_that_may_use_no_tool_is_no_finding(tokens: Command, server: HttpsServer, tmp_path: Path) -> None:
    def empty(asked: Asked) -> Reply:
        message = json.loads(asked.body)
        return Reply({"jsonrpc": "2.0", "id": message.get("id"), "result": {"tools": []}})

    server.routes["/mcp"] = empty
    shown = tokens("verify", "--outputs", saved(tmp_path, with_access(outputs(server))))
    assert shown.code == 0
    assert "no tool: no policy permits it one" in shown.out


@pytest.mark.parametrize(
    ("call", "code", "says"),
    [
        ('echo___a={"x": 1}', 0, "3 tools, called echo___a"),
        ("echo___a", 1, 'failed at tool  echo___a fails: "x is missing"'),
        ("other___z", 1, "no gateway lists other___z"),
        ("echo___a={", 2, "its arguments are not JSON"),
        ("echo___a=[]", 2, "have to be a JSON object"),
    ],
)
def test_verify_calls_the_tools_that_are_named(
    tokens: Command, server: HttpsServer, tmp_path: Path, call: str, code: int, says: str
) -> None:
    def calling(asked: Asked) -> Reply:
        message = json.loads(asked.body)
        if message["method"] != "tools/call":
            return mcp(asked)
        failed = message["params"] != {"name": "echo___a", "arguments": {"x": 1}}
        result = {"isError": failed, "content": [{"type": "text", "text": "x is missing" if failed else "1"}]}
        return Reply({"jsonrpc": "2.0", "id": message["id"], "result": result})

    server.routes["/mcp"] = calling
    answer = tokens("verify", "--call", call, "--outputs", saved(tmp_path, outputs(server)))
    assert answer.code == code
    assert says in " ".join((answer.out + answer.err).split("\n"))


def test_functions_whose_owners_may_not_have_admitted_the_role_are_named(
    tokens: Command, server: HttpsServer, tmp_path: Path
) -> None:
    function = "arn:aws:lambda:eu-west-1:210987654321:function:stock"
    document = outputs(server) | {"crossAccountStatements": [{"functionArn": function, "command": "aws lambda x"}]}
    shown = tokens("verify", "--outputs", saved(tmp_path, document)).out
    assert f"not checked: whether the owner of {function} has let the execution role in" in shown
    assert "aws lambda x" in shown


@pytest.mark.parametrize("path", ["clientSecret", "clients", "corp"])
def test_outputs_without_their_secrets_are_named_as_the_cause(
    tokens: Command, server: HttpsServer, tmp_path: Path, path: str
) -> None:
    document = outputs(server)
    provider = document["identityProviders"]["corp"]
    if path == "clientSecret":
        provider["clients"]["default"]["clientSecret"] = "[secret]"
    elif path == "clients":
        provider["clients"] = "[secret]"
    else:
        document["identityProviders"] = {"corp": "[secret]"}
    answer = tokens("verify", "--outputs", saved(tmp_path, document))
    assert answer.code in {1, 2}
    assert (
        "[secret] in these outputs: save them with pulumi stack output --json --show-secrets" in answer.out + answer.err
    )
    assert not any(asked.path == "/token" for asked in server.asked)


def test_verify_waits_for_a_domain_that_is_new(
    tokens: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    authority = trustme.CA()
    with https_server(tmp_path, authority=authority) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.ca))
        server.routes |= routes(server)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = int(taken.getsockname()[1])
        document = outputs(server)
        document["identityProviders"]["corp"]["tokenEndpoint"] = f"https://127.0.0.1:{port}/token"
        file = saved(tmp_path, document)
        at_once = tokens("verify", "--outputs", file)
        assert at_once.code == 3
        assert "not reached at token" in at_once.out

        with ExitStack() as opened:

            def answer_from_now_on(_seconds: float) -> None:
                domain = opened.enter_context(https_server(tmp_path, authority=authority, port=port))
                domain.routes["/token"] = server.routes["/token"]

            monkeypatch.setattr(time, "sleep", answer_from_now_on)  # in place of the pause before the second try
            waited = tokens("verify", "--wait", "20", "--outputs", file)
    assert waited.code == 0
    assert f"waiting for 127.0.0.1:{port}" in waited.err


def test_a_list_of_tools_without_end_is_given_up(server: HttpsServer) -> None:
    numbers = itertools.count(1)

    def endless(asked: Asked) -> Reply:
        message = json.loads(asked.body)
        result = {"tools": [], "nextCursor": str(next(numbers))}
        return Reply({"jsonrpc": "2.0", "id": message.get("id"), "result": result})

    server.routes["/mcp"] = endless
    with pytest.raises(McpError, match="50 pages"):
        list_tools(f"{server.url}/mcp", "token")


def test_env_writes_the_tutorials_names_for_the_user_alone(
    tokens: Command, server: HttpsServer, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    arguments = ("env", "--outputs", saved(tmp_path, outputs(server)), "--file", str(file))
    written = tokens(*arguments)
    assert written.code == 0
    assert "it's secret" not in written.out
    assert file.stat().st_mode & 0o777 == 0o600
    script = f'. {file}; printf "%s|" "$COGNITO_DOMAIN" "$COGNITO_CLIENT_ID" "$COGNITO_CLIENT_SECRET" "$TOKEN_ENDPOINT"'
    script += ' "$DISCOVERY_URL" "$ISSUER" "$AUDIENCE" "$SCOPE" "$GATEWAY_URL"'
    printed = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=10).stdout
    url = server.url
    values = [url, "a", "it's secret", f"{url}/token", f"{url}{WELL_KNOWN}", url, "", "read", f"{url}/mcp"]
    assert printed.split("|")[:-1] == values
    assert tokens("get", "--env-file", str(file)).out == f"{token(server)}\n"


def test_env_overwrites_other_content_only_by_force(tokens: Command, server: HttpsServer, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    arguments = ("env", "--outputs", saved(tmp_path, outputs(server)), "--file", str(file))
    file.write_text("MINE=1\n")
    refused = tokens(*arguments)
    assert refused.code == 1
    assert "--force" in refused.err
    assert file.read_text() == "MINE=1\n"
    assert tokens(*arguments, "--force").code == 0
    assert tokens(*arguments).code == 0  # the same content is no other content
    assert tokens("env", "--outputs", arguments[2], "--file", str(tmp_path / "no" / "folder")).code == 2


def test_several_gateways_have_to_be_told_apart(tokens: Command, server: HttpsServer, tmp_path: Path) -> None:
    document = outputs(server)
    document["gateways"]["other"] = document["gateways"]["corp"]
    answer = tokens("check", "--outputs", saved(tmp_path, document), stdin=token(server))
    assert answer.code == 2
    assert "valid for --gateway: corp, other" in answer.err
    named = tokens("check", "--outputs", saved(tmp_path, document), "--gateway", "corp", stdin=token(server))
    assert named.code == 0
