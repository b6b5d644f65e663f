"""Which values differ between two resources' inputs, and how they are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentcore_auth.preview.document import Hidden
from agentcore_auth.preview.values import Difference, differences
from tests.unit.stored_previews import UNKNOWN

SIGNATURE = "4dabf18193072939515e22adb298388d"


def policy(*actions: str) -> dict[str, Any]:
    return {"policy": json.dumps({"Statement": [{"Sid": "A", "Action": list(actions)}, {"Sid": "B", "Action": "x"}]})}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str | None, str | None]]]] = {
    "a value": ({"a": "x", "b": 1}, {"a": "y", "b": 1}, [("a", "x", "y")]),
    "a new one": ({}, {"a": {"b": "x"}}, [("a", None, "b: x")]),
    "one that is gone": ({"a": True}, {}, [("a", "true", None)]),
    "one within another": ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, [("a.c", "2", "3")]),
    "a list, in no order": ({"a": ["y", "x"]}, {"a": ["z"]}, [("a", "x, y", "z")]),
    "a long list, of which only what differs is told": (
        {"a": ["x" * 100, "old"]},
        {"a": ["x" * 100, "new"]},
        [("a", "old", "new")],
    ),
    "an empty text": ({"a": ""}, {"a": "x"}, [("a", '""', "x")]),
    "an item by its name": (
        {"a": [{"name": "m", "v": 1}, {"name": "n", "v": 1}]},
        {"a": [{"name": "n", "v": 2}, {"name": "m", "v": 1}]},
        [("a[n].v", "1", "2")],
    ),
    "an item by its place": ({"a": [{"v": 1}]}, {"a": [{"v": 1}, {"v": 2}]}, [("a[1]", None, "v: 2")]),
    "a policy's statement": (
        policy("s:Get"),
        policy("s:Get", "s:Put"),
        [("policy.Statement[A].Action", "s:Get", "s:Get, s:Put")],
    ),
    "what is not known yet": ({"a": "x"}, {"a": UNKNOWN}, [("a", "x", "known at deployment")]),
    "what is hidden": (
        {"a": Hidden.SECRET},
        {"a": ["x", Hidden.AT_DEPLOYMENT]},
        [("a", "secret", "known at deployment, x")],
    ),
    "a file": (
        {"a": {SIGNATURE: "s", "hash": "1"}},
        {"a": {SIGNATURE: "s", "hash": "2"}},
        [("a", "a file", "another content")],
    ),
    "notes of the SDK": ({"__defaults": [1]}, {"__defaults": [2]}, []),
    "something long": ({"a": "x"}, {"a": "y" * 500}, [("a", "x", "y" * 119 + "…")]),
    "a text that only begins like JSON": ({"a": "{x"}, {"a": "{y"}, [("a", "{x", "{y")]),
}


@pytest.mark.parametrize(("before", "after", "told"), CASES.values(), ids=CASES.keys())
def test_what_differs_is_told_by_path_old_and_new(
    before: dict[str, Any], after: dict[str, Any], told: list[tuple[str, str | None, str | None]]
) -> None:
    assert differences(before, after) == tuple(Difference(*each) for each in told)
