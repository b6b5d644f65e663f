"""A KMS key of one's own that encrypts gateways: what their execution role needs, and what the key's policy has to say.

AgentCore developer guide, "gateway-encryption". AgentCore is reported to use the key without naming itself or the
gateway where it encrypts targets; so these two conditions hold wherever the request has what they compare
(`…IfExists`), and do not stop it where it has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agentcore_auth.iam.owners import sid_ending
from agentcore_auth.iam.statements import AwsScope, Statement, allow, gateway_arns, global_arn

_CONTEXT = "kms:EncryptionContext:aws:bedrock-agentcore-gateway:arn"
_OPERATIONS = ("Decrypt", "GenerateDataKey")


@dataclass(frozen=True)
class KeyUse:
    """A gateway that a KMS key encrypts."""

    key_arn: str


def key_statements(scope: AwsScope, gateway_names: Sequence[str], key_arn: str) -> list[Statement]:
    """What the execution role may do with the key: have these gateways encrypted by it."""
    through_agentcore = {"kms:ViaService": f"bedrock-agentcore.{scope.region}.amazonaws.com"}
    for_gateways = {_CONTEXT: gateway_arns(scope, gateway_names)}
    through: dict[str, Any] = {"StringEqualsIfExists": through_agentcore}
    limited = {**through, "StringLikeIfExists": for_gateways}
    granted = {
        **limited,
        "StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"},
        "ForAllValues:StringEquals": {"kms:GrantOperations": list(_OPERATIONS)},
    }
    return [
        {**allow("DescribeGatewayKey", ["kms:DescribeKey"], [key_arn]), "Condition": through},
        {**allow("EncryptGateways", [f"kms:{each}" for each in _OPERATIONS], [key_arn]), "Condition": limited},
        {**allow("GrantGatewayKey", ["kms:CreateGrant"], [key_arn]), "Condition": granted},
    ]


def key_policy_statements(scope: AwsScope, gateway_names: Sequence[str], role_arn: str) -> list[Statement]:
    """What the key's own policy needs where it does not leave access to the IAM policies of the gateways' account.

    The role is named by a condition, because KMS refuses a principal that does not exist yet. Sids are of these
    gateways, so that several stacks can have one key. In a key's own policy the resource `*` is that key.
    """
    root = {"AWS": global_arn(scope, "root")}
    return [
        {
            **statement,
            "Sid": f"{statement['Sid']}{sid_ending(gateway_names[0])}",
            "Principal": root,
            "Condition": {**statement["Condition"], "ArnEquals": {"aws:PrincipalArn": role_arn}},
        }
        for statement in key_statements(scope, gateway_names, "*")
    ]
