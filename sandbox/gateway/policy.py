"""What a gateway's policy engine says of a caller's tools: the deployed policies, decided as the library decides.

The refusals' wording is what users of the real service report; what it says of a forbidding policy is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.bedrockagentcorecontrol.models import Gateway

from agentcore_auth.access.policies import decide
from agentcore_auth.access.rules import Caller
from agentcore_auth.documents.reading import Tool
from sandbox.gateway.deployed import control_plane
from sandbox.gateway.outbound import may


class PolicyFailedError(Exception):
    """The gateway could not ask its engine."""


class ToolPolicy:
    """The policies of one gateway for one caller; without an engine everything is permitted."""

    def __init__(self, gateway: Gateway, caller: Caller) -> None:
        self._gateway, self._caller = gateway, caller
        self._engine: dict[str, str] = gateway.policy_engine_configuration or {}

    def shows(self, name: str) -> bool:
        """Whether a tool is listed: some call of it could be permitted. Raises PolicyFailedError."""
        return self._refusal("bedrock-agentcore:PartiallyAuthorizeActions", "list tools", name, None, None) is None

    def refusal(self, name: str, tool: Tool, arguments: Mapping[str, Any]) -> str | None:
        """Why a call is refused; None where it is not. Raises PolicyFailedError."""
        return self._refusal("bedrock-agentcore:AuthorizeAction", "call tool", name, arguments, tool.input_schema)

    def _refusal(
        self,
        action: str,
        what: str,
        name: str,
        arguments: Mapping[str, Any] | None,
        schema: Mapping[str, Any] | None,
    ) -> str | None:
        if not self._engine:
            return None
        arn = self._engine["arn"]
        if not (may(self._gateway, action, arn) and may(self._gateway, "bedrock-agentcore:GetPolicyEngine", arn)):
            raise PolicyFailedError(f"InternalServerException - Policy evaluation failed for {what}")
        policies = control_plane(self._gateway).policy_engines.policies({"policyEngineId": arn.rpartition("/")[2]})
        statements = {key: each["definition"]["cedar"]["statement"] for key, each in policies.held.items()}
        decision = decide(statements, self._caller, self._gateway.gateway_arn, name, arguments, schema)
        if decision.allowed or self._engine["mode"] == "LOG_ONLY":
            return None
        determining = ", ".join(decision.policies) or "no determining policies"
        return (
            "AuthorizeActionException - Tool Execution Denied: Tool call not allowed due to policy enforcement "
            f"[Policy evaluation denied due to {determining}]"
        )
