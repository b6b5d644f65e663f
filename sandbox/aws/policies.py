"""Evaluates IAM policy documents: does a set of them allow, deny, or say nothing about a request?

The logic is the one that the IAM user guide gives ("Policy evaluation logic" and "IAM JSON policy elements"), for the
elements that execution roles, trust policies and resource policies use. What is not supported is refused by name, never
ignored: an ignored condition would let in what the real service keeps out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

Effect = Literal["allow", "deny", "none"]


class UnsupportedPolicyError(ValueError):
    """A policy uses an element that the sandbox does not evaluate."""


@dataclass(frozen=True)
class Request:
    """What is asked: an action on a resource, by a principal (kind and name, as policies write them)."""

    action: str
    resource: str
    principals: tuple[tuple[str, str], ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys (`aws:SourceArn`, ...) and their values."""


def evaluate(documents: Iterable[Mapping[str, Any]], request: Request) -> Effect:
    """Identity-based policies: an explicit deny wins, else an allow, else nothing is said.

    Raises UnsupportedPolicyError.
    """
    return _combine(
        statement for document in documents for statement in statements(document) if _covers(statement, request)
    )


def evaluate_with_principal(document: Mapping[str, Any], request: Request) -> Effect:
    """A resource-based or trust policy: the same, for statements that name one of the request's principals."""
    return _combine(
        statement
        for statement in statements(document)
        if _names(statement, request.principals) and _covers(statement, request, default_resource="*")
    )


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a document, which may hold one alone."""
    held: Any = document.get("Statement", [])
    return cast("list[Mapping[str, Any]]", _listed(held))


def _combine(matching: Iterable[Mapping[str, Any]]) -> Effect:
    effects = {str(statement["Effect"]) for statement in matching}
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else "none"


def _covers(statement: Mapping[str, Any], request: Request, default_resource: str | None = None) -> bool:
    return (
        _element(statement, "Action", request.action, ignore_case=True)
        and _element(statement, "Resource", request.resource, default=default_resource)
        and all(_condition(name, wanted, request.context) for name, wanted in _conditions(statement).items())
    )


def _element(
    statement: Mapping[str, Any], name: str, value: str, *, default: str | None = None, ignore_case: bool = False
) -> bool:
    if f"Not{name}" in statement:
        return not any(matches(each, value, ignore_case=ignore_case) for each in _listed(statement[f"Not{name}"]))
    patterns = _listed(statement.get(name, default or []))
    return any(matches(each, value, ignore_case=ignore_case) for each in patterns)


def _names(statement: Mapping[str, Any], principals: tuple[tuple[str, str], ...]) -> bool:
    if "NotPrincipal" in statement:
        raise UnsupportedPolicyError("the sandbox does not evaluate NotPrincipal in policies")
    named: Any = statement.get("Principal", {})
    if isinstance(named, str):
        named = {"AWS": named}  # a bare ARN or `*`, as Lambda's AddPermission takes it
    by_kind = cast("Mapping[str, Any]", named)
    return any(value in ("*", name) for kind, name in principals for value in _listed(by_kind.get(kind, [])))


def _conditions(statement: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    return statement.get("Condition", {})


def _condition(operator: str, wanted: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    base = operator.removesuffix("IfExists")
    if base not in _OPERATORS:
        raise UnsupportedPolicyError(f"the sandbox does not evaluate the condition operator {operator}")
    compare = _OPERATORS[base]
    negated = "Not" in base
    present = {key.lower(): value for key, value in context.items()}
    for key, values in wanted.items():
        actual = present.get(key.lower())
        if actual is None:
            if negated or operator.endswith("IfExists"):
                continue
            return False
        if any(compare(str(value), actual) for value in _listed(values)) == negated:
            return False
    return True


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether a value fits a pattern of `*` and `?`, as Action and Resource hold. Raises UnsupportedPolicyError."""
    if "${" in pattern:
        raise UnsupportedPolicyError(f"the sandbox does not evaluate policy variables ({pattern})")
    return bool(_compiled(pattern, ignore_case).fullmatch(value))


def _arn_like(pattern: str, value: str) -> bool:
    parts, given = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(given) and all(map(matches, parts, given))


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _equal_ignoring_case(wanted: str, actual: str) -> bool:
    return wanted.lower() == actual.lower()


def _equal(wanted: str, actual: str) -> bool:
    return wanted == actual


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": matches,
    "StringNotLike": matches,
    "ArnEquals": _arn_like,
    "ArnNotEquals": _arn_like,
    "ArnLike": _arn_like,
    "ArnNotLike": _arn_like,
    "Bool": _equal_ignoring_case,
}


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
