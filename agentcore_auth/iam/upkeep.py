"""What creating, changing and synchronizing targets takes of whoever does it, beyond rights to the gateways.

It is the same for the person or pipeline that deploys and for those who have the caller policy: AgentCore reads tool
documents, uses a gateway's key, and asks an MCP server for its tools, with the rights of whoever called it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agentcore_auth.iam.statements import (
    AwsScope,
    Statement,
    agentcore,
    allow,
    bucket_arn,
    distinct,
    use_gateway_key,
    workload_identity_arns,
)
from agentcore_auth.iam.vault import API_KEY, OAUTH, CredentialUse, credential_statements, provider_arn, vault_arn


@dataclass(frozen=True)
class ToolDocument:
    """An object in S3 that describes a target's tools; `owner` is the bucket's account, None for the stack's own."""

    uri: str
    owner: str | None = None

    def arn(self, scope: AwsScope) -> str:
        """The object's ARN."""
        bucket, _, key = self.uri.removeprefix("s3://").partition("/")
        return bucket_arn(scope, bucket, f"/{key}")


@dataclass(frozen=True)
class Upkeep:
    """What a stack's targets and gateways have that asks for it.

    `credentials` are those of targets that AgentCore synchronizes when they are created; `buckets` may be read whole.
    """

    documents: Sequence[ToolDocument] = ()
    buckets: Sequence[str] = ()
    credentials: Sequence[CredentialUse] = ()
    kms_key_arn: str | None = None

    def having(self, permissions: Iterable[object]) -> Upkeep:
        """The same with the credentials that are among what synchronized targets ask of the execution role."""
        return replace(self, credentials=tuple(each for each in permissions if isinstance(each, CredentialUse)))


def upkeep_statements(scope: AwsScope, gateway_names: Sequence[str], upkeep: Upkeep) -> Iterator[Statement]:
    """The statements for it; none for what is not there."""
    yield from read_documents(scope, upkeep.documents)
    if upkeep.buckets:
        yield allow("ReadSchemas", ["s3:GetObject"], [bucket_arn(scope, each, "/*") for each in upkeep.buckets])
    if upkeep.kms_key_arn:
        yield use_gateway_key(scope, upkeep.kms_key_arn)
    yield from _synchronization(scope, gateway_names, upkeep.credentials)


def read_documents(scope: AwsScope, documents: Sequence[ToolDocument]) -> Iterator[Statement]:
    """Reading exactly these objects, as long as their buckets belong to whom they are said to."""
    if documents:
        owners = distinct(each.owner or scope.account for each in documents)
        reading = allow("ReadToolDocuments", ["s3:GetObject"], distinct(each.arn(scope) for each in documents))
        yield {**reading, "Condition": {"StringEquals": {"s3:ResourceAccount": owners}}}


def _synchronization(
    scope: AwsScope, gateway_names: Sequence[str], uses: Sequence[CredentialUse]
) -> Iterator[Statement]:
    """AgentCore developer guide, "gateway-target-MCPservers": the tools are asked for as the target is created."""
    if not uses:
        return
    identities = workload_identity_arns(scope, gateway_names)
    tokens = ("GetWorkloadAccessToken", "GetWorkloadAccessTokenForUserId")
    yield from credential_statements(identities, uses, tokens)
    oauth = distinct(use.provider_arn for use in uses if use.kind is OAUTH)
    vault = vault_arn(scope)
    if oauth:
        yield allow("CompleteTokens", agentcore(["CompleteResourceTokenAuth"]), [*identities, vault, *oauth])
    if oauth and len(oauth) == len(uses):
        # The guide asks for it with OAuth as well: the stack's own keys are as far as that goes.
        own = [provider_arn(scope, API_KEY, f"{name}-*") for name in gateway_names]
        yield allow("GetApiKeys", agentcore([API_KEY.action]), [*identities, vault, *own])
