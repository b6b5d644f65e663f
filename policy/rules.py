"""The rules of the policy pack as pure functions over a resource's properties, spelled as pulumi-aws spells them.

Each yields one sentence for each violation, and nothing where all is well. What is not known yet (`UNKNOWN`) breaks no
rule; secrets arrive as `Secret`. No sentence repeats a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, cast

from agentcore_auth.authorizer.model import PULUMI_LISTS, may_have_list
from agentcore_auth.iam import SERVICE, account_of, takes_no_resource
from agentcore_auth.iam.least_privilege import too_wide
from agentcore_auth.resource_types import COGNITO_CLIENT, OKTA_CLIENT, POLICY, ROLE, ROLE_POLICY

#: Types with an IAM document that allows something, and the input that holds it.
DOCUMENTS: Final[Mapping[str, str]] = {
    ROLE_POLICY: "policy",
    POLICY: "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
}
#: Types that get a client secret, and the output that holds it.
CLIENTS: Final[Mapping[str, str]] = {
    COGNITO_CLIENT: "clientSecret",
    "auth0:index/clientCredentials:ClientCredentials": "clientSecret",
    OKTA_CLIENT: "clientSecret",
}
PRODUCTION: Final = frozenset({"production", "prod"})

PERMISSION: Final = "aws:lambda/permission:Permission"
#: Types whose document says who may use a resource, and the input that holds it.
RESOURCE_POLICIES: Final[Mapping[str, str]] = dict.fromkeys(
    (
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:kms/key:Key",
        "aws:kms/keyPolicy:KeyPolicy",
        "aws:secretsmanager/secret:Secret",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:sns/topicPolicy:TopicPolicy",
    ),
    "policy",
)

_TRUST_CONDITIONS = ("aws:SourceAccount", "aws:SourceArn")
_PRINCIPAL_CONDITIONS = (
    *_TRUST_CONDITIONS,
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "kms:CallerAccount",
)
_FOREIGN_CONDITIONS = ("sts:ExternalId", "aws:PrincipalOrgID")
# Others, such as StringNotEquals or those with IfExists, let in what does not have the key.
_LIMITING = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")


class Unknown(Enum):
    """A value that only the deployment makes."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi keeps encrypted."""

    value: Any = field(repr=False)


def constraint(gateway: Mapping[str, Any]) -> Iterator[str]:
    """A gateway that takes JWTs checks more of them than the issuer; none is open to everybody."""
    kind = gateway.get("authorizerType")
    if kind in {"NONE", "AUTHENTICATE_ONLY"}:
        yield f"authorizerType {kind} lets in everybody{' whom the issuer knows' if kind != 'NONE' else ''}"
    if kind != "CUSTOM_JWT":
        return
    if not may_have_list(gateway.get("authorizerConfiguration"), UNKNOWN):
        yield f"the authorizer has no constraint: give at least one of {', '.join(PULUMI_LISTS)}"


def no_wildcards(document: object) -> Iterator[str]:
    """An IAM document allows named actions on named resources: what a stack file may say of them, too."""
    for statement in _allowing(document):
        for key in ("NotAction", "NotResource"):
            if key in statement:
                yield f"{_sid(statement)} allows everything but some, by {key}"
        actions = _texts(statement.get("Action"))
        for action in actions:
            if reason := too_wide(action):
                yield f"{_sid(statement)} allows the actions {action}: {reason}"
        restrictable = [action for action in actions if not takes_no_resource(action)]
        for resource in _texts(statement.get("Resource")):
            if (resource != "*" or restrictable) and (reason := too_wide(resource)):
                yield f"{_sid(statement)} allows {', '.join(restrictable or actions)} on {resource}: {reason}"


def documents(kind: str, properties: Mapping[str, Any]) -> Iterator[object]:
    """The IAM documents that a resource of this type allows something by."""
    if kind in DOCUMENTS:
        yield properties.get(DOCUMENTS[kind])
    if kind == ROLE:
        for inline in _sequence(properties.get("inlinePolicies")):
            if isinstance(inline, dict):
                yield cast("dict[str, Any]", inline).get("policy")


def no_policies_of_aws(properties: Mapping[str, Any]) -> Iterator[str]:
    """Policies that AWS manages allow patterns of actions, and more from one day to the next: none is attached."""
    attached = [*_texts(properties.get("policyArn")), *_texts(properties.get("managedPolicyArns"))]
    for arn in attached:
        if ":iam::aws:policy/" in arn:
            yield f"attaches {arn}, which AWS manages and which allows patterns: write down what is needed"


def closed_resource(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """The policy of a function, a bucket, a key, a secret, a queue or a topic admits named principals."""
    if kind == PERMISSION:
        limits = [properties.get(key) for key in ("principalOrgId", "sourceAccount", "sourceArn")]
        if properties.get("principal") == "*" and not any(limits):
            yield "the permission lets everybody call the function"
        return
    for statement in _allowing(properties.get(RESOURCE_POLICIES.get(kind, ""))):
        if _admits_everybody(statement) and not _is_limited(statement, _PRINCIPAL_CONDITIONS):
            yield f"{_sid(statement)} lets everybody {', '.join(_texts(statement.get('Action')))}"


def no_debug(gateway: Mapping[str, Any]) -> Iterator[str]:
    """A gateway that is tagged as production explains its errors to nobody."""
    tags = gateway.get("tags")
    environment = cast("dict[str, Any]", tags).get("environment") if isinstance(tags, dict) else None
    is_production = isinstance(environment, str) and environment.lower() in PRODUCTION
    if is_production and gateway.get("exceptionLevel") == "DEBUG":
        yield f"exceptionLevel DEBUG tells callers how tools fail, and the tag environment says {environment}"


def conditioned_trust(document: object) -> Iterator[str]:
    """Who assumes a role is named, and AgentCore assumes it for this account's gateways only.

    AgentCore developer guide, "gateway-prerequisites-permissions" (confused deputy).
    """
    for statement in _allowing(document):
        if _admits_everybody(statement):
            yield f"{_sid(statement)} lets everybody assume the role"
        principals = _principals(statement)
        if principals.get("Federated") and not any(key.endswith(":sub") for key in _limits(statement)):
            yield f"{_sid(statement)} lets every identity of a federated issuer assume the role: compare its subject"
        if SERVICE not in _texts(principals.get("Service")):
            continue
        missing = [key for key in _TRUST_CONDITIONS if not _is_limited(statement, (key,))]
        if missing:
            yield f"{_sid(statement)} lets {SERVICE} assume the role without a condition on {', '.join(missing)}"


def trust_within(document: object, accounts: Collection[str]) -> Iterator[str]:
    """A role is assumed from the stack's own accounts, or from another one under a condition of its own.

    `accounts` are those that the stack's resources are in; while none is known, nothing is foreign.
    """
    for statement in _allowing(document) if accounts else ():
        named = [*_texts(_principals(statement).get("AWS")), *_limits(statement).get("aws:sourceaccount", ())]
        foreign = sorted({account for each in named if (account := _account(each)) and account not in accounts})
        if foreign and not _is_limited(statement, _FOREIGN_CONDITIONS):
            yield f"{_sid(statement)} lets {', '.join(foreign)} assume the role: no account of the stack's"


def accounts_of(resources: Iterable[tuple[str, Mapping[str, Any]]]) -> set[str]:
    """The accounts of a stack's roles, as far as they are deployed."""
    arns = (properties.get("arn") for kind, properties in resources if kind == ROLE)
    return {account_of(arn) for arn in arns if isinstance(arn, str)}


def secret_outputs(outputs: Mapping[str, Any], client_secrets: Sequence[str]) -> Iterator[str]:
    """No client secret stands in a stack's outputs in plain text, under whichever name."""
    for path, value in _leaves(outputs):
        named = path.rpartition(".")[2].lower().endswith("secret")
        if named or (isinstance(value, str) and value in client_secrets):
            yield f"output {path} is a client secret in plain text: wrap it in pulumi.Output.secret"


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value that no secret surrounds, with its path."""
    if isinstance(value, Secret) or value is None:
        return
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def _allowing(document: object) -> Iterator[dict[str, Any]]:
    """The statements of an IAM document, JSON text or object, that allow something; none of an unknown document."""
    parsed = json.loads(document) if isinstance(document, str) else document
    if not isinstance(parsed, dict):
        return
    for statement in _sequence(cast("dict[str, Any]", parsed).get("Statement")):
        if isinstance(statement, dict) and cast("dict[str, Any]", statement).get("Effect") == "Allow":
            yield cast("dict[str, Any]", statement)


def _principals(statement: Mapping[str, Any]) -> dict[str, Any]:
    principal = statement.get("Principal")
    return cast("dict[str, Any]", principal) if isinstance(principal, dict) else {"AWS": principal}


def _admits_everybody(statement: Mapping[str, Any]) -> bool:
    return "NotPrincipal" in statement or "*" in _texts(_principals(statement).get("AWS"))


def _limits(statement: Mapping[str, Any]) -> dict[str, list[str]]:
    """Condition keys, in small letters, with the values that a request has to have: no pattern of everything."""
    found: dict[str, list[str]] = {}
    conditions = statement.get("Condition")
    for operator, keys in (cast("dict[str, Any]", conditions) if isinstance(conditions, dict) else {}).items():
        if operator in _LIMITING:
            for key, value in cast("dict[str, Any]", keys).items():
                given, values = _sequence(value), _texts(value)
                if given and (UNKNOWN in given or not any(map(too_wide, values))):
                    found[key.lower()] = values
    return found


def _is_limited(statement: Mapping[str, Any], keys: Iterable[str]) -> bool:
    return not _limits(statement).keys().isdisjoint(key.lower() for key in keys)


def _account(principal: str) -> str | None:
    """The account of a principal: its ARN, or the number alone."""
    found = re.fullmatch(r"(?:arn:[^:]+:(?:iam|sts)::)?(\d{12})(?::.+)?", principal)
    return found[1] if found else None


def _sid(statement: Mapping[str, Any]) -> str:
    return f"statement {statement['Sid']}" if statement.get("Sid") else "a statement"


def _texts(value: object) -> list[str]:
    return [each for each in _sequence(value) if isinstance(each, str)]


def _sequence(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]
