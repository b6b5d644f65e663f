"""As much of an MCP client as shows that a gateway lets a token in: initialize, and tools/list to its last page.

Plain JSON-RPC over POST (MCP specification 2025-06-18, "Streamable HTTP"): the answer is JSON, or a stream of events.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from typing import cast

from agentcore_auth.authorizer.causes import quoted
from agentcore_auth.tokens.transport import Response, request

PROTOCOL_VERSION = "2025-06-18"
MAX_PAGES = 50
LIMIT = 120.0
"""Seconds for each request: a tool may take its time, and its answer may come in pieces."""


class McpError(Exception):
    """The gateway answered, but not with tools; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def list_tools(url: str, token: str) -> list[str]:
    """The names of a gateway's tools, asked for with a bearer token.

    Raises McpError, and agentcore_auth.tokens.transport.UnreachableError.
    """
    session = _opened(url, token)
    tools: list[str] = []
    cursor: object = None
    for _ in range(MAX_PAGES):
        page = session.call("tools/list", {"cursor": cursor} if cursor else {})
        listed = page.get("tools")
        items = cast("list[object]", listed) if isinstance(listed, list) else []
        tools.extend(str(cast("dict[str, object]", item).get("name")) for item in items if isinstance(item, dict))
        cursor = page.get("nextCursor")
        if not cursor:
            return tools
    raise McpError(f"tools/list has more than {MAX_PAGES} pages", 200)


def call_tool(url: str, token: str, name: str, arguments: Mapping[str, object]) -> None:
    """Call one tool by its full name (`target___tool`).

    Raises McpError, also where the tool itself fails, and agentcore_auth.tokens.transport.UnreachableError.
    """
    result = _opened(url, token).call("tools/call", {"name": name, "arguments": arguments})
    if result.get("isError"):
        content = result.get("content")
        parts = cast("list[object]", content) if isinstance(content, list) else []
        texts = [cast("dict[str, object]", part).get("text") for part in parts if isinstance(part, dict)]
        raise McpError(f"{name} fails: {quoted(' '.join(str(text) for text in texts if text), 500)}", 200)


def _opened(url: str, token: str) -> _Session:
    session = _Session(url, token)
    started = session.call(
        "initialize",
        {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "agentcore-auth-tokens", "version": "1"},
        },
    )
    session.speak(started.get("protocolVersion"))
    session.notify("notifications/initialized")
    return session


class _Session:
    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        self._ids = itertools.count(1)

    def speak(self, version: object) -> None:
        """Send the version that the server chose with everything that follows."""
        self._headers["MCP-Protocol-Version"] = version if isinstance(version, str) else PROTOCOL_VERSION

    def call(self, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        number = next(self._ids)
        response = self._post({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        answer = next((message for message in _messages(response) if message.get("id") == number), None)
        if answer is None:
            raise McpError(f"{method}: HTTP {response.status} without an answer in JSON-RPC", response.status)
        error = answer.get("error")
        if error is not None:
            said = cast("dict[str, object]", error).get("message") if isinstance(error, dict) else error
            raise McpError(f"{method}: {quoted(said)}", response.status)
        result = answer.get("result")
        return cast("dict[str, object]", result) if isinstance(result, dict) else {}

    def notify(self, method: str) -> None:
        self._post({"jsonrpc": "2.0", "method": method})

    def _post(self, message: Mapping[str, object]) -> Response:
        response = request(self._url, data=json.dumps(message).encode(), headers=self._headers, limit=LIMIT)
        if response.status in {401, 403}:
            challenge = response.headers.get("www-authenticate", "")
            raise McpError(f"HTTP {response.status}, {quoted(_refusal(response) or challenge)}", response.status)
        if response.status >= 400:
            raise McpError(f"HTTP {response.status} to {message['method']}", response.status)
        session = response.headers.get("mcp-session-id")
        if session:
            self._headers["Mcp-Session-Id"] = session
        return response


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
