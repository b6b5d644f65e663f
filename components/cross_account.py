"""Lambda functions of other accounts: each has to admit the execution role in its own policy.

Where the configuration names a role of that account (`crossAccount`), the program writes the statement there; for all
others it is exported, with the command for the account's owner. It creates nothing else in another account.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pulumi
import pulumi_aws as aws

from agentcore_auth import iam
from components.spreading import retried


@dataclass(frozen=True)
class FunctionRef:
    """A function's ARN in its parts; `arn` is without the qualifier (a version or an alias)."""

    arn: str
    qualifier: str | None

    @classmethod
    def of(cls, arn: str) -> FunctionRef:
        """The parts of a function's ARN, with or without a qualifier."""
        parts = arn.split(":")
        return cls(":".join(parts[:7]), parts[7] if len(parts) > 7 else None)

    @property
    def account(self) -> str:
        """The owner's account id."""
        return iam.account_of(self.arn)

    @property
    def region(self) -> str:
        """The function's region."""
        return iam.region_of(self.arn)


def owners_command(function_arn: str, role_arn: str, sid: str) -> str:
    """The command with which a function's owner adds the statement."""
    function = FunctionRef.of(function_arn)
    words = ["aws", "lambda", "add-permission", "--region", function.region, "--function-name", function.arn]
    words += ["--qualifier", function.qualifier] if function.qualifier else []
    words += ["--statement-id", sid, "--action", "lambda:InvokeFunction", "--principal", role_arn]
    return shlex.join(words)


@dataclass(frozen=True)
class Admission:
    """`permissions` are the statements that the program writes itself; `statements` those that it leaves to owners.

    `statements` has an entry for each function: `functionArn`, `accountId`, `statement`, `command`.
    """

    permissions: Sequence[pulumi.Resource]
    statements: Sequence[pulumi.Output[dict[str, Any]]]


def admission(
    name: str,
    function_arns: Sequence[str],
    role_arn: pulumi.Output[str],
    sid: str,
    assume_role_arns: Mapping[str, str] = MappingProxyType({}),
    opts: pulumi.ResourceOptions | None = None,
) -> Admission:
    """Have functions of other accounts than the gateways' admit the role; `sid` is the id of the statements.

    `role_arn` has to be the existing role's, or Lambda refuses the principal. `assume_role_arns` has the roles that
    the program may assume in other accounts, by account id.
    """
    within_reach = [arn for arn in function_arns if iam.account_of(arn) in assume_role_arns]
    return Admission(
        CrossAccountAccess(name, within_reach, role_arn, sid, assume_role_arns, opts).permissions
        if within_reach
        else (),
        [
            role_arn.apply(lambda role, arn=arn: _for_the_owner(arn, role, sid))
            for arn in function_arns
            if arn not in within_reach
        ],
    )


class CrossAccountAccess(pulumi.ComponentResource):
    """The statements that the program writes itself, in `permissions`: see `admission`."""

    def __init__(
        self,
        name: str,
        function_arns: Sequence[str],
        role_arn: pulumi.Output[str],
        sid: str,
        assume_role_arns: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("agentcore-auth:index:CrossAccountAccess", name, None, opts)
        self._sid = sid
        self._assume_role_arns = assume_role_arns
        self._accounts: dict[tuple[str, str], aws.Provider] = {}
        self.permissions = [self._permission(FunctionRef.of(arn), role_arn) for arn in function_arns]
        self.register_outputs({})

    def _permission(self, function: FunctionRef, role_arn: pulumi.Output[str]) -> pulumi.Resource:
        # Without the gateway's name: when that changes, the statement has to be replaced, not added a second time.
        location = f"{function.account}-{function.region}"
        key = (function.account, function.region)
        if key not in self._accounts:
            assumed = self._assume_role_arns[function.account]
            self._accounts[key] = aws.Provider(
                location,
                region=function.region,
                profile=aws.config.profile,
                # An object, because the SDK makes JSON of it, and would leave the keys of a dictionary as they are.
                assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=assumed)],
                opts=pulumi.ResourceOptions(parent=self),
            )
        function_name = function.arn.rpartition(":")[2]
        qualifier = f"/{function.qualifier}" if function.qualifier else ""
        return aws.lambda_.Permission(
            f"{location}-{function_name}{qualifier}",
            statement_id=self._sid,
            action="lambda:InvokeFunction",
            function=function.arn,
            qualifier=function.qualifier,
            principal=role_arn,
            # A function's policy has each id once.
            opts=pulumi.ResourceOptions(
                parent=self,
                provider=self._accounts[key],
                delete_before_replace=True,
                hooks=retried(f"{location}-{function_name}{qualifier}"),
            ),
        )


def _for_the_owner(function_arn: str, role_arn: str, sid: str) -> dict[str, Any]:
    return {
        "functionArn": function_arn,
        "accountId": iam.account_of(function_arn),
        "statement": iam.cross_account_statement(function_arn, role_arn, sid),
        "command": owners_command(function_arn, role_arn, sid),
    }
