"""What of the resource types and lookups is no table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.client import AwsClient, found
from sandbox.providers.aws.shapes import same_document
from sandbox.providers.values import Properties

_DAYS_BEFORE_DELETION = 30
_VERSIONS_OF_A_POLICY = 5


def policy_document(client: AwsClient, known: Properties, live: Mapping[str, Any]) -> Properties:
    """The document of a managed policy's default version."""
    version = client.api("iam").get_policy_version(PolicyArn=live["Arn"], VersionId=live["DefaultVersionId"])
    return {"policy": same_document(known.get("policy", ""), version["PolicyVersion"]["Document"])}


def new_version(client: AwsClient, policy: Properties) -> None:
    """Give a managed policy another document, in place of the oldest where IAM keeps no more."""
    _drop_versions(client, policy, keep=_VERSIONS_OF_A_POLICY - 1)
    client.api("iam").create_policy_version(PolicyArn=policy["arn"], PolicyDocument=policy["policy"], SetAsDefault=True)


def delete_policy(client: AwsClient, policy: Properties) -> None:
    """Delete a managed policy with all of its versions."""
    _drop_versions(client, policy, keep=1)
    found(client.api("iam").delete_policy, PolicyArn=policy["arn"])


def _drop_versions(client: AwsClient, policy: Properties, keep: int) -> None:
    """Delete the oldest versions of a policy; the last to go is the default one."""
    iam = client.api("iam")
    answer: Properties = found(iam.list_policy_versions, PolicyArn=policy["arn"]) or {"Versions": []}
    versions: list[Properties] = answer["Versions"]
    for version in sorted(versions, key=lambda each: (each["IsDefaultVersion"], each["CreateDate"]))[:-keep]:
        iam.delete_policy_version(PolicyArn=policy["arn"], VersionId=version["VersionId"])


def permission(client: AwsClient, known: Properties) -> Properties | None:
    """The statement of a function's resource policy."""
    qualifier = {"Qualifier": known["qualifier"]} if "qualifier" in known else {}
    answer = found(client.api("lambda", known).get_policy, FunctionName=known["function"], **qualifier)
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    return known if any(each["Sid"] == known["statementId"] for each in statements) else None


def function_arns(client: AwsClient, known: Properties, live: Mapping[str, Any]) -> Properties:
    """The ARNs that a function is called by."""
    arn, qualified = live["FunctionArn"], f"{live['FunctionArn']}:{live['Version']}"
    path = f"arn:{client.partition}:apigateway:{known['region']}:lambda:path"
    return {
        "invokeArn": f"{path}/2015-03-31/functions/{arn}/invocations",
        "qualifiedArn": qualified,
        "qualifiedInvokeArn": f"{path}/2015-03-31/functions/{qualified}/invocations",
        "responseStreamingInvokeArn": f"{path}/2021-11-15/functions/{arn}/response-streaming-invocations",
    }


def delete_secret(client: AwsClient, state: Properties) -> None:
    """Delete a secret, at once or after its window of recovery."""
    days = state.get("recoveryWindowInDays", _DAYS_BEFORE_DELETION)
    when = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    found(client.api("secretsmanager", state).delete_secret, SecretId=state["arn"], **when)


def caller_identity(client: AwsClient, _inputs: Properties) -> Properties:
    """Who deploys."""
    caller = client.caller
    return {"accountId": caller["Account"], "arn": caller["Arn"], "userId": caller["UserId"], "id": caller["Account"]}


def region(client: AwsClient, inputs: Properties) -> Properties:
    """The region of the deployment, or one that is asked for."""
    name = inputs.get("region") or inputs.get("name") or client.region
    return dict.fromkeys(("name", "region", "id", "description"), name) | {"endpoint": f"ec2.{name}.amazonaws.com"}


def partition(client: AwsClient, _inputs: Properties) -> Properties:
    """The partition of the deployment."""
    suffix = "amazonaws.com.cn" if client.partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": client.partition, "id": client.partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}
