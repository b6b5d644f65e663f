"""The rules of the policy pack as pure functions over a resource's properties, spelled as pulumi-aws spells them.

Each yields one sentence for each violation, and nothing where all is well. What is not known yet (`UNKNOWN`) breaks no
rule; secrets arrive as `Secret`. No sentence repeats a secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, cast

from agentcore_auth.authorizer.model import PULUMI_LISTS, may_have_list
from agentcore_auth.iam import SERVICE, takes_no_resource
from agentcore_auth.resource_types import COGNITO_CLIENT, OKTA_CLIENT, POLICY, ROLE_POLICY

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

# The only actions of this program that AWS lets nobody restrict to a resource (service authorization reference).
_TRUST_CONDITIONS = ("aws:SourceAccount", "aws:SourceArn")
_ARN_FIELDS = 6


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
    """An IAM document allows named actions on named resources."""
    for statement in _allowing(document):
        for key in ("NotAction", "NotResource"):
            if key in statement:
                yield f"{_sid(statement)} allows everything but some, by {key}"
        actions = _texts(statement.get("Action"))
        for action in actions:
            if "*" in action or "?" in action:
                yield f"{_sid(statement)} allows the actions {action}"
        restrictable = [action for action in actions if not takes_no_resource(action)]
        for resource in _texts(statement.get("Resource")):
            if _is_everything(resource) and (resource != "*" or restrictable):
                yield f"{_sid(statement)} allows {', '.join(restrictable or actions)} on {resource}"


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
        principal = statement.get("Principal")
        principals = cast("dict[str, Any]", principal) if isinstance(principal, dict) else {"AWS": principal}
        if "NotPrincipal" in statement or "*" in _texts(principals.get("AWS")):
            yield f"{_sid(statement)} lets everybody assume the role"
        if SERVICE not in _texts(principals.get("Service")):
            continue
        given = {key.lower() for keys in _conditions(statement) for key in keys}
        missing = [key for key in _TRUST_CONDITIONS if key.lower() not in given]
        if missing:
            yield f"{_sid(statement)} lets {SERVICE} assume the role without a condition on {', '.join(missing)}"


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


def _is_everything(resource: str) -> bool:
    """Whether a pattern leaves open whose resources it means, or which of a kind.

    `table/*` is all tables; `gateway/tools-??????????` and the objects of one bucket are named.
    """
    parts = resource.split(":", _ARN_FIELDS - 1)
    if len(parts) < _ARN_FIELDS:
        return "*" in resource
    if any("*" in part or "?" in part for part in parts[1:5]):
        return True
    named = parts[5] if parts[2] == "s3" else parts[5].replace(":", "/").partition("/")[2] or parts[5]
    return named.startswith("*")


def _conditions(statement: Mapping[str, Any]) -> Iterator[list[str]]:
    conditions = statement.get("Condition")
    for keys in (cast("dict[str, Any]", conditions) if isinstance(conditions, dict) else {}).values():
        yield list(cast("dict[str, Any]", keys))


def _sid(statement: Mapping[str, Any]) -> str:
    return f"statement {statement['Sid']}" if statement.get("Sid") else "a statement"


def _texts(value: object) -> list[str]:
    return [each for each in _sequence(value) if isinstance(each, str)]


def _sequence(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]
