"""MCP targets: the tools of another MCP server, which is asked for them and called through the official client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agentcore_auth.documents.reading import Tool
from sandbox.gateway.invocation import Answer, CallFailedError, HttpClients, Target
from sandbox.gateway.outbound import TokenVault, signed

if TYPE_CHECKING:
    from mcp import Client


class McpInvoker:
    """Reaches servers with clients that `clients` makes, and with what `vault` has for the target."""

    def __init__(self, clients: HttpClients, vault: TokenVault) -> None:
        self._clients = clients
        self._vault = vault
        self._listed: dict[tuple[str, datetime], Sequence[Tool]] = {}

    async def tools(self, target: Target) -> Sequence[Tool]:
        """Asked for once, until the target is updated, unless its listing mode is DYNAMIC: AgentCore keeps the list."""
        version = (target.id, target.updated_at)
        if version not in self._listed or target.configuration.get("listingMode") == "DYNAMIC":
            async with self._connected(target) as client:
                listed = (await client.list_tools()).tools
            self._listed[version] = [
                Tool(tool.name, tool.description or "", tool.input_schema, tool.output_schema) for tool in listed
            ]
        return self._listed[version]

    async def call(self, target: Target, tool: str, arguments: Mapping[str, Any], _: str) -> Answer:
        from mcp import types  # noqa: PLC0415  # start-up does not wait for it

        async with self._connected(target) as client:
            result = await client.call_tool(tool, dict(arguments))
        text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
        return Answer(text, result.structured_content, bool(result.is_error))

    @asynccontextmanager
    async def _connected(self, target: Target) -> AsyncGenerator[Client]:
        """A session with the server. Raises CallFailedError where it cannot be had."""
        from mcp import Client  # noqa: PLC0415  # as above
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415

        endpoint = str(target.configuration["endpoint"])
        auth = signed(target, "POST", endpoint) if target.signs else await self._vault.auth(target)
        try:
            async with (
                self._clients(auth=auth, headers=target.headers) as http,
                Client(streamable_http_client(endpoint, http_client=http), mode="legacy") as client,
            ):
                yield client
        except CallFailedError:
            raise
        except Exception as failure:  # the client's errors come in groups of groups
            raise CallFailedError(f"The MCP server {endpoint} cannot be used: {_innermost(failure)}") from failure


def _innermost(failure: BaseException) -> BaseException:
    nested = getattr(failure, "exceptions", None)
    return _innermost(nested[0]) if nested else failure
