"""The functions that tell where a deployment goes (account, region, partition), and of a user pool that exists."""

from __future__ import annotations

from sandbox.providers.aws.client import AwsClient
from sandbox.providers.aws.resources import USER_POOL
from sandbox.providers.base import FunctionType, ProviderError
from sandbox.providers.values import Properties

_NOT_OF_A_LOOKUP = frozenset({"endpoint", "tagsAll", "userPoolTier"})


def _caller_identity(client: AwsClient, _inputs: Properties) -> Properties:
    caller = client.caller
    return {"accountId": caller["Account"], "arn": caller["Arn"], "userId": caller["UserId"], "id": caller["Account"]}


def _region(client: AwsClient, inputs: Properties) -> Properties:
    name = inputs.get("region") or inputs.get("name") or client.region
    return dict.fromkeys(("name", "region", "id", "description"), name) | {"endpoint": f"ec2.{name}.amazonaws.com"}


def _partition(client: AwsClient, _inputs: Properties) -> Properties:
    suffix = "amazonaws.com.cn" if client.partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": client.partition, "id": client.partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def _user_pool(client: AwsClient, inputs: Properties) -> Properties:
    pool_id, region = inputs["userPoolId"], inputs.get("region", client.region)
    pool = USER_POOL.find(client, pool_id, {"region": region})
    if pool is None:
        raise ProviderError(f"user pool {pool_id} does not exist in {region}")
    told = {name: value for name, value in pool.items() if name not in _NOT_OF_A_LOOKUP}
    tags = pool["tagsAll"]
    return told | {"id": pool_id, "userPoolId": pool_id, "region": region, "tags": tags, "userPoolTags": tags}


FUNCTIONS = (
    FunctionType("aws:index/getCallerIdentity:getCallerIdentity", frozenset({"id"}), _caller_identity),
    FunctionType("aws:index/getRegion:getRegion", frozenset({"endpoint", "id", "name", "region"}), _region),
    FunctionType("aws:index/getPartition:getPartition", frozenset({"id"}), _partition),
    FunctionType("aws:cognito/getUserPool:getUserPool", frozenset({"userPoolId", "region"}), _user_pool),
)
