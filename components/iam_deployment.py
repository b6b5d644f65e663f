"""The policy that the person (or the pipeline) who deploys a stack needs: what the AWS plugin calls for it.

Pure. Resources are scoped by the stack's names: Pulumi adds its own ending to every name that is not fixed. AWS gives
user pools ids of its own, so those are scoped by region only. Nothing here is for Auth0 or Okta, which know no IAM.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components import iam
from components.needs import foreign_functions, schema_buckets, vault_credentials
from configuration.schema import ApiKey, OAuth, SampleTarget
from settings import Settings

_ROLE_ACTIONS = (
    "CreateRole",
    "DeleteRole",
    "DeleteRolePolicy",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListInstanceProfilesForRole",
    "ListRolePolicies",
    "PutRolePolicy",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
)
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
_FUNCTION_ACTIONS = (
    "CreateFunction",
    "DeleteFunction",
    "GetFunction",
    "GetFunctionCodeSigningConfig",
    "ListTags",
    "ListVersionsByFunction",
    "TagResource",
    "UntagResource",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
)
_LOG_GROUP_ACTIONS = (
    "CreateLogGroup",
    "DeleteLogGroup",
    "DeleteRetentionPolicy",
    "ListTagsForResource",
    "PutRetentionPolicy",
    "TagResource",
    "UntagResource",
)
_POOL_ACTIONS = ("DeleteUserPool", "UpdateUserPool", "SetUserPoolMfaConfig", "TagResource", "UntagResource")
_IN_POOL_ACTIONS = (
    "CreateResourceServer",
    "CreateUserPoolClient",
    "CreateUserPoolDomain",
    "DeleteResourceServer",
    "DeleteUserPoolClient",
    "DeleteUserPoolDomain",
    "DescribeResourceServer",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "GetUserPoolMfaConfig",
    "ListTagsForResource",
    "UpdateResourceServer",
    "UpdateUserPoolClient",
    "UpdateUserPoolDomain",
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
_VAULT_SECRET_ACTIONS = (
    "CreateSecret",
    "DeleteSecret",
    "DescribeSecret",
    "PutSecretValue",
    "TagResource",
    "UpdateSecret",
)
_TAG_ACTIONS = ("ListTagsForResource", "TagResource", "UntagResource")


@dataclass(frozen=True)
class _Stack:
    settings: Settings
    place: iam.Place
    role_arn: str

    def global_arn(self, resource: str) -> str:
        """The ARN of a resource of IAM."""
        return f"arn:{self.place.partition}:iam::{self.place.account}:{resource}"


def deployment_policy(settings: Settings, place: iam.Place, role_arn: str) -> iam.Document:
    """What deploying, changing and removing this stack asks of AWS; `role_arn` is the execution role's."""
    stack = _Stack(settings, place, role_arn)
    parts = (_gateways, _execution_role, _callers, _vault, _sample, _cognito, _client_secrets, _elsewhere)
    return iam.document(statement for part in parts for statement in part(stack))


def _gateways(stack: _Stack) -> Iterator[iam.Statement]:
    names = list(stack.settings.gateway_names.values())
    yield iam.allow("CreateGateways", ["bedrock-agentcore:CreateGateway"], ["*"])
    yield iam.allow(
        "ManageGateways", iam.agentcore([*iam.GATEWAY_ACTIONS, *_TAG_ACTIONS]), iam.gateway_arns(stack.place, names)
    )
    yield iam.allow(
        "ManageWorkloadIdentities", iam.agentcore(iam.IDENTITY_ACTIONS), iam.workload_identity_arns(stack.place, names)
    )
    yield iam.pass_role("PassExecutionRole", stack.role_arn, iam.SERVICE)
    if stack.settings.gateway.kms_key_arn:
        yield iam.use_gateway_key(stack.place, stack.settings.gateway.kms_key_arn)


def _execution_role(stack: _Stack) -> Iterator[iam.Statement]:
    yield iam.allow("ManageExecutionRole", _of("iam", _ROLE_ACTIONS), [stack.role_arn])
    if stack.settings.execution_role.permissions_boundary_arn:
        actions = ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"]
        yield iam.allow("BoundExecutionRole", actions, [stack.role_arn])


def _callers(stack: _Stack) -> Iterator[iam.Statement]:
    policy = stack.global_arn(f"policy/{stack.settings.gateway.name}-*")
    yield iam.allow("ManageCallerPolicy", _of("iam", _POLICY_ACTIONS), [policy])
    attach_to = stack.settings.callers.attach_to
    for kind, names in (("Role", attach_to.roles), ("User", attach_to.users), ("Group", attach_to.groups)):
        if names:
            arns = [stack.global_arn(f"{kind.lower()}/{name}") for name in names]
            condition = {"ArnLike": {"iam:PolicyARN": policy}}
            actions = [f"iam:Attach{kind}Policy", f"iam:Detach{kind}Policy"]
            yield {**iam.allow(f"AttachTo{kind}s", actions, arns), "Condition": condition}
            yield iam.allow(f"ReadAttachmentsOf{kind}s", [f"iam:ListAttached{kind}Policies"], arns)


def _vault(stack: _Stack) -> Iterator[iam.Statement]:
    """Credential providers, and their secrets: AgentCore keeps those with the rights of whoever creates them."""
    vault = iam.regional_arn(stack.place, "bedrock-agentcore", "token-vault/default")
    secrets = iam.regional_arn(stack.place, "secretsmanager", "secret:bedrock-agentcore-identity!default")
    for kind, folder, spelled in ((ApiKey, "apikey", "ApiKey"), (OAuth, "oauth2", "Oauth2")):
        own = [
            target.name
            for target in stack.settings.targets
            if isinstance(found := vault_credentials(target), kind) and found.secret_ref
        ]
        names = [f"{stack.settings.gateway.name}-{target}-*" for target in own]
        if names:
            providers = [f"{vault}/{folder}credentialprovider/{name}" for name in names]
            actions = [f"{verb}{spelled}CredentialProvider" for verb in ("Create", "Delete", "Get", "Update")]
            yield iam.allow(f"Manage{spelled}Providers", iam.agentcore(actions), [vault, *providers])
            yield iam.allow(f"Tag{spelled}Providers", iam.agentcore(_TAG_ACTIONS), providers)
            arns = [f"{secrets}/{folder}/{name}" for name in names]
            yield iam.allow(f"Keep{spelled}Secrets", _of("secretsmanager", _VAULT_SECRET_ACTIONS), arns)


def _sample(stack: _Stack) -> Iterator[iam.Statement]:
    if not any(isinstance(target, SampleTarget) for target in stack.settings.targets):
        return
    name = f"{stack.settings.gateway.name}-sample-*"
    function, log_group = (
        iam.regional_arn(stack.place, service, f"{kind}:{name}")
        for service, kind in (("lambda", "function"), ("logs", "log-group"))
    )
    role = stack.global_arn(f"role/{name}")
    yield iam.allow("ManageSampleFunction", _of("lambda", _FUNCTION_ACTIONS), [function])
    yield iam.allow("ManageSampleLog", _of("logs", _LOG_GROUP_ACTIONS), [log_group])
    yield iam.allow("FindSampleLog", ["logs:DescribeLogGroups"], ["*"])
    yield iam.allow("ManageSampleRole", _of("iam", _ROLE_ACTIONS), [role])
    yield iam.pass_role("PassSampleRole", role, "lambda.amazonaws.com")


def _cognito(stack: _Stack) -> Iterator[iam.Statement]:
    if "cognito" not in stack.settings.identity_providers:
        return
    existing = stack.settings.cognito.user_pool_id
    pool = iam.regional_arn(stack.place, "cognito-idp", f"userpool/{existing or f'{stack.place.region}_*'}")
    yield iam.allow("ManageInUserPool", _of("cognito-idp", _IN_POOL_ACTIONS), [pool])
    if existing:
        yield iam.allow("FindUserPoolDomain", ["cognito-idp:DescribeUserPoolDomain"], ["*"])
    else:
        actions = ["cognito-idp:CreateUserPool", "cognito-idp:DescribeUserPoolDomain"]
        yield iam.allow("CreateUserPool", actions, ["*"])
        yield iam.allow("ManageUserPool", _of("cognito-idp", _POOL_ACTIONS), [pool])


def _client_secrets(stack: _Stack) -> Iterator[iam.Statement]:
    if stack.settings.client_secrets == "secretsManager":
        names = stack.settings.gateway_names.values()
        arns = [iam.regional_arn(stack.place, "secretsmanager", f"secret:{name}-*") for name in names]
        yield iam.allow("KeepClientSecrets", _of("secretsmanager", _SECRET_ACTIONS), arns)


def _elsewhere(stack: _Stack) -> Iterator[iam.Statement]:
    """Documents in S3, which AgentCore reads as whoever creates a target, and other accounts' functions."""
    buckets = schema_buckets(stack.settings.targets)
    if buckets:
        arns = [f"arn:{stack.place.partition}:s3:::{bucket}/*" for bucket in buckets]
        yield iam.allow("ReadSchemas", ["s3:GetObject"], arns)
    accounts = {iam.account_of(arn) for arn in foreign_functions(stack.settings.targets, stack.place.account)}
    roles = [found.assume_role_arn for account, found in stack.settings.cross_account.items() if account in accounts]
    if roles:
        yield iam.allow("EnterOtherAccounts", ["sts:AssumeRole"], roles)


def _of(service: str, actions: Sequence[str]) -> list[str]:
    return [f"{service}:{action}" for action in actions]
