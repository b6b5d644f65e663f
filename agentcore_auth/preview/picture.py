"""A picture of who comes in where, and of what a change makes of that: a Mermaid flow chart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentcore_auth.preview.document import Hidden
from agentcore_auth.preview.impact import GatewayImpact, Impact
from agentcore_auth.preview.verdicts import Access, Caller, ExpectedChange

MOST_CALLERS = 40
"""Beyond that nobody would read the picture, and GitHub draws none of more than 500 lines."""
# Access -> the arrow's form: broken where a caller comes in no more, dotted where that is not known.
_ARROWS = {Access.LOSES: "--x", Access.RENEWS: "-.->", Access.UNKNOWN: "-.->", Access.OUTSIDE: "-.->"}
_CLASSES: dict[Access | ExpectedChange | str, str] = {
    Access.LOSES: "gone",
    Access.RENEWS: "warned",
    Access.GAINS: "added",
    ExpectedChange.DELETED: "gone",
    ExpectedChange.REPLACED: "warned",
    ExpectedChange.CREATED: "added",
    "gone": "gone",
    "replaced": "warned",
    "changed": "warned",
    "added": "added",
}
_STYLES = {
    "gone": "stroke:#cf222e,stroke-width:3px,stroke-dasharray:4",
    "warned": "stroke:#bf8700,stroke-width:3px",
    "added": "stroke:#1a7f37,stroke-width:3px",
}


def picture(impact: Impact) -> str:
    """The chart's text, for a fenced block `mermaid`: the gateways that change, their callers, and which targets and
    interceptors change.

    Empty where there are none, or more callers than a picture can show.
    """
    changing = [gateway for gateway in impact.gateways if not gateway.is_same]
    if not changing or sum(len(gateway.callers) for gateway in changing) > MOST_CALLERS:
        return ""
    lines = ["flowchart LR"]
    for number, gateway in enumerate(changing):
        lines += _gateway(f"g{number}", gateway)
    lines += [f"classDef {name} {style}" for name, style in _STYLES.items()]
    return "\n".join(lines)


def _gateway(node: str, gateway: GatewayImpact) -> Iterator[str]:
    said = "" if gateway.change is ExpectedChange.STAYS else f"<br>{gateway.change.value}"
    yield f'{node}[["{_label(gateway.name)}{said}"]]{_class(gateway.change)}'
    for number, caller in enumerate(gateway.callers):
        name = f"{node}c{number}"
        yield f'{name}(["{_label(caller.name)}"]){_class(caller.access)}'
        yield f"{name} {_ARROWS.get(caller.access, '-->')}|{_told(caller)}| {node}"
    for number, (target, change) in enumerate(gateway.targets):
        yield f'{node}t{number}[("{_label(target)}<br>{change}")]{_class(change)}'
        yield f"{node} {_arrow(change)} {node}t{number}"
    for number, (interceptor, change) in enumerate(gateway.interceptors):
        function = interceptor.function
        name = function.value if isinstance(function, Hidden) else function.rpartition(":function:")[2]
        yield f'{node}f{number}{{{{"{_label(name)}<br>{change}"}}}}{_class(change)}'
        yield f"{node} {_arrow(change)}|{interceptor.sees.value}| {node}f{number}"


def _told(caller: Caller) -> str:
    return caller.access.value.partition(",")[0]


def _arrow(change: str) -> str:
    return "--x" if change == "gone" else "-->"


def _class(change: Access | ExpectedChange | str) -> str:
    name = _CLASSES.get(change)
    return f":::{name}" if name else ""


def _label(value: str) -> str:
    """A value within a node's quoted text: whatever is no plain character becomes a numbered entity (Mermaid,
    "Entity codes to escape characters"), so that a value can be neither markup nor the end of its text or block.
    """
    shown = value if len(value) <= 60 else f"{value[:59]}…"
    return re.sub(r"[^A-Za-z0-9 _.-]", lambda found: f"#{ord(found[0])};", shown)
