"""IAM as the program has it: where the stack is deployed, as AWS says, and documents as text."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from agentcore_auth.iam import AwsScope, Document, account_of


def current_scope(region: str, role_arn: str | None = None, parent: pulumi.Resource | None = None) -> AwsScope:
    """The partition and account of the deployment's credentials (those of `parent`'s provider), with its region.

    Raises `pulumi.RunError` for an execution role of another account: AgentCore passes none across.
    """
    opts = pulumi.InvokeOptions(parent=parent)
    account = aws.get_caller_identity(opts=opts).account_id
    if role_arn and account_of(role_arn) != account:
        raise pulumi.RunError(
            f"executionRole.arn is a role of the account {account_of(role_arn)}, and the AWS credentials are of "
            f"{account}; nothing was changed: name a role there, or leave the key out"
        )
    return AwsScope(aws.get_partition(opts=opts).partition, account, region)


def policy_json(document: pulumi.Input[Document]) -> pulumi.Output[str]:
    """An IAM document as the text that AWS wants; keys sorted, so that an unchanged document is no change."""
    return pulumi.Output.json_dumps(document, sort_keys=True)
