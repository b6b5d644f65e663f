"""The policy for those who administer and call the gateways of a stack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentcore_auth.iam.statements import (
    GATEWAY_ACTIONS,
    IDENTITY_ACTIONS,
    SERVICE,
    AwsScope,
    Document,
    Statement,
    agentcore,
    allow,
    bucket_arn,
    distinct,
    document,
    gateway_arns,
    merged,
    pass_role,
    use_gateway_key,
    workload_identity_arns,
)
from agentcore_auth.mode import Mode


def caller_policy(
    scope: AwsScope,
    gateway_names: Sequence[str],
    role_arn: str,
    document_buckets: Iterable[str],
    mode: Mode,
    kms_key_arn: str | None = None,
    target_statements: Iterable[Statement] = (),
) -> Document:
    """What a person or program needs to administer and call this stack's gateways and their targets.

    `document_buckets` are the buckets out of which targets take their documents: AgentCore reads them as the caller.
    `target_statements` is what creating and synchronizing the stack's targets asks for besides.
    """
    objects = [bucket_arn(scope, bucket, "/*") for bucket in distinct(document_buckets)]
    if mode == "tutorial":
        everything = [allow("VisualEditor0", ["bedrock-agentcore:*", "iam:PassRole"], ["*"])]
        reading = [allow("VisualEditor1", ["s3:GetObject"], ["*"])] if objects else []
        return document([*everything, *reading, *merged(target_statements)])
    statements = [
        allow("CreateAndListGateways", ["bedrock-agentcore:CreateGateway", "bedrock-agentcore:ListGateways"], ["*"]),
        allow(
            "UseGateways",
            [*agentcore(GATEWAY_ACTIONS), "bedrock-agentcore:InvokeGateway"],
            gateway_arns(scope, gateway_names),
        ),
        allow("UseWorkloadIdentities", agentcore(IDENTITY_ACTIONS), workload_identity_arns(scope, gateway_names)),
        pass_role("PassExecutionRole", role_arn, SERVICE),
    ]
    if objects:
        statements.append(allow("ReadSchemas", ["s3:GetObject"], objects))
    if kms_key_arn:
        statements.append(use_gateway_key(scope, kms_key_arn))
    return document([*statements, *merged(target_statements)])
