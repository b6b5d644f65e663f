"""MCP of one gateway, by the official package: initialize, ping, tools/list and tools/call over Streamable HTTP.

Stateless and without a stream of the server's own, as AgentCore Gateway answers where no session is configured. Tool
names are `{target}___{tool}` (developer guide, "Understand how AgentCore Gateway tools are named").
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from agentcore_auth.access.rules import SEPARATOR, Caller
from agentcore_auth.documents.reading import Tool
from sandbox.aws.documents import Document
from sandbox.aws.log_delivery import write_line
from sandbox.gateway.deployed import mcp_settings, targets_of
from sandbox.gateway.invocation import CallFailedError, Invoker, Target
from sandbox.gateway.policy import listed, refusal

_Context = ServerRequestContext[dict[str, Any]]


async def serve(
    gateway: Document,
    caller: Caller,
    invokers: Mapping[str, Invoker],
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Answer one HTTP request to the gateway's MCP endpoint, by somebody who was checked before."""
    targets = targets_of(gateway, Request(scope).headers)

    async def list_tools(_: _Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """A target whose tools cannot be had has none: AgentCore would not have made it ready."""
        found: list[types.Tool] = []
        for target in targets:
            with contextlib.suppress(CallFailedError):
                found += [_mcp_tool(target, tool) for tool in await invokers[target.kind].tools(target)]
        return types.ListToolsResult(tools=listed(gateway, caller, found))

    async def call_tool(context: _Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        target_name, _, tool = params.name.partition(SEPARATOR)
        target = next((target for target in targets if target.name == target_name), None)
        if target is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
        invoker = invokers[target.kind]
        try:
            known = next((each for each in await invoker.tools(target) if each.name == tool), None)
            if known is None:
                raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
            if refused := refusal(gateway, caller, params.name, known, params.arguments or {}):
                request = f"{{method=tools/call, params={{name={params.name}}}}}"
                write_line(gateway, {"isError": True, "log": refused, "requestBody": request})
                return types.CallToolResult(content=[types.TextContent(text=refused)], is_error=True)
            answer = await invoker.call(target, tool, params.arguments or {}, str(context.request_id))
        except CallFailedError as failure:
            return _failure(gateway, str(failure))
        return types.CallToolResult(
            content=[types.TextContent(text=answer.text)], structured_content=answer.structured, is_error=answer.failed
        )

    server: Server[dict[str, Any]] = Server(
        gateway["name"],
        version="1.0.0",
        instructions=mcp_settings(gateway).get("instructions"),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(scope, receive, send)


def _failure(gateway: Document, reason: str) -> types.CallToolResult:
    """Developer guide, "Turn on debugging messages"."""
    explains = gateway.get("exceptionLevel") == "DEBUG"
    text = reason if explains else "An internal error occurred. Please retry later."
    meta = {"debug": {"type": "text", "text": reason}} if explains else None
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True, _meta=meta)


def _mcp_tool(target: Target, tool: Tool) -> types.Tool:
    return types.Tool(
        name=f"{target.name}{SEPARATOR}{tool.name}",
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=dict(tool.output_schema) if tool.output_schema else None,
    )
