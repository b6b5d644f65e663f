"""The report as text for a terminal, from its Markdown: only what `markdown` writes is understood. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from agentcore_auth.authorizer.causes import harmless

_SPAN = re.compile(r"(?P<fence>`+)(?P<padding> ?)(?P<value>.*?)(?P=padding)(?P=fence)(?!`)")
_VALUE = "\ue000"
_CELLS = re.compile(r"(?<!\\)\|")


def plain(markdown: str, strong: Callable[[str], str] = str) -> str:
    """The same lines without markup; `strong` has the last word on what the report stresses.

    A table's row becomes a block: its first cell, then the others under their column's name.
    """
    return "".join(f"{line}\n" for line in _lines(markdown, strong)).lstrip("\n")


def _lines(markdown: str, strong: Callable[[str], str]) -> Iterator[str]:
    columns: list[str] | None = None
    for line in markdown.splitlines():
        if not line.startswith("|"):
            columns = None
            title = re.match(r"#+ ", line)
            text = _text(line[title.end() :] if title else line, strong)
            yield strong(text) if title else text
            continue
        cells = [cell.strip() for cell in _CELLS.split(line)[1:-1]]
        if columns is None:
            columns = cells
        elif set(line) - set("|-"):
            first, *others = (_text(cell, strong) for cell in cells)
            yield f"  {first}" if any(columns[1:]) else f"  {first}: {others[0]}"
            yield from (f"      {name}: {cell}" for name, cell in zip(columns[1:], others, strict=True) if name)


def _text(line: str, strong: Callable[[str], str]) -> str:
    # A private character stands for a value meanwhile, so that stars in it are no stress.
    values = [harmless(span["value"].replace("\\|", "|"), kept="") for span in _SPAN.finditer(line)]
    bare = _SPAN.sub(_VALUE, line.replace(_VALUE, " "))
    bare = re.sub(r"\*\*(.+?)\*\*", lambda found: strong(found[1]), bare)
    bare = re.sub(r"\*(.+?)\*", r"\1", bare)
    return re.sub(_VALUE, lambda _: values.pop(0), bare)
