"""Secrets Manager secrets and their values."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers.aws.calls import forget, found, from_key_value_tags, key_value_tags, retag
from sandbox.providers.aws.client import AwsClient, complete_region, complete_region_and_tags
from sandbox.providers.base import AutoName, Created, ResourceType
from sandbox.providers.values import Properties

_DAYS_BEFORE_DELETION = 30


def _create(client: AwsClient, inputs: Properties) -> Created:
    optional = {
        "Description": inputs.get("description"),
        "KmsKeyId": inputs.get("kmsKeyId"),
        "Tags": key_value_tags(inputs["tags"]) if inputs.get("tags") else None,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    arn = client.api("secretsmanager", inputs).create_secret(Name=inputs["name"], **given)["ARN"]
    return Created(arn, {"arn": arn, "tagsAll": inputs.get("tags", {})})


def _read(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    live = found(client.api("secretsmanager", state).describe_secret, SecretId=identifier)
    if live is None or "DeletedDate" in live:
        return None
    tags = from_key_value_tags(live.get("Tags", []))
    seen = {"name": live["Name"], "description": live.get("Description") or None, "kmsKeyId": live.get("KmsKeyId")}
    return {**seen, "tags": tags or None, "arn": live["ARN"], "tagsAll": tags}


def _update(client: AwsClient, identifier: str, old: Properties, new: Properties) -> Properties:
    api = client.api("secretsmanager", new)
    changed = {"Description": new.get("description", "")}
    if "kmsKeyId" in new:
        changed["KmsKeyId"] = new["kmsKeyId"]
    api.update_secret(SecretId=identifier, **changed)
    retag(
        old,
        new,
        lambda tags: api.tag_resource(SecretId=identifier, Tags=key_value_tags(tags)),
        lambda keys: api.untag_resource(SecretId=identifier, TagKeys=keys),
    )
    return {"tagsAll": new.get("tags", {})}


def _delete(client: AwsClient, identifier: str, state: Properties) -> None:
    days = state.get("recoveryWindowInDays", _DAYS_BEFORE_DELETION)
    when = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    forget(client.api("secretsmanager", state).delete_secret, SecretId=identifier, **when)


def _put_value(client: AwsClient, inputs: Properties) -> Created:
    api = client.api("secretsmanager", inputs)
    put = api.put_secret_value(SecretId=inputs["secretId"], SecretString=inputs["secretString"])
    return Created(f"{inputs['secretId']}|{put['VersionId']}", _value_outputs(put))


def _read_value(client: AwsClient, identifier: str, state: Properties) -> Properties | None:
    secret, _, version = identifier.rpartition("|")
    api = client.api("secretsmanager", state)
    live = found(api.get_secret_value, SecretId=secret, VersionId=version)
    if live is None:
        return None
    return {"secretId": secret, "secretString": live["SecretString"]} | _value_outputs(live)


def _value_outputs(live: Mapping[str, str]) -> Properties:
    return {"arn": live["ARN"], "secretArn": live["ARN"], "versionId": live["VersionId"], "hasSecretStringWo": False}


def _leave_value(client: AwsClient, identifier: str, state: Properties) -> None:
    """A version cannot be deleted: it goes with its secret, or when a newer one has taken its stage."""
    del client, identifier, state


RESOURCES = (
    ResourceType(
        "aws:secretsmanager/secret:Secret",
        arguments="pulumi_aws.secretsmanager:SecretArgs",
        properties=frozenset({"name", "description", "kmsKeyId", "recoveryWindowInDays", "region", "tags"}),
        computed=frozenset({"arn", "tagsAll"}),
        replace_on=frozenset({"name", "region"}),
        auto_name=AutoName("name", longest=512),
        complete=complete_region_and_tags,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
    ResourceType(
        "aws:secretsmanager/secretVersion:SecretVersion",
        arguments="pulumi_aws.secretsmanager:SecretVersionArgs",
        properties=frozenset({"secretId", "secretString", "region"}),
        computed=frozenset({"arn", "secretArn", "versionId", "hasSecretStringWo"}),
        secret_outputs=frozenset({"secretString"}),
        complete=complete_region,
        create=_put_value,
        read=_read_value,
        delete=_leave_value,
    ),
)
