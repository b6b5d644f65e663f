"""The policy for those who administer and call the stack's gateways, attached to whom the configuration names."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from agentcore_auth import iam
from components.place import policy_json
from settings import Settings


class CallerPolicy(pulumi.ComponentResource):
    """A managed policy, in `arn`, and its attachments. It creates no role, user or group."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        scope: iam.AwsScope,
        *,
        role_arn: pulumi.Output[str],
        schema_buckets: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`schema_buckets` are the buckets that targets take their documents from."""
        super().__init__("agentcore-auth:index:CallerPolicy", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        gateway_names = list(settings.gateway_names.values())
        buckets = [*schema_buckets, *settings.callers.schema_buckets]
        policy = aws.iam.Policy(
            name,
            description=f"Administer and call the AgentCore gateways {name}-…",
            policy=policy_json(
                role_arn.apply(
                    lambda role: iam.caller_policy(
                        scope, gateway_names, role, buckets, settings.mode, settings.gateway.kms_key_arn
                    )
                )
            ),
            tags=settings.tags,
            opts=child,
        )
        attach_to = settings.callers.attach_to
        for role in attach_to.roles:
            aws.iam.RolePolicyAttachment(f"{name}-{role}", role=role, policy_arn=policy.arn, opts=child)
        for user in attach_to.users:
            aws.iam.UserPolicyAttachment(f"{name}-{user}", user=user, policy_arn=policy.arn, opts=child)
        for group in attach_to.groups:
            aws.iam.GroupPolicyAttachment(f"{name}-{group}", group=group, policy_arn=policy.arn, opts=child)
        self.arn = policy.arn
        self.register_outputs({"arn": self.arn})
