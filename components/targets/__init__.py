"""Kinds of targets: one file for each, which this registry finds.

A file has the kind's section of the stack file (a `Target`), its checks, its permissions and its resource's arguments.
A kind is added by its file and one line here; what its calls may show is in `credentials/`.
"""

from __future__ import annotations

from components.targets.api_gateway import ApiGatewayTarget
from components.targets.base import Target, TargetArguments, TargetContext
from components.targets.lambda_ import LambdaTarget
from components.targets.mcp import McpTarget
from components.targets.openapi import OpenApiTarget
from components.targets.sample import SampleTarget
from components.targets.smithy import SmithyTarget

__all__ = ["KINDS", "Target", "TargetArguments", "TargetContext"]

#: Every kind, in the order in which documentation and messages name them.
KINDS: list[type[Target]] = [
    LambdaTarget,
    SmithyTarget,
    OpenApiTarget,
    McpTarget,
    ApiGatewayTarget,
    SampleTarget,
]
