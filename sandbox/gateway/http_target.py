"""Targets that are called over HTTP, whatever document says how: one tool for each operation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import httpx2

from agentcore_auth.documents.http import CallError, HttpOperation, HttpRequest
from agentcore_auth.documents.reading import Tool
from sandbox.gateway.invocation import Answer, CallFailedError, HttpClients, Target
from sandbox.gateway.outbound import Auth, TokenVault, signed

Signing = Callable[[Target, HttpOperation, HttpRequest, Mapping[str, Any]], Auth]
"""Signs a call of an operation, which takes these arguments, with the execution role. Raises CallFailedError where that
may not do what the call does.
"""


def signed_by_address(target: Target, operation: HttpOperation, request: HttpRequest, _: Mapping[str, Any]) -> Auth:
    """For what is called at an address that tells which permission it asks for."""
    return signed(target, request.method, f"{operation.server}{request.target}")


class HttpInvoker:
    """Calls the operations that `operations` finds for a target, each at its `server`, with what `vault` has for it.

    `clients` makes the clients.
    """

    def __init__(
        self,
        clients: HttpClients,
        vault: TokenVault,
        operations: Callable[[Target], Iterable[HttpOperation]],
        sign: Signing = signed_by_address,
    ) -> None:
        self._clients, self._vault = clients, vault
        self._operations, self._sign = operations, sign

    async def tools(self, target: Target) -> Sequence[Tool]:
        return [operation.tool for operation in self._operations(target)]

    async def call(self, target: Target, tool: str, arguments: Mapping[str, Any], _: str) -> Answer:
        operation = next(each for each in self._operations(target) if each.tool.name == tool)
        if operation.server is None:
            raise CallFailedError(f"The model of {target.name} does not say where it is (endpointRuleSet).")
        try:
            request = operation.request(arguments)
        except CallError as misfit:
            raise CallFailedError(str(misfit)) from misfit
        signs = target.signs
        auth = self._sign(target, operation, request, arguments) if signs else await self._vault.auth(target)
        return await answered(self._clients(auth=auth, headers=target.headers), operation.server, request)


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
