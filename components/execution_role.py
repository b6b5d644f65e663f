"""The execution role: what all gateways of the stack assume to call their targets.

Its name is fixed, because other accounts name it as principal in their functions' policies. What it may do follows
from the targets and nothing else; who may assume it, from the gateways.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from agentcore_auth import iam
from components import arguments
from components.arguments import Stack
from components.iam import policy_json


class ExecutionRole(pulumi.ComponentResource):
    """The role, in `arn`, and `policies`, on which everything depends that AWS checks the role for."""

    def __init__(
        self,
        name: str,
        stack: Stack,
        permissions: Sequence[pulumi.Input[iam.Permission]],
        options: arguments.ExecutionRole = arguments.ExecutionRole(),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """The gateways of the stack may assume it; `permissions` is what their targets ask of it."""
        super().__init__("agentcore-auth:index:ExecutionRole", name, None, opts)
        role = aws.iam.Role(
            name,
            name=iam.execution_role_name(name),
            path=options.path,
            description="Assumed by AgentCore gateways to call their targets",
            assume_role_policy=policy_json(iam.trust_policy(stack.scope, stack.gateway_names, stack.mode)),
            permissions_boundary=options.permissions_boundary_arn,
            tags=stack.tags,
            # The name is fixed: the old role has to go before a new one can have it.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        statements = pulumi.Output.all(*permissions).apply(
            lambda known: iam.execution_statements(stack.scope, stack.gateway_names, known, stack.mode)
        )
        self.arn = role.arn
        # A policy without statements is refused by IAM, and targets that ask for nothing need none.
        self.policies = [
            aws.iam.RolePolicy(
                name,
                role=role.name,
                policy=policy_json(statements.apply(iam.document)),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for _ in permissions[:1]
        ]
        self.register_outputs({"arn": self.arn})
