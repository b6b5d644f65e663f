"""A deployment's progress as text: one line for each resource when it is done."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from agentcore_auth.preview.values import Difference
from sandbox.console import cut

_SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-", "same": " "}
_PAST = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted", "same": "unchanged"}
_PLANNED = {**{op: f"to {op}" for op in _PAST}, "same": "unchanged"}
_WIDTH = 120
_ROOT = re.compile(r"[.\[]")
_STACK = "pulumi:pulumi:Stack"
_PROVIDERS = "pulumi:providers:"
OPERATIONS = frozenset(_PAST)
"""What can happen to a resource. The engine has more steps: a replacement, one of these, is made in two of them."""


@dataclass(frozen=True)
class Step:
    """What the engine does to one resource; `changed` are the properties that differ, `values` what they hold."""

    op: str
    urn: str
    changed: tuple[str, ...] = ()
    values: tuple[Difference, ...] = ()

    @property
    def name(self) -> str:
        return self.urn.split("::", 3)[3]

    @property
    def is_default_provider(self) -> bool:
        """Whether the program does not know of it: the engine has made it up, and does not count it."""
        return self.type.startswith(_PROVIDERS) and self.name.startswith("default")

    @property
    def type(self) -> str:
        return self.urn.split("::", 3)[2].rpartition("$")[2]


def line_for(step: Step) -> str | None:
    """What a step is worth: one line for a resource that is changed, and one for each value, old and new."""
    if step.op not in OPERATIONS - {"same"} or step.type.startswith((_STACK, _PROVIDERS)):
        return None
    values, named = (step.values, step.changed) if step.op in ("update", "replace") else ((), ())
    shown = tuple(each.path for each in values)
    secret = ", ".join(name for name in named if not any(path.startswith(_ROOT.split(name)[0]) for path in shown))
    head = f"  {_SIGNS[step.op]} {_type(step.type):<46} {step.name}{secret and f'  [{secret}]'}"
    return "\n".join([head, *(f"      {each.path}: {each.before or '-'} → {each.after or '-'}" for each in values)])


def subject(urn: str | None) -> str:
    """Whom a message concerns, to be put before it; nothing where it is the stack."""
    if not urn:
        return ""
    step = Step("", urn)
    return "" if step.type == _STACK else f"{_type(step.type)} {step.name}: "


def summary(changes: Mapping[str, int], *, planned: bool = False) -> str:
    """How many resources were, or are `planned` to be, created, updated, …"""
    words = _PLANNED if planned else _PAST
    counted = [f"{changes[op]} {word}" for op, word in words.items() if changes.get(op)]
    return ", ".join(counted) or "nothing to do"


def outputs_text(values: Mapping[str, Any], indent: str = "  ") -> str:
    """Outputs as an indented list, a line for each, which is cut where it is long: `sandbox outputs` has them whole."""
    lines: list[str] = []
    for name, item in sorted(values.items()):
        if isinstance(item, Mapping) and item:
            lines += [f"{indent}{name}:", outputs_text(cast("Mapping[str, Any]", item), f"{indent}  ")]
        else:
            text = item if isinstance(item, str) else json.dumps(item)
            lines.append(cut(f"{indent}{name}: {' '.join(text.split())}", _WIDTH))
    return "\n".join(lines)


def _type(token: str) -> str:
    """Package, module and name; neither is there to tell this project's own."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    words = (package, module.partition("/")[0], name)
    return " ".join(word for word in words if word not in ("", "agentcore-auth", "index"))
