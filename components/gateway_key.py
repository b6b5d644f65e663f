"""The KMS key that encrypts the gateways: what its own policy has to say, for the key's owner.

The program changes no key: a key of the same account, with the policy that KMS gives it, leaves access to IAM and needs
nothing of this.
"""

from __future__ import annotations

from typing import Any

import pulumi

from agentcore_auth import iam
from components.arguments import Stack


def for_the_key_owner(
    stack: Stack, role_arn: pulumi.Output[str], key_arn: str | None
) -> list[pulumi.Output[dict[str, Any]]]:
    """An entry with `keyArn`, `accountId`, `statements` and `command`, or none where the gateways have no such key."""
    return [role_arn.apply(lambda role: _entry(stack, role, key_arn))] if key_arn else []


def _entry(stack: Stack, role_arn: str, key_arn: str) -> dict[str, Any]:
    statements = iam.key_policy_statements(stack.scope, stack.gateway_names, role_arn)
    command = iam.key_owners_command(key_arn, statements)
    return {"keyArn": key_arn, "accountId": iam.account_of(key_arn), "statements": statements, "command": command}
