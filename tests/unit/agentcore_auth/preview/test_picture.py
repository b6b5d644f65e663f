"""The chart in the comment on a pull request: its lines, and that no value gets out of its place."""

from __future__ import annotations

import re

import pytest

from agentcore_auth.preview.markdown import render
from agentcore_auth.preview.picture import MOST_CALLERS, picture
from tests.unit.stored_previews import CHANGES, impact_of, stored, with_authorizer

NODE = r'\w+(\[\[|\(\[|\[\()"([A-Za-z0-9 _.-]|#\d+;|<br>)+"(\]\]|\]\)|\)\])(:::(gone|warned|added))?'
ARROW = r"\w+ (-->|--x|-\.->)(\|[a-z ]+\|)? \w+"
LINE = re.compile(rf"flowchart LR|{NODE}|{ARROW}|classDef \w+ [\w:#,-]+")

# Each row: the change, and a line of its picture.
DRAWN: list[tuple[str, str]] = [
    ("realistic", 'g1[["demo-cognito"]]'),
    ("realistic", "g1c0 -.->|needs a new token| g1"),
    ("realistic", "g3c0 --x|loses access| g3"),
    ("realistic", 'g3[["demo-okta<br>deleted"]]:::gone'),
    ("realistic", 'g0t0[("sample<br>gone")]:::gone'),
    ("realistic", 'g0c1(["batch"]):::added'),
]


@pytest.mark.parametrize(("change", "line"), DRAWN)
def test_the_picture_shows_who_comes_in_and_what_changes(change: str, line: str) -> None:
    assert line in picture(impact_of(stored(change))).splitlines()


@pytest.mark.parametrize("change", CHANGES)
def test_every_line_has_a_form_that_mermaid_takes(change: str) -> None:
    assert all(LINE.fullmatch(line) for line in picture(impact_of(stored(change))).splitlines())


def test_a_value_cannot_leave_its_node() -> None:
    evil = 'x"]; click g0 "javascript:alert(1)"\n```\n<img src=y>#quot;'
    drawn = picture(impact_of(with_authorizer(stored(), "demo-issuer", allowedClients=[evil])))
    assert all(LINE.fullmatch(line) for line in drawn.splitlines())
    assert "x#34;#93;#59; click g0 #34;javascript#58;" in drawn


def test_nothing_is_drawn_of_what_nobody_notices_or_could_read() -> None:
    assert picture(impact_of(stored())) == ""
    many = [f"client{number}" for number in range(MOST_CALLERS + 1)]
    assert picture(impact_of(with_authorizer(stored(), "demo-issuer", allowedClients=many))) == ""


def test_the_report_has_the_picture_only_where_it_is_asked_for() -> None:
    found = impact_of(stored("realistic"))
    assert f"\n```mermaid\n{picture(found)}\n```\n" in render(found, with_picture=True)
    assert "mermaid" not in render(found)
