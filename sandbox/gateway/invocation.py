"""What every kind of target has to do for the gateway: list its tools, and call one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import httpx2

from agentcore_auth.documents.reading import Tool
from agentcore_auth.iam import AwsScope
from sandbox.aws.documents import Document

HttpClients = Callable[..., httpx2.AsyncClient]
"""Makes clients that reach the hosts that the sandbox plays, and no others; takes what httpx2.AsyncClient takes."""


@dataclass(frozen=True)
class Target:
    """`kind` is the API's word in `targetConfiguration.mcp` (lambda, openApiSchema, mcpServer, …)."""

    gateway: Document
    scope: AwsScope
    """Where the gateway is."""
    id: str
    updated_at: datetime
    name: str
    kind: str
    configuration: Mapping[str, Any]
    credential: Mapping[str, Any]
    """Its `credentialProvider`; empty where there is none."""
    signs: bool
    """Whether it is called with the execution role."""
    headers: Mapping[str, str]
    """Of the caller's request: those that the target gets to see."""
    token: str
    """The caller's."""


@dataclass(frozen=True)
class Answer:
    """What the target gave: text, the same as a JSON object if it is one; `failed` where the tool itself says so."""

    text: str
    structured: dict[str, Any] | None = None
    failed: bool = False


class CallFailedError(Exception):
    """The gateway could not get an answer: the message is for callers of a gateway with exceptionLevel DEBUG only."""


class Invoker(Protocol):
    """Serves the targets of one kind."""

    async def tools(self, target: Target) -> Sequence[Tool]:
        """The target's tools, in the order of its schema. Raises CallFailedError where the schema cannot be had."""
        ...

    async def call(self, target: Target, tool: str, arguments: Mapping[str, Any], request_id: str, /) -> Answer:
        """Raises CallFailedError, also where the execution role lacks the permission."""
        ...
