"""What a provider server says about two sets of inputs: the changed paths, and whether the resource is replaced."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto.provider_pb2 import DiffResponse, PropertyDiff

from sandbox.providers.diffs import decide
from sandbox.providers.values import UNKNOWN, Archive, Asset, Secret

NAMED_BY_PULUMI = {"__defaults": ["name"]}


def kinds(answer: DiffResponse) -> dict[str, str]:
    """What happened to each path."""
    return {path: PropertyDiff.Kind.Name(each.kind).lower() for path, each in answer.detailedDiff.items()}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("a", "update")]),
        ({"a": True}, {"a": 1}, [("a", "update")]),
        ({}, {"a": None}, [("a", "add")]),
        ({"a": "x"}, {}, [("a", "delete")]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [("a.b[1]", "update")]),
        ({"a": [1]}, {"a": [1, 2]}, [("a[1]", "add")]),
        ({"a": [1, 2]}, {"a": [1]}, [("a[1]", "delete")]),
        ({"tags": {"a.b": "1"}}, {"tags": {"a.b": "2"}}, [('tags["a.b"]', "update")]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a", "update")]),
        ({"a": Secret("x")}, {"a": "x"}, []),
        ({"a": Secret("x")}, {"a": Secret("y")}, [("a", "update")]),
        ({"a": "known"}, {"a": UNKNOWN}, [("a", "update")]),
        ({"__defaults": []}, {"__defaults": ["a"]}, []),
        ({"code": Asset(text="x")}, {"code": Asset(text="x")}, []),
        ({"code": Asset(text="x")}, {"code": Asset(text="y")}, [("code", "update")]),
        ({"code": Asset(hash="1", path="gone")}, {"code": Asset(hash="1", path="moved")}, []),
        (
            {"code": Archive({"f": Asset(text="x")})},
            {"code": Archive({"g": Asset(text="x")})},
            [("code", "update")],
        ),
    ],
)
def test_changes_are_told_by_path(old: dict[str, Any], new: dict[str, Any], changes: list[tuple[str, str]]) -> None:
    assert list(kinds(decide(old, new)).items()) == changes


@pytest.mark.parametrize(
    ("path", "prefixes", "replaces"),
    [
        ("name", {"name"}, True),
        ("name", {"nam"}, False),
        ("settings.mode", {"settings"}, True),
        ("settings.mode", {"settings.mode"}, True),
        ("settings.mode", {"settings.mod"}, False),
        ("settings.mode", set[str](), False),
    ],
)
def test_a_change_at_or_below_such_a_path_replaces(path: str, prefixes: set[str], replaces: bool) -> None:
    outer, _, inner = path.partition(".")
    old, new = ({outer: {inner: value}} if inner else {outer: value} for value in ("x", "y"))

    assert kinds(decide(old, new, replace_on=prefixes)) == {path: "update_replace" if replaces else "update"}


def test_what_cannot_be_updated_is_replaced_by_any_change() -> None:
    assert decide({"a": 1}, {"a": 2}, can_update=False).replaces == ["a"]


@pytest.mark.parametrize(
    ("old", "new", "deleted_first"),
    [
        ({"name": "n", "kind": "a"}, {"name": "n", "kind": "b"}, True),
        ({"name": "n", "kind": "a"}, {"name": "m", "kind": "a"}, False),
        ({"name": "n", "kind": "a"}, {"name": "m", "kind": "b"}, False),
        ({"name": "n-1", "kind": "a"} | NAMED_BY_PULUMI, {"name": "n-1", "kind": "b"} | NAMED_BY_PULUMI, False),
        ({"name": "n", "other": 1}, {"name": "n", "other": 2}, False),
    ],
)
def test_a_name_of_the_programs_own_is_freed_before_the_replacement_takes_it(
    old: dict[str, Any], new: dict[str, Any], deleted_first: bool
) -> None:
    decision = decide(old, new, replace_on={"name", "kind"}, name_property="name")

    assert decision.deleteBeforeReplace is deleted_first


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ([], ["list[0].port", "list[1].port", 'tags["a.b"]', "tags.c"]),
        (["tags"], ["list[0].port", "list[1].port"]),
        (["tag"], ["list[0].port", "list[1].port", 'tags["a.b"]', "tags.c"]),
        (['tags["a.b"]'], ["list[0].port", "list[1].port", "tags.c"]),
        (['tags["c"]', "list[1].port"], ["list[0].port", 'tags["a.b"]']),
        (["list[*].port", "tags.*"], []),
        (["*"], []),
    ],
)
def test_what_the_program_ignores_is_no_change(ignored: list[str], left: list[str]) -> None:
    old, new = (
        {"list": [{"port": value}, {"port": value}], "tags": {"a.b": value, "c": value}} for value in ("old", "new")
    )

    assert sorted(kinds(decide(old, new, ignored=ignored))) == sorted(left)


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"lifetime": 600}, {}, []),
        ({"lifetime": 600}, {"lifetime": 60}, ["update_replace"]),
        ({}, {"lifetime": 60}, ["add_replace"]),
        ({"lifetime": 600, "note": "x"}, {}, ["delete"]),
        ({"block": {"lifetime": 600}}, {"block": {}}, ["delete"]),
    ],
)
def test_a_computed_property_that_leaves_the_program_stays_as_it_is(
    old: dict[str, Any], new: dict[str, Any], changes: list[str]
) -> None:
    decision = decide(old, new, computed={"lifetime"}, replace_on={"lifetime"})

    assert list(kinds(decision).values()) == changes
