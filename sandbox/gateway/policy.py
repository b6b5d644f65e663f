"""What a gateway's policy engine says of a caller's tools: the deployed policies, decided as the library decides.

The refusals' wording is what users of the real service report; what it says of a forbidding policy is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from agentcore_auth.access.policies import decide
from agentcore_auth.access.rules import Caller
from agentcore_auth.documents.reading import Tool
from sandbox.aws.documents import Document
from sandbox.gateway.deployed import control_plane
from sandbox.gateway.outbound import may


def listed(gateway: Document, caller: Caller, tools: Iterable[types.Tool]) -> list[types.Tool]:
    """Those tools of which some call could be permitted; all without an engine.

    Raises MCPError where the gateway may not ask its engine.
    """
    statements = _statements(gateway, "PartiallyAuthorizeActions", "list tools")
    return [
        tool
        for tool in tools
        if statements is None or decide(statements, caller, gateway["gatewayArn"], tool.name).allowed
    ]


def refusal(gateway: Document, caller: Caller, name: str, tool: Tool, arguments: Mapping[str, Any]) -> str | None:
    """Why a call of a tool is refused; None where it is not, as without an engine. Raises MCPError as `listed` does."""
    statements = _statements(gateway, "AuthorizeAction", "call tool")
    if statements is None:
        return None
    decision = decide(statements, caller, gateway["gatewayArn"], name, arguments, tool.input_schema)
    if decision.allowed:
        return None
    determining = ", ".join(decision.policies) or "no determining policies"
    return (
        "AuthorizeActionException - Tool Execution Denied: Tool call not allowed due to policy enforcement "
        f"[Policy evaluation denied due to {determining}]"
    )


def _statements(gateway: Document, action: str, what: str) -> Mapping[str, str] | None:
    """The policies by name; None where there is no engine that refuses anything."""
    engine: dict[str, str] | None = gateway.get("policyEngineConfiguration")
    if engine is None:
        return None
    arn = engine["arn"]
    if not all(may(gateway, f"bedrock-agentcore:{each}", arn) for each in (action, "GetPolicyEngine")):
        raise MCPError(types.INTERNAL_ERROR, f"InternalServerException - Policy evaluation failed for {what}")
    if engine["mode"] == "LOG_ONLY":
        return None
    policies = control_plane(gateway).policy_engines.inside({"policyEngineId": arn.rpartition("/")[2]})
    return {key: each["definition"]["cedar"]["statement"] for key, each in policies.held.items()}
