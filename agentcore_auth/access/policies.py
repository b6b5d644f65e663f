"""Cedar policies read, validated and decided, by `cedarpy`.

Default deny, and a forbid wins. A tool is listed where any call of it could be permitted (AgentCore developer guide,
"use-gateway-with-policy").
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import cedarpy

from agentcore_auth.access.rules import LONGEST_STATEMENT, SEPARATOR, Caller, IamCaller

_OPEN = {"op": "All"}
_FEWEST_CHARACTERS = 35


class CedarError(ValueError):
    """Text that is no Cedar, or that AgentCore would not take as a policy; the message says why, in one line."""


@dataclass(frozen=True)
class Policy:
    """One policy out of a text: its own text, the gateway and the actions that its scope names, the claims it reads.

    `gateway` and `actions` are empty where the policy leaves them open.
    """

    text: str
    effect: str
    gateway: str
    actions: tuple[str, ...]
    claims: frozenset[str]


@dataclass(frozen=True)
class Decision:
    """Whether a call is let through, and the policies that say so: those that permit it, or those that forbid it.

    `failed` are policies that do not count, since evaluating them failed, each with the reason.
    """

    allowed: bool
    policies: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def split(text: str) -> list[Policy]:
    """The policies in a text, each as AgentCore takes it. Raises CedarError."""
    try:
        found = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise CedarError(f"is not Cedar: {_line(error)}") from None
    if found["templates"]:
        raise CedarError("holds a policy with ?principal or ?resource, and AgentCore knows no templates")
    policies = [_policy(each) for each in found["staticPolicies"].values()]
    if not policies:
        raise CedarError("holds no policy")
    return policies


def renamed(text: str, gateway_arn: str) -> str:
    """A policy with the resource that it names replaced by a gateway's ARN; one that names none stays as it is."""
    tree = _tree(text)
    resource = tree["resource"]
    if "entity" in resource:
        resource = {**resource, "entity": {**resource["entity"], "id": gateway_arn}}
    return _text({**tree, "resource": resource})


def findings(text: str, schema: Mapping[str, Any]) -> list[str]:
    """What validation against a gateway's schema finds wrong, a line each."""
    result = cedarpy.validate_policies(text, json.dumps(schema))
    return [_line(error.error) for error in result.errors]


def decide(
    statements: Mapping[str, str],
    caller: Caller,
    gateway_arn: str,
    tool: str,
    arguments: Mapping[str, Any] | None = None,
    input_schema: Mapping[str, Any] | None = None,
) -> Decision:
    """Whether somebody may call a tool, by its full name; `statements` are the gateway's policies by name.

    With `arguments` None: whether any call of it could be permitted, as tools/list asks. `input_schema` says which
    numbers are decimals. Raises CedarError for statements that are no Cedar.
    """
    trees = {name: _tree(text) for name, text in statements.items()}
    return _decide(trees, caller, gateway_arn, tool, arguments, input_schema)


def reasons(
    statements: Mapping[str, str],
    caller: Caller,
    gateway_arn: str,
    tool: str,
    arguments: Mapping[str, Any] | None = None,
) -> list[str]:
    """Why no policy permits the call, in a line for each policy that could: the first of its conditions that fails."""

    def holds(tree: Mapping[str, Any]) -> bool:
        return _decide({"it": tree}, caller, gateway_arn, tool, arguments).allowed

    found: list[str] = []
    for name, text in statements.items():
        tree = _tree(text)
        bare = {**tree, "conditions": []}
        if tree["effect"] != "permit" or not holds(bare):
            continue
        for condition in _conjuncts(tree):
            if not holds({**bare, "conditions": [condition]}):
                found.append(f"{name} wants {_wanted(bare, condition)}{_actual(condition, caller)}")
                break
    return found


def tags(claims: Mapping[str, object]) -> dict[str, str]:
    """A token's claims as the principal's tags: strings, whatever they are in the token; null is no tag."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        for name, value in claims.items()
        if value is not None
    }


def _decide(
    trees: Mapping[str, Mapping[str, Any]],
    caller: Caller,
    gateway_arn: str,
    tool: str,
    arguments: Mapping[str, Any] | None,
    input_schema: Mapping[str, Any] | None = None,
) -> Decision:
    if isinstance(caller, IamCaller):
        principal, tagged = {"type": "AgentCore::IamEntity", "id": caller.arn}, {}
    else:
        principal = {"type": "AgentCore::OAuthUser", "id": str(caller.get("sub", ""))}
        tagged = {"tags": tags(caller)}
    action = {"type": "AgentCore::Action", "id": tool}
    groups = [{"type": "AgentCore::Action", "id": name} for name in (tool.partition(SEPARATOR)[0], "CallTool", "Mcp")]
    entities = [
        {"uid": principal, "attrs": {"id": principal["id"]}, "parents": [], **tagged},
        {"uid": action, "attrs": {}, "parents": groups[:1]},
        *({"uid": low, "attrs": {}, "parents": [high]} for low, high in itertools.pairwise(groups)),
    ]
    policies = cedarpy.PolicySet.from_json_str(
        json.dumps({"templates": {}, "staticPolicies": dict(trees), "templateLinks": []})
    )
    gateway = {"type": "AgentCore::Gateway", "id": gateway_arn}
    named = {"principal": principal, "action": action, "resource": gateway}
    request: dict[str, Any] = {
        role: f"{each['type']}::{json.dumps(each['id'], ensure_ascii=False)}" for role, each in named.items()
    }
    if arguments is not None:
        request["context"] = {"input": _input(arguments, input_schema or {})}
        result = cedarpy.is_authorized(request, policies, entities)
        return Decision(result.allowed, tuple(sorted(result.diagnostics.reasons)), tuple(result.diagnostics.errors))
    partial = cedarpy.is_authorized_partial(request, policies, entities)
    certain = set(partial.diagnostics.reasons)
    possible = certain | set(partial.diagnostics.may_be_determining)
    forbidding = {name for name in certain if trees[name]["effect"] == "forbid"}
    permitting = {name for name in possible if trees[name]["effect"] == "permit"}
    allowed = bool(permitting) and not forbidding
    return Decision(allowed, tuple(sorted(forbidding or permitting)), tuple(partial.diagnostics.errors))


def _policy(tree: Mapping[str, Any]) -> Policy:
    """Raises CedarError where AgentCore would refuse it (developer guide, "policy-scope")."""
    resource, action = tree["resource"], tree["action"]
    if resource == _OPEN:
        raise CedarError('leaves the resource open: write resource == AgentCore::Gateway::"…"')
    if action != _OPEN and resource["op"] != "==":
        raise CedarError('names actions, so it has to name the gateway: resource == AgentCore::Gateway::"…"')
    if action == _OPEN and resource["op"] != "is":
        raise CedarError("names no action, so it has to say: resource is AgentCore::Gateway")
    text = _text(tree)
    if not _FEWEST_CHARACTERS <= len(text) <= LONGEST_STATEMENT:
        raise CedarError(
            f"has a policy of {len(text):,} characters; AWS takes {_FEWEST_CHARACTERS} to {LONGEST_STATEMENT:,}"
        )
    entities = [action["entity"]] if "entity" in action else action.get("entities", [])
    gateway = str(resource["entity"]["id"]) if "entity" in resource else ""
    read = frozenset(claim for condition in tree["conditions"] for claim in _claims_in(condition["body"]))
    return Policy(text, str(tree["effect"]), gateway, tuple(str(each["id"]) for each in entities), read)


@functools.lru_cache(maxsize=1024)
def _tree(text: str) -> Mapping[str, Any]:
    """Kept, because reading takes longer than deciding, and whoever lists tools asks about the same policies for each.

    Nobody may change it.
    """
    try:
        [tree] = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].values()
    except ValueError as error:
        raise CedarError(f"is not one Cedar policy: {_line(error)}") from None
    return cast("Mapping[str, Any]", tree)


def _text(tree: Mapping[str, Any]) -> str:
    whole = {"templates": {}, "staticPolicies": {"it": tree}, "templateLinks": []}
    return cedarpy.format_policies(cedarpy.policies_from_json_str(json.dumps(whole)), 120, 2).strip()


def _conjuncts(tree: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A policy's conditions, a conjunction in its parts: a tag that is read together with the question for it."""
    for condition in tree["conditions"]:
        parts = list(_and(condition["body"])) if condition["kind"] == "when" else [condition["body"]]
        while parts:
            part = parts.pop(0)
            if "hasTag" in part and parts:
                part = {"&&": {"left": part, "right": parts.pop(0)}}
            yield {"kind": condition["kind"], "body": part}


def _and(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "&&" in body:
        yield from _and(body["&&"]["left"])
        yield from _and(body["&&"]["right"])
    else:
        yield dict(body)


def _wanted(bare: Mapping[str, Any], condition: Mapping[str, Any]) -> str:
    """A condition in words where it compares claims and nothing else, and as Cedar text elsewhere."""
    compared = list(_compared(condition["body"]))
    if condition["kind"] == "when" and compared and None not in compared:
        equal = [claim for claim in compared if claim and " like " not in claim]
        return " or ".join(dict.fromkeys(equal or filter(None, compared)))
    whole = _text({**bare, "conditions": [condition]})
    return " ".join(whole[whole.index(condition["kind"]) :].removesuffix(";").split())


def _compared(body: Mapping[str, Any]) -> Iterator[str | None]:
    """The comparisons of claims in a condition, in words; None for every other part of it."""
    [(operator, inner)] = body.items()
    if operator in {"&&", "||"}:
        yield from _compared(inner["left"])
        yield from _compared(inner["right"])
    elif operator != "hasTag":
        claim = next(_claims_in(inner.get("left")), None)
        value = inner.get("right", {}).get("Value")
        if operator == "==" and claim and isinstance(value, str):
            yield f"{claim} {json.dumps(value)}"
        elif operator == "like" and claim:
            parts: list[Any] = inner["pattern"]
            yield f"{claim} like {''.join('*' if part == 'Wildcard' else part['Literal'] for part in parts)}"
        else:
            yield None


def _actual(condition: Mapping[str, Any], caller: Caller) -> str:
    if isinstance(caller, IamCaller):
        return f"; the caller is {caller.arn}"
    held = tags(caller)
    read = sorted(set(_claims_in(condition["body"])))
    said = [f"{claim} {json.dumps(held[claim])}" if claim in held else f"no {claim}" for claim in read]
    return f"; the token has {' and '.join(said)}" if said else ""


def _claims_in(body: object) -> Iterator[str]:
    if isinstance(body, Mapping):
        for key, inner in cast("Mapping[str, Any]", body).items():
            if key in {"hasTag", "getTag"} and "Value" in inner["right"]:
                yield str(inner["right"]["Value"])
            yield from _claims_in(inner)
    elif isinstance(body, list):
        for inner in cast("list[object]", body):
            yield from _claims_in(inner)


def _input(value: Any, schema: Mapping[str, Any]) -> Any:
    """A tool's arguments as Cedar has them: a number is a decimal of four places, null is no value."""
    if isinstance(value, Mapping):
        properties: Mapping[str, Any] = schema.get("properties") or {}
        fields = cast("Mapping[str, Any]", value)
        return {key: _input(inner, properties.get(key) or {}) for key, inner in fields.items() if inner is not None}
    if isinstance(value, list):
        items: Mapping[str, Any] = schema.get("items") or {}
        return [_input(inner, items) for inner in cast("Sequence[Any]", value) if inner is not None]
    if isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and schema.get("type") == "number"
    ):
        return {"__extn": {"fn": "decimal", "arg": f"{value:.4f}"}}
    return value


def _line(error: object) -> str:
    return " ".join(str(error).split())
