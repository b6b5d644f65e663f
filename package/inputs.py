"""What a program gives to a component, in the form that the models take. Pure but for outputs, which are kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast, get_args, get_origin

import pulumi
from pydantic import BaseModel

from configuration.annotations import fields_of, is_model
from configuration.mistakes import Mistake, path_text
from package.schema import COMMON, kinds

STAND_IN = "arn:{partition}:lambda:us-west-2:000000000000:function:known-at-deployment"
"""A function's ARN of the right form, in the place of one that is an output; no gateway reaches another partition."""
_WITH_FUNCTIONS = ("targets", "interceptors")


@dataclass
class Given:
    """The document that a model takes, and the functions' ARNs that are outputs, by list (`targets` or `interceptors`)
    and place in it.
    """

    document: dict[str, Any]
    stand_in: str
    function_arns: dict[tuple[str, int], pulumi.Output[str]] = field(
        default_factory=dict[tuple[str, int], "pulumi.Output[str]"]
    )
    mistakes: list[Mistake] = field(default_factory=list[Mistake])


def given(model: type[BaseModel], inputs: Mapping[str, Any], partition: str = "aws") -> Given:
    """A component's inputs, by its model: kinds under `type`, numbers as they were, and no output where a value is
    needed before anything is made. `partition` is where functions are taken to be that only the deployment knows.
    """
    found = Given({}, STAND_IN.format(partition=partition))
    keys = {key: info.annotation for key, info in fields_of(model)}
    found.document = {key: _value(found, (key,), value, keys.get(key)) for key, value in inputs.items()}
    return found


def _value(found: Given, path: tuple[str | int, ...], value: Any, annotation: Any) -> Any:
    if isinstance(value, pulumi.Output):
        output = cast("pulumi.Output[str]", value)
        for which, place in pairwise(path):
            if path[-1] == "functionArn" and which in _WITH_FUNCTIONS and isinstance(place, int):
                found.function_arns[which, place] = output
                return found.stand_in
        where = path_text(path)
        reason = "is known only at deployment: only secrets and the functionArn of a target or an interceptor may be"
        found.mistakes.append(Mistake(where, reason))
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Pulumi's protocol has no other numbers
    of_kinds = kinds(annotation)
    if of_kinds and isinstance(value, dict):
        return _of_kind(found, path, cast("dict[str, Any]", value), of_kinds)
    inner = _models(annotation)
    if isinstance(value, dict):
        fields: dict[str, Any] = {key: info.annotation for key, info in fields_of(inner)} if is_model(inner) else {}
        entries = cast("dict[str, Any]", value)
        return {key: _value(found, (*path, key), item, fields.get(key, inner)) for key, item in entries.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_value(found, (*path, place), item, inner) for place, item in enumerate(items)]
    return value


def _of_kind(
    found: Given, path: tuple[str | int, ...], value: dict[str, Any], of_kinds: Mapping[str, type[BaseModel]]
) -> dict[str, Any]:
    """`{name, lambda: {…}}` as `{name, type: lambda, …}`."""
    chosen = [key for key, item in value.items() if key in of_kinds and item is not None]
    where = path_text(path)
    if len(chosen) != 1:
        found.mistakes.append(Mistake(where, f"needs exactly one of {', '.join(sorted(of_kinds))}"))
        return {}
    (tag,) = chosen
    own = _value(found, (*path, tag), value[tag], of_kinds[tag])
    rest = {key: item for key, item in value.items() if key not in of_kinds}
    for key in set(rest) - set(COMMON):
        found.mistakes.append(Mistake(where, f"has no property {key}: put it under {tag}"))
    return {**rest, "type": tag, **cast("dict[str, Any]", own)}


def _models(annotation: Any) -> Any:
    """What is inside a list, a map or an optional value; a model itself."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation
    arguments = [each for each in get_args(annotation) if each not in {type(None), Ellipsis}]
    if get_origin(annotation) is dict:
        return arguments[1]
    return arguments[0] if arguments else None
