"""Gateways and targets as they are deployed: what the control plane and S3 hold of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from agentcore_auth.iam import account_of, region_of
from sandbox.aws.accounts import every
from sandbox.aws.agentcore import AgentCoreBackend, agentcore_backends
from sandbox.aws.documents import Document
from sandbox.aws.permissions import bucket_of
from sandbox.gateway.invocation import CallFailedError, Target

GATEWAY_HOST = re.compile(r"(?P<id>[a-z0-9-]+)\.gateway\.bedrock-agentcore\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")


def find_gateway(host: str) -> Document | None:
    """The gateway that answers at a host name, whichever account it is in."""
    place = GATEWAY_HOST.fullmatch(host)
    if place is None:
        return None
    held = (each.gateways.held for each in every(agentcore_backends) if each.region_name == place["region"])
    return next((gateways[place["id"]] for gateways in held if place["id"] in gateways), None)


def control_plane(gateway: Document) -> AgentCoreBackend:
    """What holds the gateway, and its account's credentials."""
    arn = gateway["gatewayArn"]
    return agentcore_backends[account_of(arn)][region_of(arn)]


def mcp_settings(gateway: Document) -> dict[str, Any]:
    return gateway.get("protocolConfiguration", {}).get("mcp", {})


def targets_of(gateway: Document, headers: Mapping[str, str]) -> list[Target]:
    """The gateway's targets; `headers` are those of the caller's request."""
    found: list[Target] = []
    backend = control_plane(gateway)
    for held in backend.gateways.inside(gateway):
        [(kind, configuration)] = held["targetConfiguration"]["mcp"].items()  # a union: exactly one member is there
        [shown] = held["credentialProviderConfigurations"] or [{}]
        passed: list[str] = held.get("metadataConfiguration", {}).get("allowedRequestHeaders", [])
        target = Target(
            gateway=gateway,
            scope=backend.scope,
            id=held["targetId"],
            updated_at=held["updatedAt"],
            name=held["name"],
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
