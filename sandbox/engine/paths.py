"""Property paths (`tags.Name`, `rules[0].port`, `*`), as `ignoreChanges` uses them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.engine.values import Properties

_PART = re.compile(r'\[(\d+|\*)\]|\["([^"]*)"\]|([^.\[\]]+)')


def parse(path: str) -> list[str | int]:
    """The keys and indexes of a path."""
    return [int(index) if index.isdigit() else index or quoted or key for index, quoted, key in _PART.findall(path)]


def restore(news: Properties, olds: Properties, paths: Iterable[str]) -> Properties:
    """New inputs with what stands under some paths taken from the old ones."""
    result: Any = news
    for path in paths:
        result = _restore(result, olds, parse(path))
    return result


_ABSENT = object()


def _restore(new: Any, old: Any, path: list[str | int]) -> Any:
    if not path:
        return old
    head, *rest = path
    match new, old:
        case dict(), dict():
            result = dict(new)
            for key in (new.keys() | old.keys()) if head == "*" else [head]:
                value = _restore(new.get(key, _ABSENT), old.get(key, _ABSENT), rest)
                if value is _ABSENT:
                    result.pop(key, None)
                else:
                    result[key] = value
            return result
        case list(), list() if len(new) == len(old):
            return [
                _restore(each, old[index], rest) if head in {"*", index} else each for index, each in enumerate(new)
            ]
        case _:
            return new
