"""Gateways and targets as they are deployed: what moto's bedrock-agentcore-control and S3 hold of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from moto.bedrockagentcorecontrol.models import Gateway, bedrockagentcorecontrol_backends

from sandbox.aws.accounts import every
from sandbox.aws.agentcore import AgentCoreBackend
from sandbox.aws.permissions import bucket_of
from sandbox.gateway.invocation import CallFailedError, Target

GATEWAY_HOST = re.compile(r"(?P<id>[a-z0-9-]+)\.gateway\.bedrock-agentcore\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")


def find_gateway(host: str) -> Gateway | None:
    """The gateway that answers at a host name, whichever account it is in."""
    place = GATEWAY_HOST.fullmatch(host)
    if place is None:
        return None
    held = (each.gateways for each in every(bedrockagentcorecontrol_backends) if each.region_name == place["region"])
    return next((gateways[place["id"]] for gateways in held if place["id"] in gateways), None)


def control_plane(gateway: Gateway) -> AgentCoreBackend:
    """What holds the gateway, and its account's credentials."""
    return cast("AgentCoreBackend", bedrockagentcorecontrol_backends[gateway.account_id][gateway.region_name])


def mcp_settings(gateway: Gateway) -> dict[str, Any]:
    return (gateway.protocol_configuration or {}).get("mcp") or {}


def targets_of(gateway: Gateway, headers: Mapping[str, str]) -> list[Target]:
    """The gateway's targets; `headers` are those of the caller's request."""
    found: list[Target] = []
    backend = control_plane(gateway)
    for held in backend.list_gateway_targets(gateway.gateway_id):
        [(kind, configuration)] = held.target_configuration["mcp"].items()  # a union: exactly one member is there
        [shown] = held.credential_provider_configurations or [{}]
        passed: list[str] = (held.metadata_configuration or {}).get("allowedRequestHeaders") or []
        target = Target(
            gateway=gateway,
            scope=backend.scope,
            id=held.target_id,
            updated_at=held.updated_at,
            name=held.name,
            kind=kind,
            configuration=configuration,
            credential=shown.get("credentialProvider") or {},
            signs=shown.get("credentialProviderType") == "GATEWAY_IAM_ROLE",
            headers={name: headers[name] for name in passed if name in headers},
            token=headers.get("authorization", "").partition(" ")[2],
        )
        found.append(target)
    return found


def read_schema(target: Target) -> str:
    """The document of an openApiSchema or smithyModel, inline or from S3. Raises CallFailedError."""
    if "inlinePayload" in target.configuration:
        return str(target.configuration["inlinePayload"])
    return read_object(str(target.configuration["s3"]["uri"]))


def read_object(uri: str) -> str:
    """The object at `s3://bucket/key`; whose bucket it may be was asked when the target was made.

    Raises CallFailedError.
    """
    place = urlsplit(uri)
    bucket = bucket_of(f"arn:aws:s3:::{place.netloc}")
    stored = bucket.keys.get(place.path.removeprefix("/")) if bucket else None
    if stored is None:
        raise CallFailedError(f"There is no object {uri}.")
    return bytes(stored.value).decode()
