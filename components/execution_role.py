"""The execution role: what all gateways of the stack assume to call their targets.

Its name is fixed, because other accounts name it as principal in their functions' policies. What it may do follows
from the targets and nothing else; who may assume it, from the gateways. A role that exists is left as it is: what it
needs is for its owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from agentcore_auth import iam
from components import arguments
from components.arguments import Stack
from components.iam import policy_json


class ExecutionRole(pulumi.ComponentResource):
    """The role, in `arn`, and `policies`, on which everything depends that AWS checks the role for.

    `statements` is a list with an entry for a role that exists: `roleArn`, `trust`, `statements`, `command`.
    """

    def __init__(
        self,
        name: str,
        stack: Stack,
        permissions: Sequence[pulumi.Input[iam.Permission]],
        options: arguments.ExecutionRole = arguments.ExecutionRole.model_construct(),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """The gateways of the stack may assume it; `permissions` is what their targets ask of it."""
        super().__init__("agentcore-auth:index:ExecutionRole", name, None, opts)
        needed = pulumi.Output.all(*permissions).apply(
            lambda known: iam.execution_statements(stack.scope, stack.gateway_names, known, stack.mode)
        )
        self.policies: list[pulumi.Resource] = []
        self.statements: list[pulumi.Output[dict[str, Any]]] = []
        if options.arn:
            self.arn = pulumi.Output.from_input(options.arn)
            existing = options.arn
            self.statements.append(needed.apply(lambda known: _for_the_owner(name, stack, existing, known)))
        else:
            role = self._role(name, stack, options)
            self.arn = role.arn
            # A policy without statements is refused by IAM, and targets that ask for nothing need none.
            if permissions:
                policy = policy_json(needed.apply(iam.document))
                child = pulumi.ResourceOptions(parent=self)
                self.policies.append(aws.iam.RolePolicy(name, role=role.name, policy=policy, opts=child))
        self.register_outputs({"arn": self.arn})

    def _role(self, name: str, stack: Stack, options: arguments.ExecutionRole) -> aws.iam.Role:
        return aws.iam.Role(
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


def _for_the_owner(name: str, stack: Stack, role_arn: str, statements: Sequence[iam.Statement]) -> dict[str, Any]:
    (trusted,) = iam.trust_policy(stack.scope, stack.gateway_names, stack.mode)["Statement"]
    trust = {**trusted, "Sid": f"AssumedByGateways{iam.sid_ending(name)}"}
    command = iam.role_owners_command(role_arn, iam.execution_role_name(name), trust, statements)
    return {"roleArn": role_arn, "trust": trust, "statements": statements, "command": command}
