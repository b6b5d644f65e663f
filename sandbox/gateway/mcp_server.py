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
from starlette.types import Receive, Scope, Send

from agentcore_auth.documents.reading import Tool
from sandbox.gateway.deployed import Gateway, Target
from sandbox.gateway.invocation import Call, CallFailedError, Invoker

SEPARATOR = "___"
_INTERNAL_ERROR = "An internal error occurred. Please retry later."


async def serve(gateway: Gateway, invokers: Mapping[str, Invoker], scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP request to the gateway's MCP endpoint; who sends it was checked before."""
    manager = StreamableHTTPSessionManager(_GatewayServer(gateway, invokers).server, json_response=True, stateless=True)
    async with manager.run():
        await manager.handle_request(scope, receive, send)


class _GatewayServer:
    def __init__(self, gateway: Gateway, invokers: Mapping[str, Invoker]) -> None:
        self._gateway = gateway
        self._invokers = invokers
        self.server: Server[dict[str, Any]] = Server(
            gateway.name,
            version="1.0.0",
            instructions=gateway.instructions,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )

    async def _list_tools(
        self, _: ServerRequestContext[dict[str, Any]], __: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """A target whose tools cannot be had has none: AgentCore would not have made it ready."""
        listed: list[types.Tool] = []
        for target in self._gateway.targets:
            with contextlib.suppress(CallFailedError):
                tools = await self._invokers[target.kind].tools(self._gateway, target)
                listed += [_mcp_tool(target, tool) for tool in tools]
        return types.ListToolsResult(tools=listed)

    async def _call_tool(
        self, context: ServerRequestContext[dict[str, Any]], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        target_name, _, tool_name = params.name.partition(SEPARATOR)
        target = next((target for target in self._gateway.targets if target.name == target_name), None)
        if target is None:
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
        invoker = self._invokers[target.kind]
        try:
            if not any(tool.name == tool_name for tool in await invoker.tools(self._gateway, target)):
                raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
            answer = await invoker.call(
                Call(self._gateway, target, tool_name, params.arguments or {}, str(context.request_id))
            )
        except CallFailedError as failure:
            return self._failure(str(failure))
        structured = dict(answer.structured) if answer.structured is not None else None
        return types.CallToolResult(
            content=[types.TextContent(text=answer.text)], structured_content=structured, is_error=answer.failed
        )

    def _failure(self, reason: str) -> types.CallToolResult:
        """Developer guide, "Turn on debugging messages"."""
        if not self._gateway.explains_errors:
            return types.CallToolResult(content=[types.TextContent(text=_INTERNAL_ERROR)], is_error=True)
        debug = {"debug": {"type": "text", "text": reason}}
        return types.CallToolResult(content=[types.TextContent(text=reason)], is_error=True, _meta=debug)


def _mcp_tool(target: Target, tool: Tool) -> types.Tool:
    return types.Tool(
        name=f"{target.name}{SEPARATOR}{tool.name}",
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=dict(tool.output_schema) if tool.output_schema else None,
    )
