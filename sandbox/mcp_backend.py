"""One tool as an MCP server, by the official package: stateless, one answer for each request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send


async def serve_tool(
    name: str,
    description: str,
    argument: str,
    use: Callable[[str], Mapping[str, Any]],
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Answer one HTTP request of an MCP client; the tool is `use`, with the argument of this name."""
    schema = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}

    async def list_tools(
        _: ServerRequestContext[dict[str, Any]], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[types.Tool(name=name, description=description, input_schema=schema)])

    async def call_tool(
        _: ServerRequestContext[dict[str, Any]], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        answer = use(str((params.arguments or {})[argument]))
        return types.CallToolResult(
            content=[types.TextContent(text=json.dumps(dict(answer)))], structured_content=dict(answer)
        )

    server: Server[dict[str, Any]] = Server(name, version="1.0.0", on_list_tools=list_tools, on_call_tool=call_tool)
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(scope, receive, send)
