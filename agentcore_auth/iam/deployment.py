"""What the person (or the pipeline) who deploys a stack is asked for: what the AWS plugin calls, part by part.

Pure. Resources are scoped by the stack's names: Pulumi adds its own ending to every name that is not fixed. What a
provider or a kind of target asks for beyond this, it says itself (`idp/`, `components/targets/`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from agentcore_auth.iam.statements import (
    GATEWAY_ACTIONS,
    ID_SUFFIX,
    IDENTITY_ACTIONS,
    LOG_GROUPS,
    SERVICE,
    AwsScope,
    Statement,
    agentcore,
    allow,
    gateway_arns,
    global_arn,
    pass_role,
    policy_engine_arns,
    prefixed,
    regional_arn,
    workload_identity_arns,
)
from agentcore_auth.iam.upkeep import Upkeep, upkeep_statements
from agentcore_auth.iam.vault import CredentialKind, provider_arn, secret_arn, vault_arn

ROLE_ACTIONS = (
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
#: What the role of another account needs on its functions (`crossAccount`), to write their policies.
FUNCTION_POLICY_ACTIONS = ("lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission")
# What makes a role, or lets it do more.
_BOUNDED_ACTIONS = ("CreateRole", "PutRolePolicy")
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
_VAULT_SECRET_ACTIONS = (
    "CreateSecret",
    "DeleteSecret",
    "DescribeSecret",
    "PutSecretValue",
    "TagResource",
    "UpdateSecret",
)
_ENGINE_ACTIONS = ("CreatePolicy", "DeletePolicyEngine", "GetPolicyEngine", "ListPolicies", "UpdatePolicyEngine")
LOG_GROUP_ACTIONS = (
    "CreateLogGroup",
    "DeleteLogGroup",
    "DeleteRetentionPolicy",
    "ListTagsForResource",
    "PutRetentionPolicy",
    "TagResource",
    "UntagResource",
)
_DELIVERY_ACTIONS = (
    "CreateDelivery",
    "DeleteDelivery",
    "DeleteDeliveryDestination",
    "DeleteDeliverySource",
    "GetDelivery",
    "GetDeliveryDestination",
    "GetDeliverySource",
    "ListTagsForResource",
    "PutDeliveryDestination",
    "PutDeliverySource",
    "UpdateDeliveryConfiguration",
)
_LOGS_FOR_ALL = ("DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy")
_ALARM_ACTIONS = (
    "DeleteAlarms",
    "DescribeAlarms",
    "ListTagsForResource",
    "PutMetricAlarm",
    "TagResource",
    "UntagResource",
)
TAG_ACTIONS = ("ListTagsForResource", "TagResource", "UntagResource")


def gateways(scope: AwsScope, names: Sequence[str], role_arn: str, upkeep: Upkeep) -> Iterator[Statement]:
    """The gateways of these names, their targets and workload identities; `role_arn` is the execution role's.

    Of credentials that are not made yet, `upkeep` has patterns of their names.
    """
    yield allow("CreateGateways", ["bedrock-agentcore:CreateGateway"], ["*"])
    yield allow("ManageGateways", agentcore([*GATEWAY_ACTIONS, *TAG_ACTIONS]), gateway_arns(scope, names))
    yield allow("ManageWorkloadIdentities", agentcore(IDENTITY_ACTIONS), workload_identity_arns(scope, names))
    yield pass_role("PassExecutionRole", role_arn, SERVICE)
    yield from upkeep_statements(scope, names, upkeep)


def policy_engines(scope: AwsScope, names: Sequence[str], *, has_wildcards: bool) -> Iterator[Statement]:
    """The policy engines of these gateways and their policies; `has_wildcards`: one of those leaves the action open.

    AgentCore developer guide, "policy-permissions".
    """
    engines, gateways = policy_engine_arns(scope, names), gateway_arns(scope, names)
    yield allow("CreatePolicyEngines", agentcore(["CreatePolicyEngine"]), ["*"])
    yield allow("ManagePolicyEngines", agentcore([*_ENGINE_ACTIONS, *TAG_ACTIONS]), engines)
    yield allow(
        "ManageAccessPolicies",
        agentcore(["DeletePolicy", "GetPolicy", "UpdatePolicy"]),
        [*engines, *(f"{engine}/policy/*" for engine in engines)],
    )
    yield allow("BindPoliciesToGateways", agentcore(["ManageResourceScopedPolicy"]), gateways)
    if has_wildcards:
        yield allow("BindPoliciesToAllTools", agentcore(["ManageAdminPolicy"]), ["*"])


def gateway_logs(scope: AwsScope, names: Sequence[str], *, traces: bool, alarm: bool) -> Iterator[Statement]:
    """The logs that these gateways deliver, with their traces and their alarms where they have them.

    CloudWatch Logs user guide, "AWS-logs-and-resource-policy": whoever makes a delivery has CloudWatch put a policy on
    the log group or on X-Ray, and asks the service whether the resource's logs may be delivered.
    """
    groups = [regional_arn(scope, "logs", f"log-group:{LOG_GROUPS}{name}{ID_SUFFIX}*") for name in names]
    own = [
        regional_arn(scope, "logs", f"{kind}:{name}*")
        for kind in ("delivery-source", "delivery-destination")
        for name in names
    ]
    yield allow("KeepLogs", prefixed("logs", LOG_GROUP_ACTIONS), groups)
    # The id of a delivery is AWS's choice.
    yield allow("DeliverLogs", prefixed("logs", _DELIVERY_ACTIONS), [*own, regional_arn(scope, "logs", "delivery:*")])
    yield allow("PrepareLogDelivery", prefixed("logs", _LOGS_FOR_ALL), ["*"])
    yield allow("LetGatewaysDeliver", agentcore(["AllowVendedLogDeliveryForResource"]), gateway_arns(scope, names))
    if traces:
        yield allow("DeliverTraces", prefixed("xray", ("ListResourcePolicies", "PutResourcePolicy")), ["*"])
    if alarm:
        alarms = [regional_arn(scope, "cloudwatch", f"alarm:{name}-*") for name in names]
        yield allow("ManageAlarms", prefixed("cloudwatch", _ALARM_ACTIONS), alarms)


def execution_role(role_arn: str, boundary_arn: str | None) -> Iterator[Statement]:
    """The execution role and its policies.

    With a permissions boundary, the role is made and given policies only as long as it has that boundary, which nobody
    may take off (IAM user guide, "Delegating responsibility to others using permissions boundaries").
    """
    if boundary_arn is None:
        yield allow("ManageExecutionRole", prefixed("iam", ROLE_ACTIONS), [role_arn])
        return
    others = [action for action in ROLE_ACTIONS if action not in _BOUNDED_ACTIONS]
    yield allow("ManageExecutionRole", prefixed("iam", others), [role_arn])
    actions = prefixed("iam", [*_BOUNDED_ACTIONS, "PutRolePermissionsBoundary"])
    condition = {"StringEquals": {"iam:PermissionsBoundary": boundary_arn}}
    yield {**allow("WidenExecutionRoleWithinBoundary", actions, [role_arn]), "Condition": condition}


def caller_policy(scope: AwsScope, gateway_name: str, attach_to: Mapping[str, Sequence[str]]) -> Iterator[Statement]:
    """The caller policy, and its attachments: `Role`, `User` or `Group` -> names."""
    policy = global_arn(scope, f"policy/{gateway_name}-*")
    yield allow("ManageCallerPolicy", prefixed("iam", _POLICY_ACTIONS), [policy])
    for kind, names in attach_to.items():
        if names:
            arns = [global_arn(scope, f"{kind.lower()}/{name}") for name in names]
            condition = {"ArnLike": {"iam:PolicyARN": policy}}
            actions = [f"iam:Attach{kind}Policy", f"iam:Detach{kind}Policy"]
            yield {**allow(f"AttachTo{kind}s", actions, arns), "Condition": condition}
            yield allow(f"ReadAttachmentsOf{kind}s", [f"iam:ListAttached{kind}Policies"], arns)


def credential_providers(
    scope: AwsScope, kind: CredentialKind, names: Sequence[str], external: str | None = None
) -> Iterator[Statement]:
    """Credential providers, and their secrets: AgentCore keeps those with the rights of whoever creates them.

    `external` is the ARN of the secret of providers that read one in Secrets Manager instead of keeping it.
    """
    providers = [provider_arn(scope, kind, name) for name in names]
    actions = [f"{verb}{kind.spelled}CredentialProvider" for verb in ("Create", "Delete", "Get", "Update")]
    yield allow(f"Manage{kind.spelled}Providers", agentcore(actions), [vault_arn(scope), *providers])
    yield allow(f"Tag{kind.spelled}Providers", agentcore(TAG_ACTIONS), providers)
    if external is None:
        secrets = [secret_arn(scope, kind, name) for name in names]
        yield allow(f"Keep{kind.spelled}Secrets", prefixed("secretsmanager", _VAULT_SECRET_ACTIONS), secrets)
    else:
        # No document says what AgentCore asks for; it can only look at what whoever creates the provider may see.
        actions = prefixed("secretsmanager", ("DescribeSecret", "GetSecretValue"))
        yield allow(f"Read{kind.spelled}Secrets", actions, [external])


def client_secrets(scope: AwsScope, gateway_names: Iterable[str]) -> Iterator[Statement]:
    """Client secrets in Secrets Manager, which are named after their gateways."""
    arns = [regional_arn(scope, "secretsmanager", f"secret:{name}-*") for name in gateway_names]
    yield allow("KeepClientSecrets", prefixed("secretsmanager", _SECRET_ACTIONS), arns)


def other_accounts(role_arns: Sequence[str]) -> Iterator[Statement]:
    """Roles of other accounts, to write their functions' policies."""
    if role_arns:
        yield allow("EnterOtherAccounts", ["sts:AssumeRole"], role_arns)
