"""Gateways and targets as they are deployed: a read-only view of what moto's bedrock-agentcore-control holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from moto.bedrockagentcorecontrol.models import Gateway as MotoGateway
from moto.bedrockagentcorecontrol.models import GatewayTarget, bedrockagentcorecontrol_backends

from sandbox.aws.arns import Arn

GATEWAY_HOST = re.compile(r"(?P<id>[a-z0-9-]+)\.gateway\.bedrock-agentcore\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
MCP_VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25")
"""What AgentCore Gateway speaks (developer guide, "Use an AgentCore gateway"), oldest first."""


@dataclass(frozen=True)
class Target:
    """`kind` is the API's word in `targetConfiguration.mcp` (lambda, smithyModel, openApiSchema, mcpServer)."""

    id: str
    updated_at: datetime
    name: str = field(compare=False)
    kind: str = field(compare=False)
    configuration: Mapping[str, Any] = field(compare=False)
    credentials: Mapping[str, Any] = field(compare=False)
    """The one credentialProviderConfiguration; empty where there is none."""


@dataclass(frozen=True)
class Gateway:
    """One deployed gateway. `url` is without the `/mcp` path."""

    id: str
    name: str
    arn: str
    url: str
    region: str
    account: str
    role_arn: str
    authorizer_type: str
    authorizer: Mapping[str, object]
    """The customJWTAuthorizer as the API spells it; empty for other types."""
    explains_errors: bool
    """exceptionLevel DEBUG: the answer to a failed call says why."""
    instructions: str | None
    mcp_versions: tuple[str, ...]
    targets: tuple[Target, ...]

    @property
    def partition(self) -> str:
        return Arn.parse(self.arn).partition


def find_gateway(host: str) -> Gateway | None:
    """The gateway that answers at a host name, whichever account it is in."""
    place = GATEWAY_HOST.fullmatch(host)
    if place is None:
        return None
    for account in list(bedrockagentcorecontrol_backends.values()):
        backend = account.get(place["region"])
        if backend is not None and place["id"] in backend.gateways:
            gateway = backend.gateways[place["id"]]
            return _gateway(gateway, backend.list_gateway_targets(gateway.gateway_id))
    return None


def _gateway(gateway: MotoGateway, targets: list[GatewayTarget]) -> Gateway:
    authorizer = gateway.authorizer_configuration or {}
    protocol = cast("dict[str, Any]", (gateway.protocol_configuration or {}).get("mcp") or {})
    supported = protocol.get("supportedVersions") or MCP_VERSIONS
    return Gateway(
        id=gateway.gateway_id,
        name=gateway.name,
        arn=gateway.gateway_arn,
        url=gateway.gateway_url.removesuffix("/mcp"),
        region=gateway.region_name,
        account=gateway.account_id,
        role_arn=gateway.role_arn,
        authorizer_type=gateway.authorizer_type,
        authorizer=authorizer.get("customJWTAuthorizer") or {},
        explains_errors=gateway.exception_level == "DEBUG",
        instructions=protocol.get("instructions"),
        mcp_versions=tuple(sorted(supported)),
        targets=tuple(_target(target) for target in targets),
    )


def _target(target: GatewayTarget) -> Target:
    # A union: exactly one member is there.
    [(kind, configuration)] = cast("dict[str, Any]", target.target_configuration["mcp"]).items()
    credentials = target.credential_provider_configurations
    return Target(
        id=target.target_id,
        updated_at=target.updated_at,
        name=target.name,
        kind=kind,
        configuration=configuration,
        credentials=credentials[0] if credentials else {},
    )
