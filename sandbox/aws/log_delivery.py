"""Log deliveries of AgentCore gateways, which moto does not take, and the lines that the sandbox's gateways write."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from moto.logs.models import DeliveryDestination, DeliverySource, LogsBackend, logs_backends

from agentcore_auth.iam import account_of, region_of
from sandbox.aws.agentcore import agentcore_backends
from sandbox.aws.documents import Document
from sandbox.aws.refusals import Refusal

_STREAM = "BedrockAgentCoreGateway_ApplicationLogs"
_LOGS, _TRACES = "APPLICATION_LOGS", "TRACES"


class DeliveriesBackend(LogsBackend):
    def put_delivery_source(
        self, name: str, resource_arn: str, log_type: str, tags: dict[str, str] | None
    ) -> DeliverySource:
        gateways = agentcore_backends[self.account_id][self.region_name].gateways
        if resource_arn.rpartition("/")[2] not in gateways.held:
            raise Refusal("ResourceNotFoundException", f"Resource {resource_arn} does not exist.")
        if log_type not in (_LOGS, _TRACES):
            raise Refusal("ValidationException", "This service is not allowed for this LogSource.")
        if name in self.delivery_sources and resource_arn not in self.delivery_sources[name].resource_arns:
            raise Refusal("ConflictException", f"The delivery source {name} is another resource's.")
        source: Any = DeliverySource(self.account_id, self.region_name, name, resource_arn, log_type, tags)
        self.delivery_sources[name] = source
        return source

    def put_delivery_destination(
        self,
        name: str,
        output_format: str | None,
        delivery_destination_configuration: dict[str, str] | None,
        tags: dict[str, str] | None,
    ) -> DeliveryDestination:
        xray = {"destinationResourceArn": f"arn:{self.partition}:xray:{self.region_name}:{self.account_id}:*"}
        made = super().put_delivery_destination(name, output_format, delivery_destination_configuration or xray, tags)
        if not delivery_destination_configuration:
            made.delivery_destination_type = "XRAY"
        return made


def write_line(gateway: Document, body: dict[str, object]) -> None:
    """Deliver a line of a gateway's log, as the developer guide shows it ("observability-gateway-metrics"); where no
    delivery is set up, nothing.
    """
    arn = gateway["gatewayArn"]
    backend = logs_backends[account_of(arn)][region_of(arn)]
    now = int(time.time() * 1000)
    event = {
        "resource_arn": arn,
        "event_timestamp": now,
        "body": body,
        "account_id": account_of(arn),
        "request_id": str(uuid.uuid4()),
    }
    for group in _groups(backend, arn):
        if group in backend.groups:
            if _STREAM not in backend.groups[group].streams:
                backend.create_log_stream(group, _STREAM)
            backend.put_log_events(group, _STREAM, [{"timestamp": now, "message": json.dumps(event)}])


def _groups(backend: LogsBackend, gateway_arn: str) -> list[str]:
    sources = {
        name
        for name, source in list(backend.delivery_sources.items())
        if source.log_type == _LOGS and gateway_arn in source.resource_arns
    }
    places = {
        each.arn: each.delivery_destination_configuration["destinationResourceArn"]
        for each in list(backend.delivery_destinations.values())
    }
    delivered = [each for each in list(backend.deliveries.values()) if each.delivery_source_name in sources]
    return [places[each.delivery_destination_arn].split(":log-group:")[1].removesuffix(":*") for each in delivered]
