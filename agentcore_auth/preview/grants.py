"""What IAM documents allow, line by line, and what a change adds to it.

A document is taken apart into grants of one action on one resource under one set of conditions, so that rewriting it
without allowing more is no difference. Wildcards and conditions are compared as IAM does: a grant is covered by one
with a wider pattern, or with fewer conditions (IAM user guide, "Policy evaluation logic", "Condition operators").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

from agentcore_auth.preview.document import (
    COMPONENTS,
    Hidden,
    Preview,
    PreviewError,
    Resource,
    Side,
    Text,
    mapping,
    sequence,
)
from agentcore_auth.resource_types import POLICY, ROLE, ROLE_POLICY

_PERMISSION = "aws:lambda/permission:Permission"
_ATTACHMENTS = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("role",),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ("user",),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": ("group",),
    "aws:iam/policyAttachment:PolicyAttachment": ("roles", "users", "groups"),
}
_ROLE_MAY = "what the role may do"
_WHO_HAS = "who has the policy"


@dataclass(frozen=True)
class Grant:
    """One action on one resource. `who` is empty where the document belongs to whom it allows something."""

    effect: str
    who: str
    action: str
    resource: str
    conditions: frozenset[tuple[str, str, str]] = frozenset()

    def covers(self, other: Grant) -> bool:
        """Whether this grant allows (or denies) all that the other does."""
        return (
            self.effect == other.effect
            and self.who == other.who
            and _matches(self.action.lower(), other.action.lower())
            and _matches(self.resource, other.resource)
            and self.conditions <= other.conditions
        )


@dataclass(frozen=True)
class Widening:
    """What one role, policy or function gains. `holder` names it; `is_new` where it did not exist before.

    `grants` are lines that nothing allowed before, `lifted` denials that are gone; `is_unknown` where the document is
    only known at deployment. `boundary`: its permissions boundary before, and the one afterwards (None: there is none),
    where another may allow more.
    """

    holder: str
    grants: tuple[Grant, ...]
    lifted: tuple[Grant, ...]
    is_new: bool
    is_unknown: bool
    boundary: tuple[Text, Text | None] | None = None

    @property
    def is_certain(self) -> bool:
        """Whether something that exists may do more than before, for all that the preview shows."""
        return not self.is_new and bool(self.grants or self.lifted or self.boundary)


def widenings(preview: Preview) -> list[Widening]:
    """What the change adds to each IAM document of the stack, documents without additions left out."""
    before, after = _holders(preview.before), _holders(preview.after)
    found = [_widening(holder, before.get(holder), documents) for holder, documents in after.items()]
    return [each for each in found if each.grants or each.lifted or each.is_unknown or each.boundary]


def grants(document: Mapping[str, Any]) -> Iterator[Grant]:
    """The grants of an IAM document. Raises PreviewError for a document that is none."""
    for statement in _sequence(document.get("Statement")):
        fields = mapping(statement, "a statement of an IAM document")
        lines = product(_principals(fields), _named(fields, "Action"), _named(fields, "Resource"), _conditions(fields))
        for who, action, resource, conditions in lines:
            yield Grant(str(fields.get("Effect")), who, action, resource, frozenset(conditions))


@dataclass(frozen=True)
class _Documents:
    """All that one holder may do on one side; None stands for a document that is not known yet."""

    known: tuple[Grant, ...] = ()
    is_unknown: bool = False
    boundary: Text | None = None


def _holders(side: Side) -> dict[str, _Documents]:
    """Holder -> what its documents say. Those of one component and kind count as one: moving a line is no news."""
    found: dict[str, list[tuple[Resource, Any]]] = {}
    for resource in side.resources.values():
        for kind, document in _documents(resource):
            found.setdefault(f"{_component(side, resource)}: {kind}", []).append((resource, document))
    return {holder: _read(entries) for holder, entries in found.items()}


def _documents(resource: Resource) -> Iterator[tuple[str, Any]]:
    inputs = resource.inputs
    match resource.type:
        case t if t == ROLE:
            yield "who may assume the role", inputs.get("assumeRolePolicy")
            # A role without policies may do nothing, which is a state that its first policy widens.
            yield _ROLE_MAY, None
            for inline in _listed(inputs.get("inlinePolicies"), resource):
                yield _ROLE_MAY, mapping(inline, f"an inline policy of {resource.name}").get("policy")
            for arn in _listed(inputs.get("managedPolicyArns"), resource):
                yield _ROLE_MAY, _has_policy("", arn)
        case t if t == ROLE_POLICY:
            yield _ROLE_MAY, inputs.get("policy")
        case t if t == POLICY:
            yield "what the policy allows", inputs.get("policy")
            # Likewise, a policy that nobody has is a state that its first attachment widens.
            yield _WHO_HAS, None
        case t if t == _PERMISSION:
            yield "who may call the function", _permission(inputs)
        case t if t in _ATTACHMENTS:
            for key in _ATTACHMENTS[t]:
                named = inputs.get(key)
                for name in named if isinstance(named, list) else [] if named is None else [named]:
                    # An ARN that the deployment makes is that of a policy which stands beside.
                    yield _WHO_HAS, _has_policy(f"{key.removesuffix('s')} {name}", inputs.get("policyArn"))
        case _:
            pass


def _listed(values: object, resource: Resource) -> list[Any]:
    return [values] if isinstance(values, Hidden) else sequence(values, f"a list of policies of {resource.name}")


def _has_policy(who: str, arn: object) -> Any:
    if isinstance(arn, Hidden) and not who:
        return arn
    named = arn if isinstance(arn, str) else ""
    return {"Statement": {"Effect": "Allow", "Principal": who, "Action": "policy", "Resource": named}}


def _permission(inputs: Mapping[str, Any]) -> Any:
    values = [inputs.get("principal"), inputs.get("action"), inputs.get("function")]
    if any(isinstance(value, Hidden) for value in values):
        return Hidden.AT_DEPLOYMENT
    principal, action, function = values
    return {"Statement": {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": function}}


def _read(entries: Sequence[tuple[Resource, Any]]) -> _Documents:
    known: list[Grant] = []
    for resource, document in entries:
        if isinstance(document, str):
            known += grants(_json(document, resource))
        elif isinstance(document, dict):
            known += grants(cast("dict[str, Any]", document))
    return _Documents(
        tuple(known),
        is_unknown=any(isinstance(document, Hidden) for _, document in entries),
        boundary=next(filter(None, (resource.inputs.get("permissionsBoundary") for resource, _ in entries)), None),
    )


def _widening(holder: str, before: _Documents | None, after: _Documents) -> Widening:
    former = before or _Documents()
    allowed = _of(former.known, "Allow")
    denied = _of(after.known, "Deny")
    return Widening(
        holder,
        grants=_uncovered(_of(after.known, "Allow"), allowed),
        lifted=() if after.is_unknown else _uncovered(_of(former.known, "Deny"), denied),
        is_new=before is None,
        is_unknown=after.is_unknown,
        boundary=(former.boundary, after.boundary)
        if former.boundary is not None and former.boundary != after.boundary
        else None,
    )


def _of(known: Iterable[Grant], effect: str) -> tuple[Grant, ...]:
    return tuple(grant for grant in known if grant.effect == effect)


def _uncovered(wanted: Iterable[Grant], by: Sequence[Grant]) -> tuple[Grant, ...]:
    return tuple(dict.fromkeys(grant for grant in wanted if not any(each.covers(grant) for each in by)))


def _component(side: Side, resource: Resource) -> str:
    parent = side.resources.get(resource.parent)
    if parent is None or not parent.type.startswith(COMPONENTS):
        return resource.name
    return f"{parent.type.removeprefix(COMPONENTS)} {parent.name}"


def _json(text: str, resource: Resource) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise PreviewError(f"the IAM document of {resource.type} {resource.name} is not JSON")
    return cast("dict[str, Any]", document)


def _principals(statement: Mapping[str, Any]) -> list[str]:
    for key in ("Principal", "NotPrincipal"):
        if key in statement:
            principal = statement[key]
            named: list[str] = (
                [f"{kind} {each}" for kind, values in principal.items() for each in _sequence(values)]
                if isinstance(principal, dict)
                else [str(principal)]
            )
            return named if key == "Principal" else [f"everybody but {', '.join(named)}"]
    return [""]


def _named(statement: Mapping[str, Any], key: str) -> list[str]:
    if f"Not{key}" in statement:
        return [f"everything but {', '.join(map(str, _sequence(statement[f'Not{key}'])))}"]
    return [str(each) for each in _sequence(statement.get(key, ""))]


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], ...]]:
    """Each combination of the values that conditions accept; values of a negated or set operator belong together."""
    choices: list[list[tuple[str, str, str]]] = []
    for operator, keys in mapping(statement.get("Condition"), "a Condition").items():
        for key, values in mapping(keys, "a Condition's operator").items():
            texts = [str(value) for value in _sequence(values)]
            belong_together = "Not" in operator or operator.startswith("For")
            choices.append([(operator, key, text) for text in ([", ".join(texts)] if belong_together else texts)])
    return product(*choices)


def _sequence(values: Any) -> list[Any]:
    return cast("list[Any]", values) if isinstance(values, list) else [] if values is None else [values]


def _matches(pattern: str, value: str) -> bool:
    """IAM's wildcards: `*` for any characters, `?` for one; they match each other literally as well."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, value, re.DOTALL) is not None
