"""The smaller of the sandbox's backends, with the refusals of the real services, and what puts all in moto's place."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any, cast

from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends
from moto.bedrockagentcorecontrol.models import bedrockagentcorecontrol_backends
from moto.cognitoidp.models import cognitoidp_backends
from moto.core.base_backend import BackendDict
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.responses import BaseResponse
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends
from moto.sts.models import AssumedRole, STSBackend, sts_backends

from sandbox.aws.agentcore import AgentCoreBackend
from sandbox.aws.callers import checked
from sandbox.aws.log_delivery import DeliveriesBackend
from sandbox.aws.permissions import NoSuchRoleError, can_assume, find_role, trusts
from sandbox.aws.refusals import Refusal
from sandbox.aws.user_pools import UserPoolsBackend


class FunctionsBackend(LambdaBackend):
    def create_function(self, spec: dict[str, Any]) -> LambdaFunction:
        arn = f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:function:{spec['FunctionName']}"
        if not trusts(spec["Role"], "lambda.amazonaws.com", source_account=self.account_id, source_arn=arn):
            raise Refusal(
                "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
            )
        return super().create_function(spec)

    def add_permission(self, function_name: str, qualifier: str, raw: str) -> dict[str, Any]:
        statement = json.loads(raw)
        sid, principal = statement.get("StatementId"), str(statement.get("Principal"))
        if any(held["Sid"] == sid for held in self.get_function(function_name, qualifier).policy.statements):
            raise Refusal(
                "ResourceConflictException",
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                "existing statement.",
            )
        if ":role/" in principal:
            try:
                find_role(principal)
            except NoSuchRoleError:
                raise Refusal(
                    "InvalidParameterValueException",
                    "The provided principal was invalid. Please check the principal and try again.",
                ) from None
        return super().add_permission(function_name, qualifier, raw)


def _knowing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Adds a policy of AWS's own when it is first asked for: moto loads all 1,600 for each account, or none."""

    def call(backend: PoliciesBackend, policy_arn: str, *others: Any) -> Any:
        name = policy_arn.rpartition("/")[2]
        if policy_arn not in backend.managed_policies and name in _policies_of_aws():
            policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, _policies_of_aws()[name])
            if policy.arn == policy_arn:
                backend.managed_policies[policy_arn] = policy
        return method(backend, policy_arn, *others)

    return call


class PoliciesBackend(IAMBackend):
    attach_role_policy = _knowing(IAMBackend.attach_role_policy)
    attach_user_policy = _knowing(IAMBackend.attach_user_policy)
    attach_group_policy = _knowing(IAMBackend.attach_group_policy)
    get_policy = _knowing(IAMBackend.get_policy)

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


class TokensBackend(STSBackend):
    def assume_role(self, region_name: str, role_session_name: str, role_arn: str, **request: Any) -> AssumedRole:  # pyright: ignore[reportIncompatibleMethodOverride]  moto passes all by name
        root = f"arn:{self.partition}:iam::{self.account_id}:root"
        context = {"sts:ExternalId": request["external_id"]} if request["external_id"] else {}
        if not can_assume(role_arn, (("AWS", self.account_id), ("AWS", root)), context):
            raise Refusal(
                "AccessDenied", f"User: {root} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            )
        return super().assume_role(region_name, role_session_name, role_arn, **request)


class SecretsBackend(SecretsManagerBackend):
    def create_secret(self, name: str, *args: Any, **settings: Any) -> str:
        """Tells a name that waits for its deletion from one that is taken."""
        held = dict.get(self.secrets, name)  # moto's own `get` takes the beginning of an ARN for its secret
        if isinstance(held, FakeSecret) and held.is_deleted():
            raise Refusal(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )
        return super().create_secret(name, *args, **settings)


_REPLACED: tuple[tuple[BackendDict[Any], type[Any]], ...] = (
    (bedrockagentcorecontrol_backends, AgentCoreBackend),
    (cognitoidp_backends, UserPoolsBackend),
    (lambda_backends, FunctionsBackend),
    (iam_backends, PoliciesBackend),
    (logs_backends, DeliveriesBackend),
    (sts_backends, TokensBackend),
    (secretsmanager_backends, SecretsBackend),
)


def install() -> None:
    """Make moto in this process refuse what AWS refuses. Comes before moto's first request; again, it does nothing."""
    for backends, kind in _REPLACED:
        if backends.backend is not kind:
            kind.__module__ = backends.backend.__module__  # beside which moto looks for the routes
            backends.clear()
            backends.backend = kind
    if "AccessDenied" not in COMMON_ERROR_CODES:  # of which moto otherwise warns, though every service has it
        COMMON_ERROR_CODES.extend(("AccessDenied", "AccessDeniedException"))
        cast("Any", BaseResponse).call_action = checked(BaseResponse.call_action)
