"""CloudWatch log groups."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.calls import forget, retag
from sandbox.providers.aws.client import AwsClient, complete_region_and_tags
from sandbox.providers.base import AutoName, Created, ResourceType
from sandbox.providers.values import Properties


def _create(client: AwsClient, inputs: Properties) -> Created:
    api, name = client.api("logs", inputs), inputs["name"]
    optional = {"kmsKeyId": inputs.get("kmsKeyId"), "tags": inputs.get("tags") or None}
    api.create_log_group(logGroupName=name, **{key: value for key, value in optional.items() if value is not None})
    _retain(api, inputs)
    return Created(name, {"arn": _arn(client, inputs), "tagsAll": inputs.get("tags", {})})


def _read(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    api = client.api("logs", state)
    groups = api.describe_log_groups(logGroupNamePrefix=identifier)["logGroups"]
    live = next((group for group in groups if group["logGroupName"] == identifier), None)
    if live is None:
        return None
    arn = _arn(client, {**state, "name": identifier})
    tags = api.list_tags_for_resource(resourceArn=arn).get("tags", {})
    seen = {"name": identifier, "retentionInDays": live.get("retentionInDays"), "kmsKeyId": live.get("kmsKeyId")}
    return {**seen, "tags": tags or None, "arn": arn, "tagsAll": tags}


def _update(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    api = client.api("logs", new)
    if "retentionInDays" in old and "retentionInDays" not in new:
        api.delete_retention_policy(logGroupName=identifier)
    _retain(api, new)
    retag(
        old,
        new,
        lambda tags: api.tag_resource(resourceArn=old["arn"], tags=tags),
        lambda keys: api.untag_resource(resourceArn=old["arn"], tagKeys=keys),
    )
    return {"tagsAll": new.get("tags", {})}


def _delete(client: AwsClient, identifier: str, state: Properties) -> None:
    forget(client.api("logs", state).delete_log_group, logGroupName=identifier)


def _retain(api: Any, inputs: Properties) -> None:
    if inputs.get("retentionInDays"):
        api.put_retention_policy(logGroupName=inputs["name"], retentionInDays=inputs["retentionInDays"])


def _arn(client: AwsClient, inputs: Properties) -> str:
    return f"arn:{client.partition}:logs:{inputs['region']}:{client.account}:log-group:{inputs['name']}"


RESOURCES = (
    ResourceType(
        "aws:cloudwatch/logGroup:LogGroup",
        arguments="pulumi_aws.cloudwatch:LogGroupArgs",
        properties=frozenset({"name", "retentionInDays", "kmsKeyId", "region", "tags"}),
        computed=frozenset({"arn", "tagsAll"}),
        replace_on=frozenset({"name", "region", "kmsKeyId"}),
        auto_name=AutoName("name", longest=512),
        complete=complete_region_and_tags,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
