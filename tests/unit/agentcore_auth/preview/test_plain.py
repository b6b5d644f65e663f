"""The report's Markdown as a terminal shows it."""

from __future__ import annotations

import pytest

from agentcore_auth.preview.markdown import code, render
from agentcore_auth.preview.plain import plain
from tests.unit.stored_previews import CHANGES, impact_of, stored

LINES: dict[str, tuple[str, str]] = {
    "a heading": ("## Stack `dev`", "Stack dev\n"),
    "a stress": ("- **gone**: `a`", "- gone: a\n"),
    "what is hidden": ("| `x` | *secret* |", ""),
    "stars in a value": ("`**a** *b*` is *secret*", "**a** *b* is secret\n"),
    "a bar and backticks in a value": (code("a|`b`"), "a|`b`\n"),
    "a command for the terminal in a value": (code("a\x1b[2Jb"), "a\\x1b[2Jb\n"),
    "a command for the log of a workflow in a value": (code("::add-mask::a"), ": :add-mask::a\n"),
}


@pytest.mark.parametrize(("markdown", "text"), LINES.values(), ids=LINES.keys())
def test_markup_goes_and_values_stay(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_a_row_becomes_a_block_with_its_columns_names() -> None:
    table = "| caller | verdict | before |\n|---|---|---|\n| `a\\|b` | **loses access** | none |\n"
    assert plain(table, str.upper) == "  a|b\n      verdict: LOSES ACCESS\n      before: none\n"


def test_a_table_with_one_unnamed_column_is_a_list() -> None:
    assert plain("| authorizer | |\n|---|---|\n| `allowedClients` | `a` |\n") == "  allowedClients: a\n"


@pytest.mark.parametrize("change", CHANGES)
def test_no_markup_is_left_of_any_report(change: str) -> None:
    text = plain(render(impact_of(stored(change))))
    assert not any(mark in text for mark in ("`", "**", "|--", "\n#"))
