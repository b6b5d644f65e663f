"""`gateway.logs`: deliveries, an alarm on refused calls, and what deploying them takes."""

from __future__ import annotations

from typing import Any

import pytest

from agentcore_auth.iam import AwsScope
from configuration.policies import deployment_policy
from settings import ConfigurationError
from tests.unit.pulumi_mocks import ACCOUNT, deploy
from tests.unit.stack_files import loaded
from tests.unit.stacks import COGNITO

TOPIC = f"arn:aws:sns:us-west-2:{ACCOUNT}:on-call"
GROUP = "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/demo-cognito-0123456789"
ARN = f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:gateway/demo-cognito-0123456789"


def stack(**logs: Any) -> dict[str, Any]:
    return {**COGNITO, "gateway": {"name": "demo", "logs": {"retentionDays": 30, **logs}}}


def test_the_logs_go_to_a_group_of_their_own_for_as_long_as_is_said() -> None:
    recorder = deploy(stack())
    [group] = [each for each in recorder.all(":LogGroup") if each.inputs.get("name") == GROUP]
    [source], [destination] = recorder.all(":LogDeliverySource"), recorder.all(":LogDeliveryDestination")
    [delivery] = recorder.all(":LogDelivery")
    assert group.inputs["retentionInDays"] == 30
    assert source.inputs == {"name": "demo-cognito", "logType": "APPLICATION_LOGS", "resourceArn": ARN}
    assert destination.inputs["deliveryDestinationConfiguration"]["destinationResourceArn"].endswith(
        ":log-group:demo-cognito"
    )
    assert delivery.inputs["deliverySourceName"] == "demo-cognito"
    assert not recorder.all(":MetricAlarm")


def test_the_outputs_name_the_log_group() -> None:
    assert deploy(stack()).outputs["gateways"]["cognito"]["logGroup"] == GROUP
    assert "logGroup" not in deploy(COGNITO).outputs["gateways"]["cognito"]


def test_traces_go_to_x_ray() -> None:
    recorder = deploy(stack(traces=True))
    assert [each.inputs["logType"] for each in recorder.all(":LogDeliverySource")] == ["APPLICATION_LOGS", "TRACES"]
    assert [each.inputs.get("deliveryDestinationType") for each in recorder.all(":LogDeliveryDestination")] == [
        None,
        "XRAY",
    ]
    assert len(recorder.all(":LogDelivery")) == 2


def test_an_alarm_tells_the_topic_of_refused_calls_of_this_gateway() -> None:
    [alarm] = deploy(stack(alarmTopicArn=TOPIC, alarmThreshold=3)).all(":MetricAlarm")
    [query] = alarm.inputs["metricQueries"]
    words = query["expression"].split()
    assert words[:4] == ["SELECT", "SUM(UserErrors)", "FROM", '"AWS/Bedrock-AgentCore"']
    assert words[4:] == ["WHERE", "Resource", "=", f"'{ARN}'"]
    assert (alarm.inputs["threshold"], alarm.inputs["alarmActions"]) == (3, [TOPIC])


def test_without_logs_nothing_is_delivered() -> None:
    recorder = deploy(COGNITO)
    assert not [each for each in recorder.resources if "cloudwatch/logDelivery" in each.type]


@pytest.mark.parametrize(
    ("logs", "message"),
    [
        ({"retentionDays": 8}, "gateway.logs.retentionDays"),
        ({"alarmTopicArn": "on-call"}, "an SNS topic's ARN"),
        ({"alarmTopicArn": TOPIC.replace("us-west-2", "eu-west-1")}, "is a topic of eu-west-1"),
        ({"alarmThreshold": 5}, "there is none without alarmTopicArn"),
        ({"alarmTopicArn": TOPIC, "alarmThreshold": 0}, "gateway.logs.alarmThreshold"),
    ],
)
def test_refuses(logs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        loaded(stack(**logs))


def sids(**logs: Any) -> set[str]:
    settings = loaded(stack(**logs))
    return {each["Sid"] for each in deployment_policy(settings, AwsScope("aws", ACCOUNT, "us-west-2"))["Statement"]}


def test_whoever_deploys_is_granted_what_the_deliveries_take_and_no_more() -> None:
    plain = {"KeepLogs", "DeliverLogs", "PrepareLogDelivery", "LetGatewaysDeliver"}
    assert sids() >= plain
    assert not sids() & {"DeliverTraces", "ManageAlarms"}
    assert sids(traces=True, alarmTopicArn=TOPIC) >= plain | {"DeliverTraces", "ManageAlarms"}
