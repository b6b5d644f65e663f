"""OpenAPI targets: one tool for each operation, called over HTTP with the target's credential."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, cast

import httpx2

from agentcore_auth.documents import openapi
from agentcore_auth.documents.http import CallError, HttpOperation, HttpRequest
from agentcore_auth.documents.reading import Tool
from sandbox.gateway.credentials import TokenVault
from sandbox.gateway.deployed import Gateway, Target
from sandbox.gateway.documents import read_schema
from sandbox.gateway.invocation import Answer, Call, CallFailedError, HttpClients


class OpenApiInvoker:
    """Calls backends with clients that `clients` makes, and with what `vault` has for the target."""

    def __init__(self, clients: HttpClients, vault: TokenVault) -> None:
        self._clients = clients
        self._vault = vault

    async def tools(self, gateway: Gateway, target: Target) -> Sequence[Tool]:
        return [operation.tool for operation in _operations(gateway, target)]

    async def call(self, call: Call) -> Answer:
        operation, request = requested(call, _operations(call.gateway, call.target))
        shown = await self._vault.shown(call.gateway, call.target)
        async with self._clients() as http:
            response = await http.request(
                request.method,
                httpx2.URL(f"{operation.server}{request.target}").copy_merge_params(dict(shown.query)),
                headers={**request.headers, **shown.headers},
                content=request.body,
            )
        return answer_of(response)


def requested(call: Call, operations: Iterable[HttpOperation]) -> tuple[HttpOperation, HttpRequest]:
    """The operation that is called, and its request. Raises CallFailedError where the arguments do not fit."""
    operation = next(each for each in operations if each.tool.name == call.tool)
    try:
        return operation, operation.request(call.arguments)
    except CallError as misfit:
        raise CallFailedError(str(misfit)) from misfit


def answer_of(response: httpx2.Response) -> Answer:
    """A backend's HTTP response as a tool's answer: a status of 400 or more is the tool's failure."""
    if response.status_code >= 400:
        return Answer(f"HTTP {response.status_code}: {response.text}", failed=True)
    try:
        document: object = json.loads(response.text)
    except ValueError:
        document = None
    return Answer(response.text, cast("dict[str, Any]", document) if isinstance(document, dict) else None)


def _operations(gateway: Gateway, target: Target) -> tuple[HttpOperation, ...]:
    text = read_schema(gateway, target.configuration)
    # The parser goes by the file's name.
    return openapi.parse(text, "inline.json" if text.lstrip().startswith("{") else "inline.yaml")
