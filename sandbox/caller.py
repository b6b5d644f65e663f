"""A caller of gateways: what an agent does with its token, over HTTPS, by the official MCP client.

Goes where the environment says (HTTPS_PROXY, SSL_CERT_FILE).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx2
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from agentcore_auth.tokens.signatures import Sign

_SECONDS = 60
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "agentcore-auth", "version": "1.0.0"},
    },
}


@dataclass(frozen=True)
class Answer:
    """What a gateway answers to a token: the HTTP status, the challenge of a refusal, and the error's message."""

    status: int
    challenge: str | None
    message: str | None


@dataclass(frozen=True)
class ToolResult:
    """What a tool answered: its text, and whether it failed."""

    text: str
    failed: bool


class ToolCallError(Exception):
    """The gateway refuses the call itself (an unknown tool, say): a JSON-RPC error instead of a tool's result."""


def knock(mcp_url: str, token: str | Sign | None) -> Answer:
    """Send `initialize` with a token or signed (None: with neither), and see whether the gateway lets it in."""
    body = json.dumps(_INITIALIZE).encode()
    headers: Mapping[str, str] = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    if isinstance(token, str):
        headers = {**headers, "Authorization": f"Bearer {token}"}
    elif token is not None:
        headers = token(mcp_url, body, headers)
    response = httpx2.post(mcp_url, content=body, headers=dict(headers), timeout=_SECONDS)
    try:
        error = response.json().get("error") or {}
    except json.JSONDecodeError:
        error = {"message": response.text}
    return Answer(response.status_code, response.headers.get("www-authenticate"), error.get("message"))


def list_tools(mcp_url: str, token: str) -> list[types.Tool]:
    """The gateway's tools, for a token that it lets in."""
    return use_tools(mcp_url, token, ())[0]


def call_tool(
    mcp_url: str,
    token: str,
    name: str,
    arguments: Mapping[str, Any],
    headers: Mapping[str, str] = MappingProxyType({}),
) -> ToolResult:
    """Call one tool by its full name (`target___tool`). Raises ToolCallError."""
    return use_tools(mcp_url, token, [(name, arguments)], headers)[1][0]


def use_tools(
    mcp_url: str,
    token: str,
    calls: Sequence[tuple[str, Mapping[str, Any]]],
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[types.Tool], list[ToolResult]]:
    """List the tools and make the calls, in one session. Raises ToolCallError."""

    async def used() -> tuple[list[types.Tool], list[ToolResult | MCPError]]:
        async with _connected(mcp_url, token, headers) as client:
            tools = (await client.list_tools()).tools
            return tools, [await _called(client, name, arguments) for name, arguments in calls]

    tools, answers = asyncio.run(used())
    results: list[ToolResult] = []
    for answer in answers:
        if isinstance(answer, MCPError):
            raise ToolCallError(answer.message)
        results.append(answer)
    return tools, results


async def _called(client: Client, name: str, arguments: Mapping[str, Any]) -> ToolResult | MCPError:
    """The error as a value: raised inside the session it would arrive wrapped in the groups of its tasks."""
    try:
        result = await client.call_tool(name, dict(arguments))
    except MCPError as error:
        return error
    text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
    return ToolResult(text, bool(result.is_error))


@asynccontextmanager
async def _connected(mcp_url: str, token: str, headers: Mapping[str, str]) -> AsyncGenerator[Client]:
    """A session. AgentCore Gateway is of the protocol versions that begin with `initialize`."""
    async with (
        httpx2.AsyncClient(headers={**headers, "Authorization": f"Bearer {token}"}, timeout=_SECONDS) as http,
        Client(streamable_http_client(mcp_url, http_client=http), mode="legacy") as client,
    ):
        yield client
