"""IAM as the program has it: where the stack is deployed, as AWS says, and documents as text."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from agentcore_auth.iam import AwsScope, Document


def current_scope(region: str, parent: pulumi.Resource | None = None) -> AwsScope:
    """The partition and account of the deployment's credentials (those of `parent`'s provider), with its region."""
    opts = pulumi.InvokeOptions(parent=parent)
    return AwsScope(aws.get_partition(opts=opts).partition, aws.get_caller_identity(opts=opts).account_id, region)


def policy_json(document: pulumi.Input[Document]) -> pulumi.Output[str]:
    """An IAM document as the text that AWS wants; keys sorted, so that an unchanged document is no change."""
    return pulumi.Output.json_dumps(document, sort_keys=True)
