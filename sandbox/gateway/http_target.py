"""Targets that are called over HTTP, whatever document says how: one tool for each operation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import httpx2

from agentcore_auth.documents.http import CallError, HttpOperation, HttpRequest
from agentcore_auth.documents.reading import Tool
from sandbox.gateway.invocation import Answer, CallFailedError, HttpClients, Target
from sandbox.gateway.outbound import TokenVault, signed


class HttpInvoker:
    """Calls the operations that `operations` finds for a target, each at its `server`, with what `vault` has for it.

    `clients` makes the clients; `service` is what signatures are for, unless the target's credential says it.
    """

    def __init__(
        self,
        clients: HttpClients,
        vault: TokenVault,
        operations: Callable[[Target], Iterable[HttpOperation]],
        service: str = "",
    ) -> None:
        self._clients, self._vault = clients, vault
        self._operations, self._service = operations, service

    async def tools(self, target: Target) -> Sequence[Tool]:
        return [operation.tool for operation in self._operations(target)]

    async def call(self, target: Target, tool: str, arguments: Mapping[str, Any], _: str) -> Answer:
        operation, request = requested(tool, arguments, self._operations(target))
        url = f"{operation.server}{request.target}"
        auth = signed(target, request.method, url, self._service) or await self._vault.auth(target)
        return await answered(self._clients(auth=auth, headers=target.headers), f"{operation.server}", request)


def requested(
    tool: str, arguments: Mapping[str, Any], operations: Iterable[HttpOperation]
) -> tuple[HttpOperation, HttpRequest]:
    """The tool's operation, and the request for a call. Raises CallFailedError where the arguments do not fit."""
    operation = next(each for each in operations if each.tool.name == tool)
    try:
        return operation, operation.request(arguments)
    except CallError as misfit:
        raise CallFailedError(str(misfit)) from misfit


async def answered(client: httpx2.AsyncClient, server: str, request: HttpRequest) -> Answer:
    """A backend's response to the request as a tool's answer: a status of 400 or more is the tool's failure."""
    async with client:
        response = await client.request(
            request.method,
            f"{server}{request.target}",
            headers=request.headers,
            content=request.body,
            files={name: (None, value) for name, value in request.fields.items()} or None,
        )
    if response.status_code >= 400:
        return Answer(f"HTTP {response.status_code}: {response.text}", failed=True)
    try:
        document: object = json.loads(response.text)
    except ValueError:
        document = None
    return Answer(response.text, cast("dict[str, Any]", document) if isinstance(document, dict) else None)
