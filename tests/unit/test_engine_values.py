"""Property values on the wire and in the engine."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2

from sandbox.engine.values import (
    UNKNOWN,
    UNKNOWN_MARK,
    Secret,
    Unknown,
    bare,
    from_struct,
    has,
    mark_secrets,
    output_dependencies,
    redact,
    to_struct,
)

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("text", "text"),
        (1.0, 1),
        (1.5, 1.5),
        (True, True),
        (None, None),
        ([1, {"a": "b"}], [1, {"a": "b"}]),
        (UNKNOWN_MARK, UNKNOWN),
        ("dd056dcd-154b-4c76-9bd3-c8f88648b5ff", UNKNOWN),
        ({_SIGNATURE: _SECRET, "value": ["x"]}, Secret(["x"])),
        ({_SIGNATURE: _OUTPUT, "value": "x", "dependencies": ["urn"]}, "x"),
        ({_SIGNATURE: _OUTPUT, "value": "x", "secret": True}, Secret("x")),
        ({_SIGNATURE: _OUTPUT, "dependencies": ["urn"]}, UNKNOWN),
    ],
)
def test_values_come_off_the_wire(wire: Any, value: Any) -> None:
    assert from_struct(_struct({"key": wire})) == {"key": value}


@pytest.mark.parametrize("value", ["text", 2, 0.5, False, None, [], {"a": [Secret({"b": 1})]}, UNKNOWN])
def test_values_go_back_as_they_came(value: Any) -> None:
    assert from_struct(to_struct({"key": value})) == {"key": value}


def test_a_peer_that_takes_no_secrets_and_references_gets_what_they_hold() -> None:
    reference = {_SIGNATURE: _REFERENCE, "urn": "urn:x", "id": "some-id"}
    sent = to_struct({"a": Secret([Secret("x")]), "b": reference}, secrets=False, references=False)
    assert from_struct(sent) == {"a": ["x"], "b": "some-id"}


def test_the_resources_that_a_value_comes_from_are_found_at_any_depth() -> None:
    inner = {_SIGNATURE: _OUTPUT, "value": "x", "dependencies": ["one"]}
    outer = {_SIGNATURE: _OUTPUT, "value": [inner], "dependencies": ["two", "three"]}
    struct = _struct({"key": {"list": [outer]}})
    assert output_dependencies(struct.fields["key"]) == {"one", "two", "three"}


def test_what_is_shown_has_no_secrets() -> None:
    value = {"a": [Secret({"b": "x"}), UNKNOWN], "c": 1}
    assert redact(value) == {"a": ["[secret]", UNKNOWN_MARK], "c": 1}
    assert bare(value) == {"a": [{"b": "x"}, UNKNOWN_MARK], "c": 1}
    assert repr(value) == "{'a': [[secret], [unknown]], 'c': 1}"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Secret, {"a": [Secret(1)]}, True),
        (Secret, {"a": [1, UNKNOWN]}, False),
        (Unknown, {"a": Secret([UNKNOWN])}, True),
        (Unknown, Secret("x"), False),
    ],
)
def test_secrets_and_unknowns_are_found(kind: type[Secret | Unknown], value: Any, expected: bool) -> None:
    assert has(kind, value) is expected


def test_secret_marks_are_kept_for_providers_that_cannot_carry_them() -> None:
    marked = mark_secrets(
        {"plain": 1, "whole": "x", "inner": {"a": 1, "b": 2}, "list": ["x"], "new": 3},
        {"plain": 1, "whole": Secret("x"), "inner": {"a": Secret(1), "b": 2}, "list": [Secret("x")], "gone": Secret(0)},
    )
    assert marked == {
        "plain": 1,
        "whole": Secret("x"),
        "inner": {"a": Secret(1), "b": 2},
        "list": Secret(["x"]),
        "new": 3,
    }
