"""The values that differ between a resource's inputs before and after a change, with their paths. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from agentcore_auth.preview.document import AT_DEPLOYMENT_MARKS, Hidden

_LONGEST = 120
# How Pulumi's protocol marks an asset or an archive (`sdk/go/common/resource/sig`): a hash says nothing to a reader.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_NONE = object()


@dataclass(frozen=True)
class Difference:
    """One value that differs: its path within the inputs, and its text before and after (None: it is not there)."""

    path: str
    before: str | None
    after: str | None


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Difference, ...]:
    """What differs between two resources' inputs, a line for each value; JSON in a text (a policy) is looked into."""
    return tuple(_differences("", before, after))


def _differences(path: str, before: object, after: object) -> Iterator[Difference]:
    old, new = _opened(before), _opened(after)
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        fields, others = cast("dict[str, object]", old), cast("dict[str, object]", new)
        if _SIGNATURE in fields and _SIGNATURE in others:
            yield Difference(path, "a file", "another content")
            return
        for name in dict.fromkeys([*fields, *others]):
            if not name.startswith("__"):  # the SDK's own notes
                inner = f"{path}.{name}" if path else name
                yield from _differences(inner, fields.get(name, _NONE), others.get(name, _NONE))
    elif isinstance(old, list) and isinstance(new, list) and _is_of_objects([*old, *new]):
        items, news = _by_name(cast("list[object]", old)), _by_name(cast("list[object]", new))
        for name in dict.fromkeys([*items, *news]):
            yield from _differences(f"{path}[{name}]", items.get(name, _NONE), news.get(name, _NONE))
    elif isinstance(old, list) and isinstance(new, list) and len(_whole(old) + _whole(new)) > _LONGEST:
        items, others = cast("list[object]", old), cast("list[object]", new)
        gone, added = ([each for each in one if each not in two] for one, two in ((items, others), (others, items)))
        yield Difference(path, _text(gone), _text(added))
    else:
        yield Difference(path, _text(before), _text(after))


def _opened(value: object) -> object:
    """A text that holds a JSON object, read; everything else as it is."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _is_of_objects(values: Sequence[object]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _by_name(values: Sequence[object]) -> dict[str, object]:
    """The items of a list under their names or statement ids where they have distinct ones, else under their places."""
    for key in ("name", "Sid", "scopeName"):
        names = [cast("Mapping[str, object]", value).get(key) for value in values]
        if len({str(name) for name in names}) == len(names) and all(isinstance(name, str) for name in names):
            return dict(zip(map(str, names), values, strict=True))
    return {str(place): value for place, value in enumerate(values)}


def _text(value: object) -> str | None:
    """A value as it is told, cut to a line; None where there is none."""
    if value is _NONE:
        return None
    text = _whole(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _whole(value: object) -> str:
    if isinstance(value, str):
        return Hidden.AT_DEPLOYMENT.value if value in AT_DEPLOYMENT_MARKS else value or '""'
    if isinstance(value, Hidden):
        return value.value
    if isinstance(value, list):
        # Sorted, because AWS keeps these lists as sets: their order says nothing.
        return ", ".join(sorted(map(_whole, cast("list[object]", value)))) or "[]"
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return ", ".join(f"{key}: {_whole(item)}" for key, item in fields.items() if not key.startswith("__")) or "{}"
    return json.dumps(value)
