"""The policy that the person (or the pipeline) who deploys a stack needs: what the AWS plugin calls for it.

Pure. Resources are scoped by the stack's names: Pulumi adds its own ending to every name that is not fixed. AWS gives
user pools ids of its own, so those are scoped by region only. Nothing here is for Auth0 or Okta, which know no IAM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components import iam
from settings import Settings

_POLICY_ACTIONS = (
    "CreatePolicy",
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "GetPolicy",
    "GetPolicyVersion",
    "ListPolicyVersions",
    "TagPolicy",
    "UntagPolicy",
)
_SECRET_ACTIONS = (
    "CreateSecret",
    "DeleteSecret",
    "DescribeSecret",
    "GetResourcePolicy",
    "GetSecretValue",
    "PutSecretValue",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
)


@dataclass(frozen=True)
class _Stack:
    settings: Settings
    place: iam.Place
    role_arn: str


def deployment_policy(settings: Settings, place: iam.Place, role_arn: str) -> iam.Document:
    """What deploying, changing and removing this stack asks of AWS; `role_arn` is the execution role's."""
    stack = _Stack(settings, place, role_arn)
    parts = (_gateways, _execution_role, _callers, _targets, _providers, _client_secrets, _elsewhere)
    return iam.document(iam.merged(statement for part in parts for statement in part(stack)))


def _gateways(stack: _Stack) -> Iterator[iam.Statement]:
    names = list(stack.settings.gateway_names.values())
    yield iam.allow("CreateGateways", ["bedrock-agentcore:CreateGateway"], ["*"])
    yield iam.allow(
        "ManageGateways", iam.agentcore([*iam.GATEWAY_ACTIONS, *iam.TAG_ACTIONS]), iam.gateway_arns(stack.place, names)
    )
    yield iam.allow(
        "ManageWorkloadIdentities", iam.agentcore(iam.IDENTITY_ACTIONS), iam.workload_identity_arns(stack.place, names)
    )
    yield iam.pass_role("PassExecutionRole", stack.role_arn, iam.SERVICE)
    if stack.settings.gateway.kms_key_arn:
        yield iam.use_gateway_key(stack.place, stack.settings.gateway.kms_key_arn)


def _execution_role(stack: _Stack) -> Iterator[iam.Statement]:
    yield iam.allow("ManageExecutionRole", iam.prefixed("iam", iam.ROLE_ACTIONS), [stack.role_arn])
    if stack.settings.execution_role.permissions_boundary_arn:
        actions = ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"]
        yield iam.allow("BoundExecutionRole", actions, [stack.role_arn])


def _callers(stack: _Stack) -> Iterator[iam.Statement]:
    policy = iam.global_arn(stack.place, f"policy/{stack.settings.gateway.name}-*")
    yield iam.allow("ManageCallerPolicy", iam.prefixed("iam", _POLICY_ACTIONS), [policy])
    attach_to = stack.settings.callers.attach_to
    for kind, names in (("Role", attach_to.roles), ("User", attach_to.users), ("Group", attach_to.groups)):
        if names:
            arns = [iam.global_arn(stack.place, f"{kind.lower()}/{name}") for name in names]
            condition = {"ArnLike": {"iam:PolicyARN": policy}}
            actions = [f"iam:Attach{kind}Policy", f"iam:Detach{kind}Policy"]
            yield {**iam.allow(f"AttachTo{kind}s", actions, arns), "Condition": condition}
            yield iam.allow(f"ReadAttachmentsOf{kind}s", [f"iam:ListAttached{kind}Policies"], arns)


def _targets(stack: _Stack) -> Iterator[iam.Statement]:
    for target in stack.settings.targets:
        yield from target.deployment_statements(stack.place, stack.settings.gateway.name)


def _providers(stack: _Stack) -> Iterator[iam.Statement]:
    for provider in stack.settings.providers.values():
        yield from provider.deployment_statements(stack.place)


def _client_secrets(stack: _Stack) -> Iterator[iam.Statement]:
    if stack.settings.client_secrets == "secretsManager":
        names = stack.settings.gateway_names.values()
        arns = [iam.regional_arn(stack.place, "secretsmanager", f"secret:{name}-*") for name in names]
        yield iam.allow("KeepClientSecrets", iam.prefixed("secretsmanager", _SECRET_ACTIONS), arns)


def _elsewhere(stack: _Stack) -> Iterator[iam.Statement]:
    """Documents in S3, which AgentCore reads as whoever creates a target, and other accounts' functions."""
    buckets = stack.settings.document_buckets
    if buckets:
        arns = [f"arn:{stack.place.partition}:s3:::{bucket}/*" for bucket in buckets]
        yield iam.allow("ReadSchemas", ["s3:GetObject"], arns)
    accounts = {iam.account_of(arn) for arn in stack.settings.foreign_functions(stack.place.account)}
    roles = [found.assume_role_arn for account, found in stack.settings.cross_account.items() if account in accounts]
    if roles:
        yield iam.allow("EnterOtherAccounts", ["sts:AssumeRole"], roles)
