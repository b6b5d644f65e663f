"""IAM and STS as moto has them, refusing what is in use, and roles that are not there or do not trust the caller."""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy
from moto.sts.models import AssumedRole, STSBackend

from sandbox.aws.permissions import can_assume
from sandbox.aws.refusals import Refusal, WithMotosUrls


class PoliciesBackend(WithMotosUrls, IAMBackend):
    """One account's roles and policies."""

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        self._know(policy_arn)
        super().attach_role_policy(policy_arn, role_name)

    def attach_user_policy(self, policy_arn: str, user_name: str) -> None:
        self._know(policy_arn)
        super().attach_user_policy(policy_arn, user_name)

    def attach_group_policy(self, policy_arn: str, group_name: str) -> None:
        self._know(policy_arn)
        super().attach_group_policy(policy_arn, group_name)

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        self._know(policy_arn)
        return super().get_policy(policy_arn)

    def _know(self, policy_arn: str) -> None:
        """Add a policy of AWS's own when it is first asked for: moto loads all 1,600 for each account, or none."""
        name = policy_arn.rpartition("/")[2]
        if policy_arn not in self.managed_policies and name in _policies_of_aws():
            policy = AWSManagedPolicy.from_data(name, self.account_id, self.region_name, _policies_of_aws()[name])
            if policy.arn == policy_arn:
                self.managed_policies[policy_arn] = policy

    def delete_policy(self, policy_arn: str) -> None:
        policy = self.get_policy(policy_arn)
        if policy.attachment_count:
            raise Refusal("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise Refusal(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy.",
            )
        super().delete_policy(policy_arn)


@functools.cache
def _policies_of_aws() -> dict[str, Any]:
    return json.loads(aws_managed_policies_data)


class TokensBackend(WithMotosUrls, STSBackend):
    """One account's temporary credentials."""

    def assume_role(
        self,
        region_name: str,
        role_session_name: str,
        role_arn: str,
        policy: str,
        duration: int,
        external_id: str,
    ) -> AssumedRole:
        root = f"arn:{self.partition}:iam::{self.account_id}:root"
        context = {"sts:ExternalId": external_id} if external_id else {}
        if not can_assume(role_arn, (("AWS", self.account_id), ("AWS", root)), context):
            raise Refusal(
                "AccessDenied", f"User: {root} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            )
        return super().assume_role(region_name, role_session_name, role_arn, policy, duration, external_id)
