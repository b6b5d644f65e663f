"""What every kind of target has to do for the gateway: list its tools, and call one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from agentcore_auth.documents.reading import Tool
from sandbox.gateway.deployed import Gateway, Target

HttpClients = Callable[..., httpx2.AsyncClient]
"""Makes clients that reach the hosts that the sandbox plays, and no others; takes what httpx2.AsyncClient takes."""


@dataclass(frozen=True)
class Call:
    """One tools/call: the tool's own name, the caller's arguments, and the id of the JSON-RPC request."""

    gateway: Gateway
    target: Target
    tool: str
    arguments: Mapping[str, Any]
    request_id: str


@dataclass(frozen=True)
class Answer:
    """What the target gave: text, the same as a JSON object if it is one; `failed` where the tool itself says so."""

    text: str
    structured: Mapping[str, Any] | None = None
    failed: bool = False


class CallFailedError(Exception):
    """The gateway could not get an answer: the message is for callers of a gateway with exceptionLevel DEBUG only."""


class Invoker(Protocol):
    """Serves the targets of one kind."""

    async def tools(self, gateway: Gateway, target: Target) -> Sequence[Tool]:
        """The target's tools, in the order of its schema. Raises CallFailedError where the schema cannot be had."""
        ...

    async def call(self, call: Call) -> Answer:
        """Raises CallFailedError, also where the execution role lacks the permission."""
        ...
