"""Endpoints that take AWS signatures: which permission a call of an MCP server there needs.

Forms of the addresses: AgentCore developer guide ("runtime-mcp", "gateway-using"), API Gateway developer guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from agentcore_auth.iam.execution import ServiceCalls
from agentcore_auth.iam.statements import AwsScope


@dataclass(frozen=True)
class SignedCall:
    """An IAM action and what it acts on: ARNs, in which `{partition}`, `{account}` may have to be filled in."""

    action: str
    resources: tuple[str, ...]

    def permission(self, target: str, scope: AwsScope) -> ServiceCalls:
        """What a target of this name asks of the execution role for it."""
        filled = (arn.replace("{partition}", scope.partition) for arn in self.resources)
        return ServiceCalls(target, (self.action,), tuple(arn.replace("{account}", scope.account) for arn in filled))


_RUNTIME = re.compile(r"bedrock-agentcore\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_GATEWAY = re.compile(r"([a-z0-9-]+)\.gateway\.bedrock-agentcore\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_REST_API = re.compile(r"([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_RUNTIME_ARN = re.compile(r"arn:aws[a-z-]*:bedrock-agentcore:[a-z0-9-]+:\d{12}:runtime/[a-zA-Z][a-zA-Z0-9_]*-\w{10}")
_RUNTIME_ENDPOINT = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,47}")
_STAGE = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def signed_call(endpoint: str) -> SignedCall | None:
    """What a call of `endpoint` is to IAM, or None where the address does not tell.

    Known are AgentCore Runtime (the address holds the runtime's ARN), other gateways, and stages of API Gateway.
    """
    address = urlsplit(endpoint)
    host = address.hostname or ""
    path = [part for part in address.path.split("/") if part]
    if _RUNTIME.fullmatch(host):
        arn = unquote(path[1]) if len(path) > 1 and path[0] == "runtimes" else ""
        qualifier = parse_qs(address.query).get("qualifier", ["DEFAULT"])[0]
        if not _RUNTIME_ARN.fullmatch(arn) or not _RUNTIME_ENDPOINT.fullmatch(qualifier):
            return None
        return SignedCall("bedrock-agentcore:InvokeAgentRuntime", (arn, f"{arn}/runtime-endpoint/{qualifier}"))
    if gateway := _GATEWAY.fullmatch(host):
        arn = f"arn:{{partition}}:bedrock-agentcore:{gateway[2]}:{{account}}:gateway/{gateway[1]}"
        return SignedCall("bedrock-agentcore:InvokeGateway", (arn,))
    if (api := _REST_API.fullmatch(host)) and path and _STAGE.fullmatch(path[0]):
        arn = f"arn:{{partition}}:execute-api:{api[2]}:{{account}}:{api[1]}/{path[0]}/*/*"
        return SignedCall("execute-api:Invoke", (arn,))
    return None
