"""What a gateway's policy engine says of a caller's tools: the deployed policies, decided as the library decides.

The refusals' wording is what users of the real service report; what it says of a forbidding policy is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError
from moto.bedrockagentcorecontrol.models import Gateway

from agentcore_auth.access.policies import decide
from agentcore_auth.access.rules import Caller
from agentcore_auth.documents.reading import Tool
from sandbox.gateway.deployed import control_plane
from sandbox.gateway.outbound import may


def refusal(
    gateway: Gateway, caller: Caller, name: str, called: tuple[Tool, Mapping[str, Any]] | None = None
) -> str | None:
    """Why a tool that is called with these arguments is refused; without a call, why it is not listed, since no call of
    it could be permitted. None where it is not refused, as without an engine.

    Raises MCPError where the gateway may not ask its engine.
    """
    engine: dict[str, str] = gateway.policy_engine_configuration or {}
    if not engine:
        return None
    arn = engine["arn"]
    action, what = ("AuthorizeAction", "call tool") if called else ("PartiallyAuthorizeActions", "list tools")
    if not all(may(gateway, f"bedrock-agentcore:{each}", arn) for each in (action, "GetPolicyEngine")):
        raise MCPError(types.INTERNAL_ERROR, f"InternalServerException - Policy evaluation failed for {what}")
    policies = control_plane(gateway).policy_engines.policies({"policyEngineId": arn.rpartition("/")[2]})
    statements = {key: each["definition"]["cedar"]["statement"] for key, each in policies.held.items()}
    arguments, schema = (called[1], called[0].input_schema) if called else (None, None)
    decision = decide(statements, caller, gateway.gateway_arn, name, arguments, schema)
    if decision.allowed or engine["mode"] == "LOG_ONLY":
        return None
    determining = ", ".join(decision.policies) or "no determining policies"
    return (
        "AuthorizeActionException - Tool Execution Denied: Tool call not allowed due to policy enforcement "
        f"[Policy evaluation denied due to {determining}]"
    )
