"""OpenAPI targets: the operations of a document."""

from __future__ import annotations

from agentcore_auth.documents import openapi
from agentcore_auth.documents.http import HttpOperation
from sandbox.gateway.deployed import read_schema
from sandbox.gateway.invocation import Target


def operations(target: Target) -> tuple[HttpOperation, ...]:
    """Those of the target's document. Raises CallFailedError where it cannot be had."""
    text = read_schema(target)
    # The parser goes by the file's name.
    return openapi.parse(text, "inline.json" if text.lstrip().startswith("{") else "inline.yaml")
