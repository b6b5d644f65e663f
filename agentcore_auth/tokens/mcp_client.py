"""As much of an MCP client as a gateway's tools need: initialize, tools/list to its last page, and tools/call.

Plain JSON-RPC over POST (MCP specification 2025-06-18, "Streamable HTTP"): the answer is JSON, or a stream of events.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import cast

from agentcore_auth.authorizer.causes import quoted
from agentcore_auth.tokens.signatures import Sign
from agentcore_auth.tokens.transport import TIMEOUT, Response, request

PROTOCOL_VERSION = "2025-06-18"
MAX_PAGES = 50
LIMIT = 120.0
"""Seconds for each request as a whole: a tool may take its time, and its answer may come in pieces."""
TOOL_TIMEOUT = 300.0
"""Seconds to wait for a tool, which may work for longer than a gateway does."""


class McpError(Exception):
    """The gateway answered, but not with tools; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def list_tools(url: str, token: str | Sign) -> list[str]:
    """The names of a gateway's tools, asked for with a bearer token or signed requests.

    Raises McpError, and agentcore_auth.tokens.transport.UnreachableError.
    """
    return [str(tool.get("name")) for tool in opened(url, token).tools()]


def call_tool(url: str, token: str | Sign, name: str, arguments: Mapping[str, object]) -> None:
    """Call one tool by its full name (`target___tool`).

    Raises McpError, also where the tool itself fails, and agentcore_auth.tokens.transport.UnreachableError.
    """
    result = opened(url, token).call("tools/call", {"name": name, "arguments": arguments})
    if result.get("isError"):
        raise McpError(f"{name} fails: {quoted(text_of(result), 500)}", 200)


def text_of(result: Mapping[str, object]) -> str:
    """What a tool's result says in words."""
    content = result.get("content")
    parts = cast("list[object]", content) if isinstance(content, list) else []
    texts = [cast("dict[str, object]", part).get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(str(text) for text in texts if text)


def opened(url: str, token: str | Sign, *, timeout: float = TIMEOUT) -> Session:
    """A session that is initialized. `timeout`: seconds for each answer. Raises as list_tools does."""
    session = Session(url, token, timeout=timeout)
    session.call(
        "initialize",
        {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "agentcore-auth-tokens", "version": "1"},
        },
    )
    session.exchange({"jsonrpc": "2.0", "method": "notifications/initialized"})
    return session


class Session:
    """Messages to one gateway. What the server chooses at `initialize` goes with all that follows."""

    def __init__(self, url: str, token: str | Sign, *, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._timeout = timeout
        self._headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        self._ids = itertools.count(1)
        self.use(token)

    def use(self, token: str | Sign) -> None:
        """Show another token from now on, or sign."""
        self._sign = _bearing(token) if isinstance(token, str) else token

    def tools(self) -> list[Mapping[str, object]]:
        """All tools, as tools/list has them."""
        tools: list[Mapping[str, object]] = []
        cursor: object = None
        for _ in range(MAX_PAGES):
            page = self.call("tools/list", {"cursor": cursor} if cursor else {})
            listed = page.get("tools")
            items = cast("list[object]", listed) if isinstance(listed, list) else []
            tools.extend(cast("dict[str, object]", item) for item in items if isinstance(item, dict))
            cursor = page.get("nextCursor")
            if not cursor:
                return tools
        raise McpError(f"tools/list has more than {MAX_PAGES} pages", 200)

    def call(self, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        """The result of one request."""
        number = next(self._ids)
        answers, status = self.exchange({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        answer = next((message for message in answers if message.get("id") == number), None)
        if answer is None:
            raise McpError(f"{method}: HTTP {status} without an answer in JSON-RPC", status)
        error = answer.get("error")
        if error is not None:
            said = cast("dict[str, object]", error).get("message") if isinstance(error, dict) else error
            raise McpError(f"{method}: {quoted(said)}", status)
        result = answer.get("result")
        return cast("dict[str, object]", result) if isinstance(result, dict) else {}

    def exchange(self, message: Mapping[str, object]) -> tuple[list[dict[str, object]], int]:
        """Send one message of JSON-RPC; gives all that comes back, and the HTTP status."""
        response = self._post(message)
        answers = _messages(response)
        if message.get("method") == "initialize":
            results = (answer.get("result") for answer in answers)
            chosen = (
                cast("dict[str, object]", found).get("protocolVersion") for found in results if isinstance(found, dict)
            )
            version = next((version for version in chosen if isinstance(version, str)), PROTOCOL_VERSION)
            self._headers["MCP-Protocol-Version"] = version
        return answers, response.status

    def _post(self, message: Mapping[str, object]) -> Response:
        data = json.dumps(message).encode()
        limit = max(self._timeout, LIMIT)
        headers = {**self._headers, **self._sign(self._url, data, self._headers)}
        response = request(self._url, data=data, headers=headers, timeout=self._timeout, limit=limit)
        if response.status in {401, 403}:
            challenge = response.headers.get("www-authenticate", "")
            raise McpError(f"HTTP {response.status}, {quoted(_refusal(response) or challenge)}", response.status)
        if response.status >= 400:
            raise McpError(f"HTTP {response.status} to {message.get('method', 'an answer')}", response.status)
        session = response.headers.get("mcp-session-id")
        if session:
            self._headers["Mcp-Session-Id"] = session
        return response


def _bearing(token: str) -> Sign:
    def show(_url: str, _body: bytes, _headers: Mapping[str, str]) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {token}"}

    return show


def _refusal(response: Response) -> str:
    for message in _messages(response):
        error = message.get("error")
        if isinstance(error, dict):
            return str(cast("dict[str, object]", error).get("message", ""))
        if isinstance(message.get("message"), str):
            return str(message["message"])
    return ""


def _messages(response: Response) -> list[dict[str, object]]:
    text = response.body.decode("utf-8", "replace")
    pieces = [text]
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        events = text.replace("\r\n", "\n").split("\n\n")
        pieces = [
            "\n".join(line[5:].lstrip() for line in event.split("\n") if line.startswith("data:")) for event in events
        ]
    messages: list[dict[str, object]] = []
    for piece in pieces:
        try:
            document: object = json.loads(piece)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            messages.append(cast("dict[str, object]", document))
    return messages
