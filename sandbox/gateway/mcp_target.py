"""MCP targets: the tools of another MCP server, which is asked for them and called through the official client."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from agentcore_auth.documents.reading import Tool
from agentcore_auth.iam import AwsScope
from agentcore_auth.iam.endpoints import signed_call
from sandbox.gateway.credentials import TokenVault
from sandbox.gateway.deployed import Gateway, Target
from sandbox.gateway.execution_role import SignedByRole, require
from sandbox.gateway.invocation import Answer, Call, CallFailedError, HttpClients

if TYPE_CHECKING:
    from mcp import Client


class McpInvoker:
    """Reaches servers with clients that `clients` makes, and with what `vault` has for the target."""

    def __init__(self, clients: HttpClients, vault: TokenVault) -> None:
        self._clients = clients
        self._vault = vault
        self._listed: dict[Target, Sequence[Tool]] = {}

    async def tools(self, gateway: Gateway, target: Target) -> Sequence[Tool]:
        """Asked for once, until the target is updated: AgentCore keeps the list that it got when it last looked."""
        if target not in self._listed:
            async with self._connected(gateway, target) as client:
                listed = (await client.list_tools()).tools
            self._listed[target] = [
                Tool(tool.name, tool.description or "", tool.input_schema, tool.output_schema) for tool in listed
            ]
        return self._listed[target]

    async def call(self, call: Call) -> Answer:
        from mcp import types  # noqa: PLC0415  # start-up does not wait for it

        async with self._connected(call.gateway, call.target) as client:
            result = await client.call_tool(call.tool, dict(call.arguments))
        text = "\n".join(block.text for block in result.content if isinstance(block, types.TextContent))
        return Answer(text, result.structured_content, bool(result.is_error))

    @asynccontextmanager
    async def _connected(self, gateway: Gateway, target: Target) -> AsyncGenerator[Client]:
        """A session with the server. Raises CallFailedError where it cannot be had."""
        from mcp import Client  # noqa: PLC0415  # as above
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415

        endpoint = str(target.configuration["endpoint"])
        signed = _signature(gateway, target)
        shown = await self._vault.shown(gateway, target)
        try:
            async with (
                self._clients(headers=dict(shown.headers), auth=signed) as http,
                Client(streamable_http_client(endpoint, http_client=http), mode="legacy") as client,
            ):
                yield client
        except CallFailedError:
            raise
        except Exception as failure:  # the client's errors come in groups of groups
            raise CallFailedError(f"The MCP server {endpoint} cannot be used: {_innermost(failure)}") from failure


def _signature(gateway: Gateway, target: Target) -> SignedByRole | None:
    """For a target with an iamCredentialProvider, if the role may do what its endpoint asks for."""
    provider = (target.credentials.get("credentialProvider") or {}).get("iamCredentialProvider")
    if provider is None:
        return None
    endpoint = str(target.configuration["endpoint"])
    call = signed_call(endpoint)
    if call is None:
        raise CallFailedError(f"The sandbox cannot tell which permission {endpoint} asks for.")
    asked = call.permission(target.name, AwsScope(gateway.arn.split(":")[1], gateway.account, gateway.region))
    require(gateway, *asked.actions, *asked.resources)
    return SignedByRole(gateway, provider["service"], provider.get("region"))


def _innermost(failure: BaseException) -> BaseException:
    nested = getattr(failure, "exceptions", None)
    return _innermost(nested[0]) if nested else failure
