"""Evaluates IAM policy documents: does a set of them allow, deny, or say nothing about a request?

By the IAM user guide ("Policy evaluation logic", "IAM JSON policy elements"). What is not supported is refused by name,
never ignored: an ignored condition would let in what the real service keeps out.
"""

from __future__ import annotations

import operator
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
    return _combined((each for document in documents for each in _listed(document.get("Statement", []))), request)


def evaluate_with_principal(document: Mapping[str, Any], request: Request) -> Effect:
    """A resource-based or trust policy: the same, for statements that name one of the request's principals."""
    named = (each for each in _listed(document.get("Statement", [])) if _names(each, request.principals))
    return _combined(({"Resource": "*", **each} for each in named), request)


def _combined(statements: Iterable[Mapping[str, Any]], request: Request) -> Effect:
    effects = {str(statement["Effect"]) for statement in statements if _covers(statement, request)}
    return "deny" if "Deny" in effects else "allow" if "Allow" in effects else "none"


def _covers(statement: Mapping[str, Any], request: Request) -> bool:
    conditions: Mapping[str, Mapping[str, Any]] = statement.get("Condition", {})
    return (
        _element(statement, "Action", request.action, re.IGNORECASE)
        and _element(statement, "Resource", request.resource)
        and all(_condition(name, wanted, request.context) for name, wanted in conditions.items())
    )


def _element(statement: Mapping[str, Any], name: str, value: str, flags: int = 0) -> bool:
    negated = f"Not{name}" in statement
    patterns = _listed(statement[f"Not{name}"] if negated else statement.get(name, []))
    return any(_matches(each, value, flags) for each in patterns) != negated


def _names(statement: Mapping[str, Any], principals: tuple[tuple[str, str], ...]) -> bool:
    if "NotPrincipal" in statement:
        raise UnsupportedPolicyError("the sandbox does not evaluate NotPrincipal in policies")
    named: Any = statement.get("Principal", {})
    if isinstance(named, str):
        named = {"AWS": named}  # a bare ARN or `*`, as Lambda's AddPermission takes it
    return any(value in ("*", name) for kind, name in principals for value in _listed(named.get(kind, [])))


def _condition(name: str, wanted: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    for_all = name.startswith("ForAllValues:")
    base = name.removeprefix("ForAllValues:").removesuffix("IfExists")
    compare = _OPERATORS.get(base.replace("Not", ""))
    if compare is None:
        raise UnsupportedPolicyError(f"the sandbox does not evaluate the condition operator {name}")
    negated = "Not" in base
    present = {key.lower(): value for key, value in context.items()}
    for key, values in wanted.items():
        actual = present.get(key.lower())
        if actual is None:
            if negated or for_all or name.endswith("IfExists"):
                continue
            return False
        if any(compare(str(value), actual) for value in _listed(values)) == negated:
            return False
    return True


def _matches(pattern: str, value: str, flags: int = 0) -> bool:
    if "${" in pattern:
        raise UnsupportedPolicyError(f"the sandbox does not evaluate policy variables ({pattern})")
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return bool(re.fullmatch(expression, value, re.DOTALL | flags))


def _arn_like(pattern: str, value: str) -> bool:
    parts, given = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(given) and all(map(_matches, parts, given))


def _equal_ignoring_case(wanted: str, actual: str) -> bool:
    return wanted.lower() == actual.lower()


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": _matches,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _equal_ignoring_case,
}
"""With `Not` in its name, an operator asks for the opposite."""


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
