"""The demonstration's report: ok only if all is as it should be, and no wider than a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.demo import example_arguments
from sandbox.demo_report import NO_TOKEN, WIDTH, Admission, Pass, Report, Trial, Use, pinned_text, title, tutorial_text

LET_IN = Admission(
    gateway="auth0",
    client="default",
    shape="auth0/rfc9068_profile_authz",
    authorizer={"discoveryUrl": "https://…", "allowedAudience": ["a"], "allowedClients": ["c"], "allowedScopes": ["s"]},
    matched=("aud", "client_id", "scope"),
    status=200,
    tools=("sample___echo", "sample___other"),
)
USED = Use("auth0", "sample___echo", {"message": "hello"}, '{"message": "hello"}' + "x" * 200, failed=False)
KEPT_OUT = Trial("an expired token", "auth0", "401", "401")
NO_LONGER_CHECKED = Trial("a token without the scope", "auth0", "200", "200")
PINNED = Pass(("auth0",), {"create": 3}, (LET_IN,), (KEPT_OUT,))
TUTORIAL = Pass(("auth0",), {"update": 2}, (replace(LET_IN, matched=("aud",)),), (KEPT_OUT, NO_LONGER_CHECKED))
REPORT = Report(PINNED, TUTORIAL, (USED,), created=3, seconds=7.04)

# Each row: what is found in a pass, and whether it is as it should be.
PASSES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"gateways": ("auth0", "okta")}, False),
    ({"admissions": (replace(LET_IN, status=401),)}, False),
    ({"admissions": (replace(LET_IN, tools=()),)}, False),
    ({"admissions": ()}, False),
    ({"trials": (KEPT_OUT, replace(KEPT_OUT, answered="200"))}, False),
    ({"trials": (KEPT_OUT, replace(NO_LONGER_CHECKED, answered="403"))}, False),
    ({"trials": (Trial("a wrong client secret", "auth0", NO_TOKEN, "a token"),)}, False),
    ({"trials": ()}, False),
]


def text(report: Report) -> str:
    return pinned_text(report.pinned, report.uses) + tutorial_text(report)


@pytest.mark.parametrize("mode", ["pinned", "tutorial"])
@pytest.mark.parametrize(("found", "ok"), PASSES)
def test_is_ok_only_if_both_modes_let_in_and_keep_out_as_they_should(
    mode: str, found: dict[str, Any], ok: bool
) -> None:
    report = replace(REPORT, **{mode: replace(getattr(REPORT, mode), **found)})
    assert report.ok is ok
    assert report.document()["ok"] is ok
    assert ("All as it should be" in text(report)) is ok


@pytest.mark.parametrize(
    "found",
    [
        {"uses": ()},
        {"uses": (USED, replace(USED, failed=True))},
        {"tutorial": replace(TUTORIAL, changes={})},
    ],
)
def test_is_not_ok_if_a_tool_fails_or_the_update_changes_nothing(found: dict[str, Any]) -> None:
    assert not replace(REPORT, **found).ok


def test_marks_the_answer_that_is_wrong() -> None:
    wrong = replace(PINNED, trials=(replace(KEPT_OUT, answered="200"),))
    assert "an expired token  200 (!)" in pinned_text(wrong, REPORT.uses)


def test_says_why_a_tool_failed() -> None:
    shown = pinned_text(PINNED, (replace(USED, answer="no such article", failed=True),))
    assert "  sample___echo at auth0: no such article" in shown


def test_says_what_the_tutorial_no_longer_checks() -> None:
    assert "  no longer checked: a token without the scope comes in at auth0\n" in tutorial_text(REPORT)
    assert "an expired token comes in" not in tutorial_text(REPORT)


def test_fits_into_a_terminal() -> None:
    lines = [*title("pulumi").splitlines(), *text(REPORT).splitlines()]
    assert max(len(line) for line in lines) <= WIDTH


def test_has_everything_for_programs() -> None:
    document = REPORT.document()
    assert (document["seconds"], document["created"]) == (7.0, 3)
    assert document["gateways"][0]["matched"] == ("aud", "client_id", "scope")
    expired = {"asked": "an expired token", "gateway": "auth0", "expected": "401", "answered": "401", "ok": True}
    assert document["refusals"] == [expired]
    assert document["tutorial"]["changes"] == {"update": 2}
    assert document["tutorial"]["gateways"][0]["matched"] == ("aud",)
    assert [each["answered"] for each in document["tutorial"]["trials"]] == ["401", "200"]


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ({"type": "object"}, {}),
        ({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]}, {"a": "hello"}),
        ({"properties": {"n": {"type": "integer"}, "on": {"type": "boolean"}}}, {"n": 1, "on": True}),
        ({"properties": {"sku": {"type": "string"}}}, {"sku": "pen"}),
        ({"properties": {"kind": {"type": "string", "enum": ["small", "large"]}}}, {"kind": "small"}),
        (
            {"properties": {"all": {"type": "array", "items": {"type": "object", "properties": {"x": {}}}}}},
            {"all": [{"x": "hello"}]},
        ),
    ],
)
def test_finds_arguments_that_satisfy_a_schema(schema: dict[str, object], arguments: dict[str, object]) -> None:
    assert example_arguments(schema) == arguments
