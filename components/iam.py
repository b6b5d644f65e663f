"""IAM documents of a stack, as plain dictionaries: who may assume what, and what that may do.

Pure: every value is a string that is known already; inside the program they are called where outputs have resolved.
Least privilege by construction: a statement names the narrowest resources that its actions take (AWS's service
authorization reference), and `*` only where an action takes none. `mode: tutorial` gives the tutorial's documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from configuration.section import Mode

Statement: TypeAlias = dict[str, Any]
Document: TypeAlias = dict[str, Any]

SERVICE = "bedrock-agentcore.amazonaws.com"
CROSS_ACCOUNT_SID = "cross-account-access"
# A gateway's id is its name, a hyphen and ten characters; `{name}-*` would match another environment's name as well.
ID_SUFFIX = "-??????????"

GATEWAY_ACTIONS = (
    "GetGateway",
    "UpdateGateway",
    "DeleteGateway",
    "CreateGatewayTarget",
    "GetGatewayTarget",
    "UpdateGatewayTarget",
    "DeleteGatewayTarget",
    "ListGatewayTargets",
    "SynchronizeGatewayTargets",
)
TAG_ACTIONS = ("ListTagsForResource", "TagResource", "UntagResource")
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
IDENTITY_ACTIONS = (
    "CreateWorkloadIdentity",
    "GetWorkloadIdentity",
    "UpdateWorkloadIdentity",
    "DeleteWorkloadIdentity",
)


@dataclass(frozen=True)
class Place:
    """The partition (`aws`, `aws-cn`, `aws-us-gov`), account id and region that the gateways are in."""

    partition: str
    account: str
    region: str


@dataclass(frozen=True)
class FunctionCall:
    """A target that invokes a Lambda function, in this account or another."""

    function_arn: str


@dataclass(frozen=True)
class ServiceCalls:
    """A target that calls an AWS service: the actions that its tools need, on these resources."""

    target: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True)
class ApiKeyUse:
    """A target that sends an API key out of the token vault."""

    provider_arn: str
    secret_arn: str


@dataclass(frozen=True)
class OAuthUse:
    """A target that sends an access token which the token vault obtains."""

    provider_arn: str
    secret_arn: str


Need: TypeAlias = FunctionCall | ServiceCalls | ApiKeyUse | OAuthUse


def regional_arn(place: Place, service: str, resource: str) -> str:
    """The ARN of a resource of a regional service."""
    return f"arn:{place.partition}:{service}:{place.region}:{place.account}:{resource}"


def global_arn(place: Place, resource: str) -> str:
    """The ARN of a resource of IAM, which has no region."""
    return f"arn:{place.partition}:iam::{place.account}:{resource}"


def gateway_arns(place: Place, names: Iterable[str]) -> list[str]:
    """The ARNs of the gateways of these names, whose ids end in characters that AWS chooses."""
    return [regional_arn(place, "bedrock-agentcore", f"gateway/{name}{ID_SUFFIX}") for name in names]


def workload_identity_arns(place: Place, names: Iterable[str]) -> list[str]:
    """The directory of workload identities, and the identities that AWS makes for these gateways."""
    directory = regional_arn(place, "bedrock-agentcore", "workload-identity-directory/default")
    return [directory, *(f"{directory}/workload-identity/{name}{ID_SUFFIX}" for name in names)]


def execution_role_name(gateway_name: str) -> str:
    """The execution role's fixed name; with a gateway's name of at most 48 characters within IAM's 64."""
    return f"{gateway_name}-gateway"


def execution_role_arn(place: Place, path: str, gateway_name: str) -> str:
    """The ARN that the execution role will have; `path` begins and ends with a slash."""
    return f"arn:{place.partition}:iam::{place.account}:role{path}{execution_role_name(gateway_name)}"


def document(statements: Iterable[Statement]) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust_policy(place: Place, gateway_names: Sequence[str], mode: Mode) -> Document:
    """Who may assume the execution role: the AgentCore service, in pinned mode for exactly these gateways.

    AgentCore developer guide, "gateway-prerequisites-permissions" (confused deputy).
    """
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    if mode == "pinned":
        statement["Sid"] = "AssumedByTheseGateways"
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": place.account},
            "ArnLike": {"aws:SourceArn": gateway_arns(place, gateway_names)},
        }
    return document([statement])


def execution_statements(
    place: Place, gateway_names: Sequence[str], needs: Iterable[Need], mode: Mode
) -> list[Statement]:
    """What the execution role may do: what its targets need, and nothing for kinds of targets that are not there."""
    needs = list(dict.fromkeys(needs))
    functions = distinct(need.function_arn for need in needs if isinstance(need, FunctionCall))
    keys = [need for need in needs if isinstance(need, ApiKeyUse)]
    tokens = [need for need in needs if isinstance(need, OAuthUse)]
    statements: list[Statement] = []
    if functions:
        sid = "InvokeFunctions" if mode == "pinned" else "VisualEditor0"
        statements.append(allow(sid, ["lambda:InvokeFunction"], functions))
    statements += _service_statements([need for need in needs if isinstance(need, ServiceCalls)])
    if keys or tokens:
        identities = workload_identity_arns(place, gateway_names)
        statements.append(allow("GetWorkloadTokens", ["bedrock-agentcore:GetWorkloadAccessToken"], identities))
        statements += _vault_statement(identities, "GetApiKeys", "GetResourceApiKey", keys)
        statements += _vault_statement(identities, "GetOAuthTokens", "GetResourceOauth2Token", tokens)
        secrets = distinct(need.secret_arn for need in (*keys, *tokens))
        statements.append(allow("ReadCredentials", ["secretsmanager:GetSecretValue"], secrets))
    return statements


def _service_statements(calls: Sequence[ServiceCalls]) -> list[Statement]:
    """One statement for each target; a Sid takes letters and digits only, so names may need a number to differ."""
    statements: list[Statement] = []
    for call in calls:
        base = "Call" + "".join(part[:1].upper() + part[1:] for part in call.target.split("-"))
        taken = [statement["Sid"] for statement in statements]
        sid = next(sid for sid in (base, *(f"{base}{number}" for number in range(2, 102))) if sid not in taken)
        statements.append(allow(sid, call.actions, call.resources))
    return statements


def _vault_statement(
    identities: Sequence[str], sid: str, action: str, uses: Sequence[ApiKeyUse | OAuthUse]
) -> list[Statement]:
    """What gets a credential is checked on the workload identity, the vault and the provider, each with its parent."""
    if not uses:
        return []
    providers = distinct(_vault_arn(use.provider_arn) for use in uses)
    vaults = distinct(provider.rsplit("/", 2)[0] for provider in providers)
    return [allow(sid, [f"bedrock-agentcore:{action}"], [*identities, *vaults, *providers])]


def _vault_arn(provider_arn: str) -> str:
    """IAM knows credential providers as resources of `bedrock-agentcore`; the API's own model also spells `acps`."""
    partition, _, *rest = provider_arn.split(":")[1:]
    return ":".join(["arn", partition, "bedrock-agentcore", *rest])


def caller_policy(
    place: Place,
    gateway_names: Sequence[str],
    role_arn: str,
    schema_buckets: Iterable[str],
    mode: Mode,
    kms_key_arn: str | None = None,
) -> Document:
    """What a person or program needs to administer and call this stack's gateways and their targets.

    `schema_buckets` are the buckets out of which targets take their schemas: AgentCore reads them as the caller.
    """
    objects = [f"arn:{place.partition}:s3:::{bucket}/*" for bucket in distinct(schema_buckets)]
    if mode == "tutorial":
        everything = [allow("VisualEditor0", ["bedrock-agentcore:*", "iam:PassRole"], ["*"])]
        return document([*everything, *([allow("VisualEditor1", ["s3:GetObject"], ["*"])] if objects else [])])
    statements = [
        allow("CreateAndListGateways", ["bedrock-agentcore:CreateGateway", "bedrock-agentcore:ListGateways"], ["*"]),
        allow(
            "UseGateways",
            [*agentcore(GATEWAY_ACTIONS), "bedrock-agentcore:InvokeGateway"],
            gateway_arns(place, gateway_names),
        ),
        allow("UseWorkloadIdentities", agentcore(IDENTITY_ACTIONS), workload_identity_arns(place, gateway_names)),
        pass_role("PassExecutionRole", role_arn, SERVICE),
    ]
    if objects:
        statements.append(allow("ReadSchemas", ["s3:GetObject"], objects))
    if kms_key_arn:
        statements.append(use_gateway_key(place, kms_key_arn))
    return document(statements)


def pass_role(sid: str, role_arn: str, service: str) -> Statement:
    """Hand this role to this service, and to no other."""
    condition = {"StringEquals": {"iam:PassedToService": service}}
    return {**allow(sid, ["iam:PassRole"], [role_arn]), "Condition": condition}


def use_gateway_key(place: Place, kms_key_arn: str) -> Statement:
    """Have AgentCore encrypt a gateway with a key of one's own, and use the key through AgentCore only."""
    actions = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    condition = {"StringEquals": {"kms:ViaService": f"bedrock-agentcore.{place.region}.amazonaws.com"}}
    return {**allow("UseGatewayKey", actions, [kms_key_arn]), "Condition": condition}


def cross_account_statement(function_arn: str, role_arn: str) -> Statement:
    """The statement that a function in another account needs in its own policy: it admits the execution role."""
    return {
        "Sid": CROSS_ACCOUNT_SID,
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn,
    }


def function_trust_policy() -> Document:
    """Who may assume the sample function's role: Lambda."""
    return document([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}])


def function_statements(log_group_arn: str) -> list[Statement]:
    """What the sample function may do: write its log, into a log group that exists."""
    streams = f"{log_group_arn.removesuffix(':*')}:log-stream:*"
    return [allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams])]


def account_of(arn: str) -> str:
    """The account id in an ARN."""
    return arn.split(":")[4]


def allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """A statement that allows these actions on these resources."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def agentcore(actions: Iterable[str]) -> list[str]:
    """Actions of AgentCore, with the service's prefix."""
    return prefixed("bedrock-agentcore", actions)


def prefixed(service: str, actions: Iterable[str]) -> list[str]:
    """Actions with their service's prefix."""
    return [f"{service}:{action}" for action in actions]


def merged(statements: Iterable[Statement]) -> list[Statement]:
    """One statement for each Sid, in their order, on the resources of all that have it.

    For statements that differ in their resources only, such as those of two targets of one kind.
    """
    found: dict[str, Statement] = {}
    for statement in statements:
        same = found.setdefault(statement["Sid"], {**statement, "Resource": []})
        same["Resource"] = distinct([*same["Resource"], *statement["Resource"]])
    return list(found.values())


def distinct(values: Iterable[str]) -> list[str]:
    """The values without repetition, in their order."""
    return list(dict.fromkeys(values))
