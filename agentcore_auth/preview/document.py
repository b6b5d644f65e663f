"""A preview as `pulumi preview --json --show-sames` prints it, read into the stack's resources before and after.

The form is Pulumi's `PreviewDigest` (`sdk/go/common/display/json.go`): one step for each resource, with `oldState` and
`newState`. A new state has neither id nor outputs: they are carried over from the old one unless the resource is made
anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias, cast

COMPONENTS: Final = "agentcore-auth:index:"
_SECRET: Final = "[secret]"  # noqa: S105  what the CLI prints in place of a secret
# How Pulumi's protocol marks a value of each type that is not known yet (`sdk/go/common/resource/plugin/rpc.go`).
AT_DEPLOYMENT_MARKS: Final = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_HALVES: Final = frozenset({"create-replacement", "delete-replaced", "discard-replaced", "remove-pending-replace"})
_HOW: Final = "make it with: pulumi preview --json --show-sames"


class PreviewError(Exception):
    """The text is not a preview that can be read; the message says why, and what to do, in one line."""


class Hidden(Enum):
    """A value that the preview does not show."""

    AT_DEPLOYMENT = "known at deployment"
    SECRET = "secret"  # noqa: S105  the word, not a secret


Text: TypeAlias = str | Hidden


@dataclass(frozen=True)
class Resource:
    """A resource on one side of the change. `id` and `outputs` are hidden, or empty, while it is still to be made."""

    urn: str
    type: str
    parent: str
    inputs: Mapping[str, Any]
    id: Text
    outputs: Mapping[str, Any]
    #: Input -> the URNs that its value comes from.
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    @property
    def name(self) -> str:
        """The name that the program gave it."""
        return self.urn.rpartition("::")[2]

    def output(self, name: str) -> Text:
        """An output that AWS or the identity provider decides on. Raises PreviewError where it is no text."""
        value = self.outputs.get(name, Hidden.AT_DEPLOYMENT)
        if not isinstance(value, str | Hidden):
            raise PreviewError(f"{self.type} {self.name}: its {name} is no text")
        return value


@dataclass(frozen=True)
class Change:
    """What happens to one resource: `same`, `create`, `update`, `replace`, `delete` or another of Pulumi's."""

    operation: str
    before: Resource | None
    after: Resource | None
    #: Inputs that differ, and those of them that have the resource replaced.
    differing: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """All resources of the stack before the change, or after it."""

    resources: Mapping[str, Resource]

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of these types."""
        return (resource for resource in self.resources.values() if resource.type in types)

    def below(self, urn: str, *types: str) -> Iterator[Resource]:
        """The resources of these types in a component, at whatever depth."""
        return (resource for resource in self.of_type(*types) if urn in self._ancestors(resource))

    def _ancestors(self, resource: Resource) -> Iterator[str]:
        parent = resource.parent
        while parent:
            yield parent
            parent = self.resources[parent].parent if parent in self.resources else ""


@dataclass(frozen=True)
class Preview:
    """A preview of this project's program that went well."""

    stack: str
    changes: Mapping[str, Change]

    @property
    def before(self) -> Side:
        """The stack as it is deployed, as far as its state knows."""
        return Side({urn: change.before for urn, change in self.changes.items() if change.before})

    @property
    def after(self) -> Side:
        """The stack as it will be."""
        return Side({urn: change.after for urn, change in self.changes.items() if change.after})

    def operation(self, urn: str) -> str:
        """What happens to a resource."""
        return self.changes[urn].operation


def read(text: str) -> Preview:
    """The preview in a JSON document. Raises PreviewError."""
    document = _document(text)
    diagnostics = [mapping(each, "a diagnostic") for each in sequence(document.get("diagnostics"), "diagnostics")]
    failure = next((entry for entry in diagnostics if entry.get("severity") == "error"), None)
    if failure:
        said = " ".join(str(failure.get("message", "")).split())
        raise PreviewError(f"the preview failed, so it says nothing of the callers: {said[:200]}")
    steps = [(*_subject(step), step) for step in map(_step, document["steps"])]
    changes = {urn: _change(urn, operation, step) for urn, operation, step in steps if operation not in _HALVES}
    same = sum(change.operation == "same" for change in changes.values())
    if mapping(document.get("changeSummary"), "changeSummary").get("same", 0) != same:
        raise PreviewError(f"unchanged resources were left out of the preview; {_HOW}")
    types = {resource.type for change in changes.values() for resource in (change.before, change.after) if resource}
    if not any(each.startswith(COMPONENTS) for each in types):
        raise PreviewError(f"the preview is of another program: no resource in it is of a type {COMPONENTS}…")
    return Preview(next(iter(changes)).split("::")[0].removeprefix("urn:pulumi:"), changes)


def _document(text: str) -> dict[str, Any]:
    if not text.strip():
        raise PreviewError(f"the preview is empty; {_HOW}")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise PreviewError(f"this is a stream of JSON documents, not one preview; {_HOW}") from None
        if text.lstrip().startswith("{") and (error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip())):
            raise PreviewError(f"the preview is cut off in line {error.lineno}; {_HOW}") from None
        raise PreviewError(f"this is not JSON: {error.msg} in line {error.lineno}; {_HOW}") from None
    except RecursionError:
        raise PreviewError(f"this JSON is nested deeper than any preview; {_HOW}") from None
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        raise PreviewError(f"this JSON is not a preview: it has no list of steps; {_HOW}")
    return cast("dict[str, Any]", document)


def _step(value: object) -> dict[str, Any]:
    return mapping(value, "a step")


def _subject(step: Mapping[str, Any]) -> tuple[str, str]:
    urn, operation = step.get("urn"), step.get("op")
    if not isinstance(urn, str) or urn.count("::") < 3 or not isinstance(operation, str):
        raise PreviewError(f"this JSON is not a preview: a step has no urn or no op; {_HOW}")
    return urn, operation


def _change(urn: str, operation: str, step: Mapping[str, Any]) -> Change:
    before = _resource(urn, step.get("oldState"), None)
    former = before if operation in {"same", "update"} else None
    after = None if operation == "delete" else _resource(urn, step.get("newState"), former)
    differing = _names(step.get("diffReasons")) or tuple(mapping(step.get("detailedDiff"), "a detailedDiff"))
    return Change(operation, before, after, differing, _names(step.get("replaceReasons")))


def _resource(urn: str, state: object, former: Resource | None) -> Resource | None:
    if state is None:
        return None
    fields = mapping(state, "a state")
    return Resource(
        urn=urn,
        type=str(fields.get("type", "")),
        parent=str(fields.get("parent", "")),
        inputs=_values(mapping(fields.get("inputs"), "inputs")),
        id=former.id if former else _values(str(fields.get("id") or "")) or Hidden.AT_DEPLOYMENT,
        outputs=former.outputs if former else _values(mapping(fields.get("outputs"), "outputs")),
        sources={
            name: frozenset(_names(urns))
            for name, urns in mapping(fields.get("propertyDependencies"), "propertyDependencies").items()
        },
    )


def mapping(value: object, what: str) -> dict[str, Any]:
    """An object of the document, empty where there is none. Raises PreviewError for anything else."""
    if value is not None and not isinstance(value, dict):
        raise PreviewError(f"{what} has to be an object, not {str(value)[:40]!r}")
    return cast("dict[str, Any]", value or {})


def sequence(value: object, what: str) -> list[Any]:
    """A list of the document, empty where there is none. Raises PreviewError for anything else."""
    if value is not None and not isinstance(value, list):
        raise PreviewError(f"{what} has to be a list, not {str(value)[:40]!r}")
    return cast("list[Any]", value or [])


def _values(value: Any) -> Any:
    """A property value, with `Hidden` for what is unknown or secret."""
    match value:
        case str() if value in AT_DEPLOYMENT_MARKS:
            return Hidden.AT_DEPLOYMENT
        case str() if value == _SECRET:
            return Hidden.SECRET
        case dict():
            return {key: _values(item) for key, item in cast("dict[str, Any]", value).items()}
        case list():
            return [_values(item) for item in cast("list[Any]", value)]
        case _:
            return value


def _names(values: object) -> tuple[str, ...]:
    return tuple(str(value) for value in cast("list[object]", values)) if isinstance(values, list) else ()
