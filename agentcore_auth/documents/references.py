"""References within an OpenAPI description, and the schemas behind them, each resolved once for a tool.

A schema is written out for a tool as often as it is referred to. Types that refer to one another make that grow without
bound, so each is resolved once and shared, ends where it contains itself, and may come to so much in writing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from agentcore_auth.documents.reading import DEEPEST, Findings, Json, Path, is_list, is_object, kind_of

LARGEST = 20_000
"""Ours: schemas in a tool's arguments, written out. The largest that people use have some hundred."""

_COMPOSITION = ("oneOf", "anyOf", "allOf")
# What stands in these is data of the API's, not part of the description.
_DATA = ("example", "examples", "default", "enum", "const")


class References:
    """Follows the references in one document; what leads nowhere becomes a finding."""

    def __init__(self, document: dict[str, Json], findings: Findings) -> None:
        self._document = document
        self._findings = findings

    def object_at(self, value: Json, at: Path) -> dict[str, Json] | None:
        """The object that `value` is, or refers to; None, with a finding, where there is none."""
        seen: list[str] = []
        while is_object(value) and isinstance(reference := value.get("$ref"), str):
            target = self._target(reference)
            if target is None or reference in seen:
                self._findings.add((*at, "$ref"), _dead(reference))
                return None
            seen.append(reference)
            value = target
        if not is_object(value):
            self._findings.add(at, f"is {kind_of(value)}; it has to be an object")
            return None
        return value

    def check_others(self) -> None:
        """Find the references that no tool's arguments hold, in answers say, and that lead nowhere."""
        for reference, at in _references(self._document, ()):
            if self._target(reference) is None:
                self._findings.add((*at, "$ref"), _dead(reference))

    def _target(self, reference: str) -> Json:
        """What a reference leads to, by RFC 6901 in the form for URI fragments; None where it leads nowhere."""
        if reference == "#":
            return self._document
        if not reference.startswith("#/"):
            return None
        value: Json = self._document
        for part in reference.removeprefix("#/").split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if is_list(value) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            elif is_object(value) and key in value:
                value = value[key]
            else:
                return None
        return value


class ToolSchemas:
    """The schemas of one tool's arguments, with every reference replaced by what it refers to."""

    def __init__(self, references: References, findings: Findings) -> None:
        self._references = references
        self._findings = findings
        self._resolved: dict[str, dict[str, Json]] = {}
        self._open: list[str] = []

    def read(self, value: Json, at: Path) -> dict[str, Json]:
        """The schema at `at`. What it gives may be shared, and is not to be changed.

        A schema that contains itself ends in a plain object at the second round: tools cannot be listed without end.
        """
        reference = value.get("$ref") if is_object(value) else None
        if not isinstance(reference, str):
            return self._written(value, at)
        if reference in self._open:
            return {"type": "object"}
        if reference not in self._resolved:
            self._open.append(reference)
            self._resolved[reference] = self._written(value, at)
            self._open.pop()
        return self._resolved[reference]

    def _written(self, value: Json, at: Path) -> dict[str, Json]:
        if len(at) > 2 * DEEPEST:  # the place grows with every reference that is followed
            self._findings.add(at[:4], "is nested too deeply once its references are followed; flatten it")
            return {}
        definition = self._references.object_at(value, at)
        if definition is None:
            return {}
        for key in _COMPOSITION:
            if key in definition:
                self._findings.add((*at, key), "is not supported by AgentCore in what a tool takes")
        schema = dict(definition)
        properties = definition.get("properties")
        if is_object(properties):
            schema["properties"] = {
                name: self.read(item, (*at, "properties", name)) for name, item in properties.items()
            }
        for key in ("items", "additionalProperties"):
            if is_object(definition.get(key)):
                schema[key] = self.read(definition[key], (*at, key))
        return schema


def check_size(schema: Mapping[str, Json], at: Path, findings: Findings) -> None:
    """Find a tool whose arguments, written out, come to more than LARGEST schemas."""
    if _size(schema, {}) > LARGEST:
        findings.add(at, f"comes to more than {LARGEST:,} schemas once its references are followed; flatten its types")


def _size(value: object, known: dict[int, int]) -> int:
    """How many objects `value` has in writing. Shared ones are looked at once, and counted as often as they stand."""
    if id(value) not in known:
        if is_object(value):
            known[id(value)] = 1 + sum(_size(item, known) for item in value.values())
        elif is_list(value):
            known[id(value)] = sum(_size(item, known) for item in value)
        else:
            return 0
    return known[id(value)]


def _references(value: Json, at: Path) -> Iterator[tuple[str, Path]]:
    if is_object(value):
        reference = value.get("$ref")
        if isinstance(reference, str):
            yield reference, at
        for key, item in value.items():
            # A property may have any name, also one of these.
            if (key in _DATA or key.startswith("x-")) and (not at or at[-1] != "properties"):
                continue
            yield from _references(item, (*at, key))
    elif is_list(value):
        for index, item in enumerate(value):
            yield from _references(item, (*at, index))


def _dead(reference: str) -> str:
    if reference.startswith("#"):
        return f"{reference!r} leads nowhere"
    return f"{reference!r} leads out of the document, which is sent alone"
