"""The demonstration's report: ok only if all is as it should be, and no wider than a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.demo import example_arguments
from sandbox.demo_report import NO_TOKEN, WIDTH, Admission, Refusal, Report, Use, text, title

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
KEPT_OUT = Refusal("an expired token", "auth0", "401", "401")
REPORT = Report(("auth0",), (LET_IN,), (USED,), (KEPT_OUT,), created=3, seconds=7.04)


@pytest.mark.parametrize(
    ("report", "ok"),
    [
        (REPORT, True),
        (replace(REPORT, gateways=("auth0", "okta")), False),
        (replace(REPORT, admissions=(replace(LET_IN, status=401),)), False),
        (replace(REPORT, admissions=(replace(LET_IN, tools=()),)), False),
        (replace(REPORT, uses=()), False),
        (replace(REPORT, uses=(USED, replace(USED, failed=True))), False),
        (replace(REPORT, refusals=(KEPT_OUT, replace(KEPT_OUT, answered="200"))), False),
        (replace(REPORT, refusals=(Refusal("a wrong client secret", "auth0", NO_TOKEN, "a token"),)), False),
    ],
)
def test_is_ok_only_if_all_is_as_it_should_be(report: Report, ok: bool) -> None:  # a case of the table
    assert report.ok is ok
    assert report.document()["ok"] is ok
    assert ("All as it should be" in text(report)) is ok


def test_marks_the_answer_that_is_wrong() -> None:
    shown = text(replace(REPORT, refusals=(replace(KEPT_OUT, answered="200"),)))
    assert "an expired token  200 (!)" in shown


def test_says_why_a_tool_failed() -> None:
    shown = text(replace(REPORT, uses=(replace(USED, answer="no such article", failed=True),)))
    assert "  sample___echo at auth0: no such article" in shown


def test_fits_into_a_terminal() -> None:
    lines = [*title("pulumi").splitlines(), *text(REPORT).splitlines()]
    assert max(len(line) for line in lines) <= WIDTH


def test_has_everything_for_programs() -> None:
    document = REPORT.document()
    assert (document["seconds"], document["created"]) == (7.0, 3)
    assert document["gateways"][0]["matched"] == ("aud", "client_id", "scope")
    assert document["refusals"] == [
        {"asked": "an expired token", "gateway": "auth0", "expected": "401", "answered": "401", "ok": True}
    ]


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
