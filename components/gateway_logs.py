"""What a gateway tells CloudWatch: its logs and traces delivered, and an alarm on refused calls.

It looks into no log line: `agentcore-auth refusals` does. Who is told of an alarm is the topic's business. What the
account needs once for traces (CloudWatch Transaction Search) is not set up here: it is for all of its services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import pulumi
import pulumi_aws as aws

from agentcore_auth.iam import LOG_GROUPS
from components import arguments

_METRICS = "AWS/Bedrock-AgentCore"
_SECONDS = 300
_Place: TypeAlias = aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgsDict


class GatewayLogs(pulumi.ComponentResource):
    """The deliveries of one gateway; `group` is the name of its log group, the one that the console would make.

    AgentCore developer guide, "observability-configure" and "observability-gateway-metrics".
    """

    def __init__(
        self,
        name: str,
        options: arguments.GatewayLogs,
        *,
        gateway_id: pulumi.Output[str],
        arn: pulumi.Output[str],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`name`, `gateway_id` and `arn` are the gateway's."""
        super().__init__("agentcore-auth:index:GatewayLogs", name, None, opts)
        self._name, self._arn, child = name, arn, pulumi.ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            name,
            name=pulumi.Output.concat(LOG_GROUPS, gateway_id),
            retention_in_days=options.retention_days,
            tags=tags,
            opts=child,
        )
        self.group = group.name
        self._deliver(name, "APPLICATION_LOGS", {"destination_resource_arn": group.arn})
        if options.traces:
            self._deliver(f"{name}-traces", "TRACES", None)
        if options.alarm_topic_arn:
            self._alarm(options.alarm_topic_arn, options.alarm_threshold, tags)
        self.register_outputs({"group": self.group})

    def _deliver(self, name: str, log_type: str, place: _Place | None) -> None:
        """To a log group, or to X-Ray."""
        # AWS takes 60 characters, which a gateway's name and an ending of Pulumi's could exceed. What has a fixed name
        # goes before it is replaced, and a delivery with it: AWS takes a source and a kind of destination once.
        opts = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        source = aws.cloudwatch.LogDeliverySource(name, name=name, log_type=log_type, resource_arn=self._arn, opts=opts)
        destination = aws.cloudwatch.LogDeliveryDestination(
            name,
            name=name,
            delivery_destination_configuration=place,
            delivery_destination_type=None if place else "XRAY",
            opts=opts,
        )
        aws.cloudwatch.LogDelivery(
            name, delivery_source_name=source.name, delivery_destination_arn=destination.arn, opts=opts
        )

    def _alarm(self, topic_arn: str, threshold: int, tags: Mapping[str, str]) -> None:
        """On requests that got a 4xx, by a query: which other dimensions than the gateway a metric has, and which of
        them are there, is not written down, and an alarm on a metric has to name every one.
        """
        query = pulumi.Output.format("SELECT SUM(UserErrors) FROM \"{0}\" WHERE Resource = '{1}'", _METRICS, self._arn)
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-refused",
            alarm_description=f"{threshold} or more calls of the gateway {self._name} were refused in five minutes",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=threshold,
            evaluation_periods=1,
            metric_queries=[{"id": "refused", "expression": query, "period": _SECONDS, "return_data": True}],
            # There is no figure where nothing was refused.
            treat_missing_data="notBreaching",
            alarm_actions=[topic_arn],
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
