"""Refuses requests for their form as AWS does: patterns, bounds and enumerations, which botocore does not check."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, cast

import regex
from botocore.exceptions import ClientError

from sandbox.providers.aws.shapes import OperationModel, Shape

_CODES = {"iam": "ValidationError", "sts": "ValidationError", "cognito-idp": "InvalidParameterException"}
_LENGTHS = ("string", "list", "map", "blob")
_CONTRADICTED = frozenset({"TaggableResourcesArn"})
"""Shapes whose pattern refuses what the service itself gives (this one digits: `…/oauth2credentialprovider/…`)."""


def enforce(params: Mapping[str, Any], model: OperationModel, **_: object) -> None:
    """Handler of botocore's `before-parameter-build` event. Raises ClientError as the service would answer."""
    found = list(violations(model.input_shape, params)) if model.input_shape else []
    if not found:
        return
    plural = "s" if len(found) > 1 else ""
    message = f"{len(found)} validation error{plural} detected: {'; '.join(found)}"
    code = _CODES.get(model.service_model.service_name, "ValidationException")
    raise ClientError({"Error": {"Code": code, "Message": message}}, model.name)


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """What a value breaks of its shape's constraints, a sentence each. Wrong types are left to botocore's own check."""
    yield from _bounds(shape, value, path)
    if shape.type_name == "structure" and isinstance(value, Mapping):
        yield from _structure(shape, cast("Mapping[str, Any]", value), path)
    elif shape.type_name == "list" and isinstance(value, list | tuple):
        for index, member in enumerate(cast("list[Any]", value), start=1):
            yield from violations(shape.member, member, f"{path}.{index}.member")
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for name, member in cast("Mapping[str, Any]", value).items():
            yield from violations(shape.key, name, f"{path}.{name}.key")
            yield from violations(shape.value, member, f"{path}.{name}")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _text(shape, value, path)


def _structure(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if name not in value and not shape.members[name].metadata.get("idempotencyToken"):
            yield f"Value null at '{prefix}{name}' failed to satisfy constraint: Member must not be null"
    if shape.is_tagged_union and len(value) != 1:
        members = ", ".join(shape.members)
        yield f"Value at '{path}' failed to satisfy constraint: Member must hold exactly one of [{members}]"
    for name, inner in value.items():
        if name in shape.members:
            yield from violations(shape.members[name], inner, f"{prefix}{name}")


def _text(shape: Shape, value: str, path: str) -> Iterator[str]:
    pattern, allowed = shape.metadata.get("pattern"), shape.metadata.get("enum")
    if pattern and shape.name not in _CONTRADICTED and not _compiled(pattern).fullmatch(value):
        yield _sentence(shape, value, path, f"Member must satisfy regular expression pattern: {pattern}")
    if allowed and value not in allowed:
        yield _sentence(shape, value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")


def _bounds(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.type_name in _LENGTHS and hasattr(value, "__len__"):
        measured, noun = len(value), "length"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        measured, noun = value, "value"
    else:
        return
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and measured < least:
        yield _sentence(shape, value, path, f"Member must have {noun} greater than or equal to {least}")
    if most is not None and measured > most:
        yield _sentence(shape, value, path, f"Member must have {noun} less than or equal to {most}")


def _sentence(shape: Shape, value: Any, path: str, constraint: str) -> str:
    shown = "" if shape.metadata.get("sensitive") or shape.type_name not in ("string", "integer") else f" '{value}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


@functools.cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    r"""A Java pattern: there `\w`, `\d` and `\s` are ASCII, while `\p{L}` is any letter."""
    if r"\p" not in pattern:
        return regex.compile(pattern, regex.ASCII)
    return regex.compile(pattern.replace(r"\s", r" \t\n\x0B\f\r"))  # within a set, wherever both stand in a pattern
