"""Shapes of a Smithy model as JSON schemas, the way restJson1 writes their values in JSON."""

from __future__ import annotations

import re

from agentcore_auth.documents.reading import DEEPEST, Findings, Json, is_list, is_object

# How restJson1 writes simple shapes; timestamps depend on where they stand.
_SIMPLE: dict[str, dict[str, Json]] = {
    "blob": {"type": "string", "contentEncoding": "base64"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "enum": {"type": "string"},
    "byte": {"type": "integer"},
    "short": {"type": "integer"},
    "integer": {"type": "integer"},
    "intEnum": {"type": "integer"},
    "long": {"type": "integer"},
    "bigInteger": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "bigDecimal": {"type": "number"},
    "document": {},
}


def as_object(value: Json) -> dict[str, Json]:
    """`value` if it is an object, else an empty one."""
    return value if is_object(value) else {}


def traits_of(shape: Json) -> dict[str, Json]:
    """The traits of a shape or a member."""
    return as_object(as_object(shape).get("traits"))


def member_target(reference: Json) -> str | None:
    """What a `{"target": …}` refers to."""
    target = as_object(reference).get("target")
    return target if isinstance(target, str) else None


def plain_text(documentation: str) -> str:
    """AWS's models hold HTML in their documentation; descriptions of tools and arguments are text."""
    return " ".join(re.sub(r"<[^>]*>", " ", documentation).split())


class InputSchemas:
    """Makes JSON schemas of the shapes that one operation takes; unknown targets become findings.

    Each shape is resolved once, and its schema shared: shapes that refer to one another would grow without bound.
    """

    def __init__(self, shapes: dict[str, Json], findings: Findings) -> None:
        self._shapes = shapes
        self._findings = findings
        self._resolved: dict[str, dict[str, Json]] = {}

    def structure(self, name: str | None, fields: dict[str, Json], inside: tuple[str, ...] = ()) -> dict[str, Json]:
        """The schema of a structure or a union with these members.

        A structure that contains itself ends in a plain object at the second round: tools cannot be listed without end.
        """
        inside = (*inside, name) if name else inside
        properties: dict[str, Json] = {
            key: self._member(member, (*inside, key), inside) for key, member in fields.items()
        }
        required: list[Json] = [key for key, member in fields.items() if "smithy.api#required" in traits_of(member)]
        schema: dict[str, Json] = {"type": "object", "properties": properties}
        return {**schema, "required": required} if required else schema

    def _member(self, member: Json, at: tuple[str, ...], inside: tuple[str, ...]) -> dict[str, Json]:
        target = member_target(member)
        shape = as_object(self._shapes.get(target or ""))
        if target == "smithy.api#Timestamp" or shape.get("type") == "timestamp":
            schema = _timestamp({**traits_of(shape), **traits_of(member)})
        else:
            schema = self._target(target, at, inside)
        documentation = traits_of(member).get("smithy.api#documentation")
        return {**schema, "description": plain_text(documentation)} if isinstance(documentation, str) else schema

    def _target(self, target: str | None, at: tuple[str, ...], inside: tuple[str, ...]) -> dict[str, Json]:
        if target is None:
            self._findings.add(("shapes", *at[-2:]), "names no target")
            return {}
        if target in inside:
            return {"type": "object"}
        if len(inside) > DEEPEST:
            self._findings.add(("shapes", *at[-2:]), f"is more than {DEEPEST} shapes deep; flatten it")
            return {}
        if target.startswith("smithy.api#"):
            return dict(_SIMPLE.get(_prelude(target), {"type": "object"}))
        if target not in self._shapes:
            self._findings.add(("shapes", *at[-2:]), f"{target} is not a shape of this model")
            return {}
        if target not in self._resolved:
            self._resolved[target] = self._shape(target, inside)
        return self._resolved[target]

    def _shape(self, target: str, inside: tuple[str, ...]) -> dict[str, Json]:
        shape = as_object(self._shapes[target])
        kind = shape.get("type")
        if kind in {"structure", "union"}:
            return self.structure(target, as_object(shape.get("members")), inside)
        if kind in {"list", "set"}:
            return {"type": "array", "items": self._member(shape.get("member"), (target, "member"), (*inside, target))}
        if kind == "map":
            value = self._member(shape.get("value"), (target, "value"), (*inside, target))
            return {"type": "object", "additionalProperties": value}
        schema = dict(_SIMPLE.get(str(kind), {}))
        values = _enum_values(shape)
        return {**schema, "enum": values} if values else schema


def _timestamp(traits: dict[str, Json]) -> dict[str, Json]:
    """Seconds since 1970 in a body, date-time in path and query, http-date in headers, unless the model says it."""
    written = traits.get("smithy.api#timestampFormat")
    if written is None and "smithy.api#httpHeader" in traits:
        written = "http-date"
    if written is None and ("smithy.api#httpLabel" in traits or "smithy.api#httpQuery" in traits):
        written = "date-time"
    if written in {"date-time", "http-date"}:
        return {"type": "string", "format": written}
    return {"type": "number"}


def _prelude(target: str) -> str:
    name = target.removeprefix("smithy.api#").removeprefix("Primitive")
    return name[:1].lower() + name[1:]


def _enum_values(shape: dict[str, Json]) -> list[Json]:
    if shape.get("type") in {"enum", "intEnum"}:
        members = as_object(shape.get("members"))
        return [traits_of(member).get("smithy.api#enumValue", name) for name, member in members.items()]
    listed = traits_of(shape).get("smithy.api#enum")
    return [as_object(entry).get("value") for entry in listed] if is_list(listed) else []
