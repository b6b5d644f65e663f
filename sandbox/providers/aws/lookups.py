"""The functions that tell where a deployment goes: account, region, partition."""

from __future__ import annotations

from sandbox.providers.aws.client import AwsClient
from sandbox.providers.base import FunctionType
from sandbox.providers.values import Properties


def _caller_identity(client: AwsClient, inputs: Properties) -> Properties:
    del inputs
    caller = client.caller
    return {
        "accountId": caller["Account"],
        "arn": caller["Arn"],
        "userId": caller["UserId"],
        "id": caller["Account"],
    }


def _region(client: AwsClient, inputs: Properties) -> Properties:
    name = inputs.get("region") or inputs.get("name") or client.region
    endpoint = f"ec2.{name}.amazonaws.com"
    return {"name": name, "region": name, "id": name, "description": name, "endpoint": endpoint}


def _partition(client: AwsClient, inputs: Properties) -> Properties:
    del inputs
    suffix = "amazonaws.com.cn" if client.partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {
        "partition": client.partition,
        "id": client.partition,
        "dnsSuffix": suffix,
        "reverseDnsPrefix": reverse,
    }


FUNCTIONS = (
    FunctionType("aws:index/getCallerIdentity:getCallerIdentity", frozenset({"id"}), _caller_identity),
    FunctionType("aws:index/getRegion:getRegion", frozenset({"endpoint", "id", "name", "region"}), _region),
    FunctionType("aws:index/getPartition:getPartition", frozenset({"id"}), _partition),
)
