"""The building blocks of IAM documents: ARNs, statements, documents. Pure: every value is known already.

Least privilege by construction: a statement names the narrowest resources that its actions take (AWS's service
authorization reference), and `*` only where an action takes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Statement: TypeAlias = dict[str, Any]
Document: TypeAlias = dict[str, Any]

SERVICE = "bedrock-agentcore.amazonaws.com"
# A gateway's id is its name, a hyphen and ten characters; `{name}-*` would match another environment's name as well.
ID_SUFFIX = "-??????????"

LOG_GROUPS = "/aws/vendedlogs/bedrock-agentcore/gateway/APPLICATION_LOGS/"
"""Before a gateway's id: the group of its logs by default (developer guide, "observability-gateway-metrics")."""
GATEWAY_ACTIONS = (
    "GetGateway",
    "UpdateGateway",
    "DeleteGateway",
    "CreateGatewayTarget",
    "GetGatewayTarget",
    "UpdateGatewayTarget",
    "DeleteGatewayTarget",
    "ListGatewayTargets",
    "SynchronizeGatewayTargets",
)
IDENTITY_ACTIONS = (
    "CreateWorkloadIdentity",
    "GetWorkloadIdentity",
    "UpdateWorkloadIdentity",
    "DeleteWorkloadIdentity",
)


@dataclass(frozen=True)
class AwsScope:
    """The partition (`aws`, `aws-cn`, `aws-us-gov`), account id and region that the gateways are in."""

    partition: str
    account: str
    region: str


def partition_of(region: str) -> str:
    """The partition of a region, as ARNs spell it."""
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws-cn" if region.startswith("cn-") else "aws"


def regional_arn(scope: AwsScope, service: str, resource: str) -> str:
    """The ARN of a resource of a regional service."""
    return f"arn:{scope.partition}:{service}:{scope.region}:{scope.account}:{resource}"


def global_arn(scope: AwsScope, resource: str) -> str:
    """The ARN of a resource of IAM, which has no region."""
    return f"arn:{scope.partition}:iam::{scope.account}:{resource}"


def bucket_arn(scope: AwsScope, bucket: str, objects: str = "") -> str:
    """The ARN of a bucket, or of the objects in it that a pattern such as `/*` means."""
    return f"arn:{scope.partition}:s3:::{bucket}{objects}"


def gateway_arns(scope: AwsScope, names: Iterable[str]) -> list[str]:
    """The ARNs of the gateways of these names, whose ids end in characters that AWS chooses."""
    return [regional_arn(scope, "bedrock-agentcore", f"gateway/{name}{ID_SUFFIX}") for name in names]


def workload_identity_arns(scope: AwsScope, names: Iterable[str]) -> list[str]:
    """The directory of workload identities, and the identities that AWS makes for these gateways."""
    directory = regional_arn(scope, "bedrock-agentcore", "workload-identity-directory/default")
    return [directory, *(f"{directory}/workload-identity/{name}{ID_SUFFIX}" for name in names)]


def policy_engine_name(gateway_name: str) -> str:
    """The name of a gateway's policy engine: letters, digits and underscores, a letter first, 48 characters."""
    name = gateway_name.replace("-", "_")
    return name if name[0].isalpha() else f"g{name[-47:]}"


def policy_engine_arns(scope: AwsScope, gateway_names: Iterable[str]) -> list[str]:
    """The ARNs of these gateways' policy engines, whose ids end in characters that AWS chooses."""
    names = map(policy_engine_name, gateway_names)
    return [regional_arn(scope, "bedrock-agentcore", f"policy-engine/{name}{ID_SUFFIX}") for name in names]


def document(statements: Iterable[Statement]) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def region_of(arn: str) -> str:
    """The region in an ARN; empty for what is in none."""
    return arn.split(":")[3]


def account_of(arn: str) -> str:
    """The account id in an ARN."""
    return arn.split(":")[4]


def allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """A statement that allows these actions on these resources."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def agentcore(actions: Iterable[str]) -> list[str]:
    """Actions of AgentCore, with the service's prefix."""
    return prefixed("bedrock-agentcore", actions)


def prefixed(service: str, actions: Iterable[str]) -> list[str]:
    """Actions with their service's prefix."""
    return [f"{service}:{action}" for action in actions]


def merged(statements: Iterable[Statement]) -> list[Statement]:
    """One statement for each Sid, in their order, on the resources of all that have it.

    For statements that differ in nothing but their resources, such as those of two targets of one kind.
    """
    found: dict[str, Statement] = {}
    for statement in statements:
        same = found.setdefault(statement["Sid"], {**statement, "Resource": []})
        same["Resource"] = distinct([*same["Resource"], *statement["Resource"]])
    return list(found.values())


def distinct(values: Iterable[str]) -> list[str]:
    """The values without repetition, in their order."""
    return list(dict.fromkeys(values))


def pass_role(sid: str, role_arn: str, service: str) -> Statement:
    """Hand this role to this service, and to no other."""
    condition = {"StringEquals": {"iam:PassedToService": service}}
    return {**allow(sid, ["iam:PassRole"], [role_arn]), "Condition": condition}


def use_gateway_key(scope: AwsScope, kms_key_arn: str) -> Statement:
    """Have AgentCore encrypt a gateway with a key of one's own, and use the key through AgentCore only."""
    actions = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    condition = {"StringEquals": {"kms:ViaService": f"bedrock-agentcore.{scope.region}.amazonaws.com"}}
    return {**allow("UseGatewayKey", actions, [kms_key_arn]), "Condition": condition}
