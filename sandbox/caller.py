"""A caller of gateways: what an agent does with its token, over HTTPS, by the official MCP client.

Goes where the environment says (HTTPS_PROXY, SSL_CERT_FILE).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx2
from mcp import Client, types
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from agentcore_auth.tokens.signatures import Sign

_SECONDS = 60
_CLIENT = {"name": "agentcore-auth", "version": "1.0.0"}
_PARAMETERS = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": _CLIENT}
_INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": _PARAMETERS}


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


def knock(mcp_url: str, token: str | Sign | None) -> Answer:
    """Send `initialize` with a token or signed (None: with neither), and see whether the gateway lets it in."""
    body = json.dumps(_INITIALIZE).encode()
    headers: Mapping[str, str] = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
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
    """Call one tool by its full name (`target___tool`). Raises MCPError like use_tools."""
    return use_tools(mcp_url, token, [(name, arguments)], headers)[1][0]


def use_tools(
    mcp_url: str,
    token: str,
    calls: Sequence[tuple[str, Mapping[str, Any]]],
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[types.Tool], list[ToolResult]]:
    """List the tools and make the calls, in one session.

    Raises MCPError where the gateway refuses a call itself (an unknown tool, say) instead of giving a tool's result.
    """
    http = httpx2.AsyncClient(headers={**headers, "Authorization": f"Bearer {token}"}, timeout=_SECONDS)
    results: list[ToolResult] = []
    refused: list[MCPError] = []

    async def used() -> list[types.Tool]:
        # AgentCore Gateway is of the protocol versions that begin with `initialize`.
        async with http, Client(streamable_http_client(mcp_url, http_client=http), mode="legacy") as client:
            tools = (await client.list_tools()).tools
            try:
                for name, arguments in calls:
                    result = await client.call_tool(name, dict(arguments))
                    text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
                    results.append(ToolResult(text, bool(result.is_error)))
            except MCPError as error:  # that leaves the session arrives wrapped in the groups of its tasks
                refused.append(error)
            return tools

    tools = asyncio.run(used())
    if refused:
        raise refused[0]
    return tools, results
