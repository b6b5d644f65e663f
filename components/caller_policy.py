"""The policy for those who administer and call the stack's gateways, attached to whom the configuration names."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from agentcore_auth import iam
from components.arguments import AttachTo, Stack
from components.iam import policy_json


class CallerPolicy(pulumi.ComponentResource):
    """A managed policy, in `arn`, and its attachments. It creates no role, user or group."""

    def __init__(
        self,
        name: str,
        stack: Stack,
        *,
        role_arn: pulumi.Input[str],
        upkeep: iam.Upkeep = iam.Upkeep(),
        synchronized: Sequence[pulumi.Input[iam.Permission]] = (),
        target_statements: Sequence[iam.Statement] = (),
        attach_to: AttachTo = AttachTo.model_construct(),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`synchronized` has the credentials of targets whose tools AgentCore asks for when they are created;
        `target_statements` what creating single targets asks for besides.
        """
        super().__init__("agentcore-auth:index:CallerPolicy", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        policy = aws.iam.Policy(
            name,
            description=f"Administer and call the AgentCore gateways {name}-…",
            policy=policy_json(
                pulumi.Output.all(role_arn, *synchronized).apply(
                    lambda known: iam.caller_policy(
                        stack.scope,
                        stack.gateway_names,
                        known[0],
                        stack.mode,
                        upkeep.having(known[1:]),
                        target_statements,
                    )
                )
            ),
            tags=stack.tags,
            opts=child,
        )
        for role in attach_to.roles:
            aws.iam.RolePolicyAttachment(f"{name}-{role}", role=role, policy_arn=policy.arn, opts=child)
        for user in attach_to.users:
            aws.iam.UserPolicyAttachment(f"{name}-{user}", user=user, policy_arn=policy.arn, opts=child)
        for group in attach_to.groups:
            aws.iam.GroupPolicyAttachment(f"{name}-{group}", group=group, policy_arn=policy.arn, opts=child)
        self.arn = policy.arn
        self.register_outputs({"arn": self.arn})
