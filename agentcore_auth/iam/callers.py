"""The policy for those who administer and call the gateways of a stack."""

from __future__ import annotations

from collections.abc import Sequence

from agentcore_auth.iam.statements import (
    GATEWAY_ACTIONS,
    IDENTITY_ACTIONS,
    SERVICE,
    AwsScope,
    Document,
    Statement,
    agentcore,
    allow,
    document,
    gateway_arns,
    merged,
    pass_role,
    workload_identity_arns,
)
from agentcore_auth.iam.upkeep import Upkeep, upkeep_statements
from agentcore_auth.mode import Mode


def caller_policy(
    scope: AwsScope,
    gateway_names: Sequence[str],
    role_arn: str,
    mode: Mode,
    upkeep: Upkeep = Upkeep(),
    target_statements: Sequence[Statement] = (),
) -> Document:
    """What a person or program needs to administer and call this stack's gateways and their targets.

    `target_statements` is what creating and synchronizing single targets asks for besides.
    """
    if mode == "tutorial":
        everything = [allow("VisualEditor0", ["bedrock-agentcore:*", "iam:PassRole"], ["*"])]
        reads = upkeep.documents or upkeep.buckets
        reading = [allow("VisualEditor1", ["s3:GetObject"], ["*"])] if reads else []
        return document([*everything, *reading, *merged(target_statements)])
    return document(
        [
            allow("CreateAndListGateways", agentcore(["CreateGateway", "ListGateways"]), ["*"]),
            allow("UseGateways", agentcore([*GATEWAY_ACTIONS, "InvokeGateway"]), gateway_arns(scope, gateway_names)),
            allow("UseWorkloadIdentities", agentcore(IDENTITY_ACTIONS), workload_identity_arns(scope, gateway_names)),
            pass_role("PassExecutionRole", role_arn, SERVICE),
            *upkeep_statements(scope, gateway_names, upkeep),
            *merged(target_statements),
        ]
    )
