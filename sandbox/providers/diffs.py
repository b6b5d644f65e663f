"""What changed between two sets of inputs, and whether the resource has to be replaced."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from pulumi.runtime.proto import provider_pb2 as rpc

from sandbox.providers.values import DEFAULTS, Archive, Asset, Secret, visible


def decide(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replace_on: Collection[str] = (),
    name_property: str | None = None,
    can_update: bool = True,
    ignored: Collection[str] = (),
    computed: Collection[str] = (),
) -> rpc.DiffResponse:
    """Compare old and new inputs; changes are told by their paths (`a.b[0]["x.y"]`).

    A change at or below a path in `replace_on` replaces the resource, and any change does where it cannot be updated. A
    resource that is replaced under the name that the program gave it has to be deleted first, since two of one name
    cannot be (the rule of the Terraform bridge, `nameRequiresDeleteBeforeReplace`).

    What is at or below a path in `ignored` (`a`, `a.b`, `a[*].b`) is no change, nor is the end of a property in
    `computed`: the service's value stays where the program gives none.
    """
    changes = {
        path: kind
        for path, kind in _walk("", visible(old), visible(new))
        if not _at_or_below(path, ignored) and not (kind == "DELETE" and path in computed)
    }
    replaces = sorted(path for path in changes if not can_update or _at_or_below(path, replace_on))
    detailed = {path: f"{kind}_REPLACE" if path in replaces else kind for path, kind in changes.items()}
    named_by_program = name_property is not None and name_property not in new.get(DEFAULTS, ())
    keeps_name = named_by_program and old.get(name_property or "") == new.get(name_property or "")
    return rpc.DiffResponse(
        changes=rpc.DiffResponse.DIFF_SOME if changes else rpc.DiffResponse.DIFF_NONE,
        diffs=sorted({_steps(path)[0] for path in changes}),
        replaces=replaces,
        detailedDiff={
            path: rpc.PropertyDiff(kind=rpc.PropertyDiff.Kind.Value(kind)) for path, kind in detailed.items()
        },
        hasDetailedDiff=True,
        deleteBeforeReplace=keeps_name and bool(replaces),
    )


def _at_or_below(path: str, prefixes: Collection[str]) -> bool:
    steps = _steps(path)
    return any(
        len(wanted) <= len(steps) and all(one in ("*", step) for one, step in zip(wanted, steps, strict=False))
        for wanted in map(_steps, prefixes)
    )


def _steps(path: str) -> list[str]:
    """A property path as the engine writes it (`a.b[0]["x.y"]`, `a[*]`), taken apart."""
    return [quoted or index or name for quoted, index, name in re.findall(r'\["(.*?)"\]|\[(.+?)\]|([^.\[\]]+)', path)]


def _walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    old, new = _comparable(old), _comparable(new)
    if type(old) is not type(new) or not isinstance(old, dict | list):
        if old != new or type(old) is not type(new):
            yield path, "UPDATE"
        return
    before, after = _members(path, old), _members(path, new)
    for below in {**before, **after}:
        if below in before and below in after:
            yield from _walk(below, before[below], after[below])
        else:
            yield below, "ADD" if below in after else "DELETE"


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
    return value.hash or value if isinstance(value, Asset | Archive) else value
