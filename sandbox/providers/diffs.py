"""What changed between two sets of inputs, and whether the resource has to be replaced."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from sandbox.providers.values import DEFAULTS, Archive, Asset, Secret, visible

Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Change:
    """One changed property: its path (`a.b[0]["x.y"]`), what happened to it, and whether that replaces the resource."""

    path: str
    kind: Kind
    replaces: bool = False

    @property
    def top_level(self) -> str:
        return _steps(self.path)[0]


@dataclass(frozen=True)
class Decision:
    changes: tuple[Change, ...]
    delete_before_replace: bool = False

    @property
    def replaces(self) -> bool:
        return any(change.replaces for change in self.changes)


def decide(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replace_on: Collection[str] = (),
    name_property: str | None = None,
    can_update: bool = True,
    ignored: Collection[str] = (),
    computed: Collection[str] = (),
) -> Decision:
    """Compare old and new inputs.

    A change at or below a path in `replace_on` replaces the resource, and any change does where it cannot be updated. A
    resource that is replaced under the name that the program gave it has to be deleted first, since two of one name
    cannot be (the rule of the Terraform bridge, `nameRequiresDeleteBeforeReplace`).

    What is at or below a path in `ignored` (`a`, `a.b`, `a[*].b`) is no change, nor is the end of a property in
    `computed`: the service's value stays where the program gives none.
    """
    changes = tuple(
        Change(path, kind, replaces=not can_update or _at_or_below(path, replace_on))
        for path, kind in _walk("", visible(old), visible(new))
        if not _at_or_below(path, ignored) and not (kind == "delete" and path in computed)
    )
    named_by_program = name_property is not None and name_property not in new.get(DEFAULTS, ())
    keeps_name = named_by_program and old.get(name_property or "") == new.get(name_property or "")
    return Decision(changes, delete_before_replace=keeps_name and any(change.replaces for change in changes))


def _at_or_below(path: str, prefixes: Collection[str]) -> bool:
    steps = _steps(path)
    return any(
        len(wanted) <= len(steps) and all(one in ("*", step) for one, step in zip(wanted, steps, strict=False))
        for wanted in map(_steps, prefixes)
    )


def _steps(path: str) -> list[str]:
    """A property path as the engine writes it (`a.b[0]["x.y"]`, `a[*]`), taken apart."""
    return [quoted or index or name for quoted, index, name in re.findall(r'\["(.*?)"\]|\[(.+?)\]|([^.\[\]]+)', path)]


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    old, new = _comparable(old), _comparable(new)
    if type(old) is not type(new) or not isinstance(old, dict | list):
        if old != new or type(old) is not type(new):
            yield path, "update"
        return
    before, after = _members(path, old), _members(path, new)
    for below in {**before, **after}:
        if below in before and below in after:
            yield from _walk(below, before[below], after[below])
        else:
            yield below, "add" if below in after else "delete"


def _members(path: str, value: Any) -> Mapping[str, Any]:
    """What a map or a list holds, by its path."""
    if isinstance(value, list):
        return {f"{path}[{index}]": inner for index, inner in enumerate(cast("list[Any]", value))}
    members, dot = cast("dict[str, Any]", value), "." if path else ""
    plain = re.compile(r"[A-Za-z_$][\w$-]*")
    return {path + (f"{dot}{k}" if plain.fullmatch(k) else f'["{k}"]'): inner for k, inner in members.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, Secret):
        return _comparable(value.value)
    return value.digest() if isinstance(value, Asset | Archive) else value
