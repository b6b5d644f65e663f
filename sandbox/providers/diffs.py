"""What changed between two sets of inputs, and whether the resource has to be replaced: decisions, nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from sandbox.providers.values import Archive, Asset, Secret

AUTO_NAMED = "__defaults"
"""The input that lists which others the program did not give, as the Terraform bridge of the real plugins writes it."""

Kind = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Change:
    """One changed property: its path (`a.b[0]["x.y"]`), what happened to it, and whether that replaces the resource."""

    path: str
    kind: Kind
    replaces: bool = False

    @property
    def top_level(self) -> str:
        """The property of the resource that the path starts with."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


@dataclass(frozen=True)
class Decision:
    """The answer to a Diff."""

    changes: tuple[Change, ...]
    delete_before_replace: bool = False

    @property
    def replaces(self) -> bool:
        """Whether any of the changes replaces the resource."""
        return any(change.replaces for change in self.changes)


def decide(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replace_on: Collection[str] = (),
    name_property: str | None = None,
    can_update: bool = True,
) -> Decision:
    """Compare old and new inputs.

    A change at or below a path in `replace_on` replaces the resource, and any change does where it cannot be updated. A
    resource that is replaced under the name that the program gave it has to be deleted first, since two of one name
    cannot be (the rule of the Terraform bridge, `nameRequiresDeleteBeforeReplace`).
    """
    changes = tuple(
        Change(path, kind, replaces=not can_update or _at_or_below(path, replace_on))
        for path, kind in _walk("", _visible(old), _visible(new))
    )
    named_by_program = name_property is not None and name_property not in new.get(AUTO_NAMED, ())
    keeps_name = named_by_program and old.get(name_property or "") == new.get(name_property or "")
    return Decision(changes, delete_before_replace=keeps_name and any(change.replaces for change in changes))


def _visible(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not name.startswith("__")}


def _at_or_below(path: str, prefixes: Collection[str]) -> bool:
    return any(path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")) for prefix in prefixes)


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    old, new = _comparable(old), _comparable(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        for name in sorted({*before, *after}):
            yield from _entry(_join(path, name), name in before, name in after, before.get(name), after.get(name))
    elif isinstance(old, list) and isinstance(new, list):
        first, second = cast("list[Any]", old), cast("list[Any]", new)
        for index in range(max(len(first), len(second))):
            in_first, in_second = index < len(first), index < len(second)
            values = (first[index] if in_first else None, second[index] if in_second else None)
            yield from _entry(f"{path}[{index}]", in_first, in_second, *values)
    elif old != new or type(old) is not type(new):
        yield path, "update"


def _entry(path: str, in_old: bool, in_new: bool, old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    if in_old and in_new:
        yield from _walk(path, old, new)
    else:
        yield path, "add" if in_new else "delete"


def _comparable(value: Any) -> Any:
    if isinstance(value, Secret):
        return _comparable(value.value)
    if isinstance(value, Asset | Archive):
        return value.digest()
    return value


def _join(path: str, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_$][\w$-]*", name):
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name
