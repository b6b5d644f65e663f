"""A deployment's progress as text: one line for each resource when it is done."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TextIO, cast

from sandbox.console import say
from sandbox.engine import Event, Result, Step

_SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "same": " "}
_PAST = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted", "same": "unchanged"}
_PLANNED = {**{op: f"to {op}" for op in _PAST}, "same": "unchanged"}
_TYPE = re.compile(r"(?P<package>[^:]+):(?P<module>[^:/]+)(/[^:]*)?:(?P<name>.+)")
_OF_PULUMI = ("pulumi:pulumi:", "pulumi:providers:")
_MODULES_OF_NO_INTEREST = ("index", "")


def printer(stream: TextIO | None = None) -> Callable[[Event], None]:
    """A listener for sandbox.engine.run that says what is done."""

    def listen(event: Event) -> None:
        line = line_for(event)
        if line is not None:
            say(line, stream)

    return listen


def line_for(event: Event) -> str | None:
    """What an event is worth: a resource that was changed, or a message."""
    if event.kind == "message":
        return f"  {event.severity}: {event.message}"
    if event.kind != "done" or event.step is None or event.step.op not in _SIGNS or event.step.op == "same":
        return None
    return None if event.step.type.startswith(_OF_PULUMI) else describe(event.step)


def describe(step: Step) -> str:
    """One line: what happens to which resource, and for an update which properties differ."""
    changed = f"  [{', '.join(step.changed)}]" if step.op in ("update", "replace") and step.changed else ""
    return f"  {_SIGNS[step.op]} {_type(step.type):<46} {step.name}{changed}"


def summary(result: Result, *, planned: bool = False) -> str:
    """How many resources were, or are `planned` to be, created, updated, …"""
    words = _PLANNED if planned else _PAST
    counted = [f"{result.changes[op]} {word}" for op, word in words.items() if result.changes.get(op)]
    return ", ".join(counted) or "nothing to do"


def outputs_text(values: Mapping[str, Any]) -> str:
    """Outputs as an indented list."""
    return "\n".join(_lines(values, "  "))


def _lines(value: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, item in sorted(value.items()):
        if isinstance(item, Mapping) and item:
            lines += [f"{indent}{name}:", *_lines(cast("Mapping[str, Any]", item), f"{indent}  ")]
        else:
            lines.append(f"{indent}{name}: {_text(item)}")
    return lines


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in cast('list[Any]', value))}]"
    return str(value)


def _type(token: str) -> str:
    parts = _TYPE.fullmatch(token)
    if parts is None:
        return token
    module = "" if parts["module"] in _MODULES_OF_NO_INTEREST else f"{parts['module']} "
    package = "" if parts["module"] == "index" and parts["package"] == "agentcore-auth" else f"{parts['package']} "
    return f"{package}{module}{parts['name']}"
