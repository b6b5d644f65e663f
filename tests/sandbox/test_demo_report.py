"""The demonstration's report: ok only if all is as it should be, and no wider than a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.demo_report import (
    NO_TOKEN,
    WIDTH,
    Admission,
    Mistake,
    Pass,
    Pinned,
    Report,
    Trial,
    mistake_text,
    pinned_text,
    title,
    tutorial_text,
)

MISTAKE = Mistake(
    authorizer={"discoveryUrl": "https://…", "allowedAudience": ["1a2b3c"]},
    claims={"client_id": "1a2b3c", "scope": "demo/read"},
    status=401,
    challenge='Bearer error="invalid_token", scope="demo/read"',
    check={
        "cause": "audience_absent",
        "findings": [{"message": "an audience is demanded of a token that has none"}],
        "remedy": "Leave allowedAudience out, and name the client in allowedClients. " * 2,
        "authorizer": {"discoveryUrl": "https://…", "allowedClients": ["1a2b3c"]},
    },
    repaired=200,
)
LET_IN = Admission(
    gateway="auth0",
    client="default",
    shape="auth0/rfc9068_profile_authz",
    authorizer={"discoveryUrl": "https://…", "allowedAudience": ["a"], "allowedClients": ["c"], "allowedScopes": ["s"]},
    matched=("aud", "client_id", "scope"),
    status=200,
    tools=("sample___echo", "sample___other"),
)
CALLED = Trial('sample___echo(message: "hello")', "auth0", "ok", "ok", '{"message": "hello"}' + "x" * 200)
KEPT_OUT = Trial("an expired token", "auth0", "401", "401")
NO_LONGER_CHECKED = Trial("a token without the scope", "auth0", "200", "200")
TUTORIAL = Pass(("auth0",), 2, (replace(LET_IN, matched=("aud",)),), (KEPT_OUT, NO_LONGER_CHECKED))
SIGNED = Trial("a signature of a user with the caller policy", "iam", "200", "200")
COUNTED = Trial("token", "auth0", "6", "6")
PINNED = Pinned(("auth0",), 3, (LET_IN,), (KEPT_OUT,), calls=(CALLED,), signed=(SIGNED,), counted=(COUNTED,))
REPORT = Report(MISTAKE, PINNED, TUTORIAL, seconds=7.0)

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
    return mistake_text(3, report.mistake) + pinned_text(report.pinned) + tutorial_text(report)


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
    "calls",
    [
        (),
        (replace(CALLED, answered="failed"),),
        (CALLED, replace(CALLED, asked="orders___get_order()")),
        (replace(CALLED, asked="orders___get_order()"),),
    ],
)
def test_is_not_ok_unless_a_tool_of_every_target_answers(calls: tuple[Trial, ...]) -> None:
    assert REPORT.ok
    assert not replace(REPORT, pinned=replace(PINNED, calls=calls)).ok


@pytest.mark.parametrize(
    "found",
    [{"status": 200}, {"repaired": 401}, {"check": {**MISTAKE.check, "cause": "client_differs"}}],
)
def test_is_not_ok_unless_the_mistake_is_refused_explained_and_repaired(found: dict[str, Any]) -> None:
    assert not replace(REPORT, mistake=replace(MISTAKE, **found)).ok


@pytest.mark.parametrize(
    "found",
    [
        {"signed": (replace(SIGNED, answered="403"),)},
        {"counted": (replace(COUNTED, answered="5"),)},
        {"signed": ()},
        {"counted": ()},
    ],
)
def test_is_not_ok_unless_who_signs_is_let_in_and_refusals_are_counted(found: dict[str, Any]) -> None:
    assert not replace(REPORT, pinned=replace(PINNED, **found)).ok


def test_shows_the_mistake_with_its_cause_and_remedy_in_the_first_screen() -> None:
    screen = f"{title(deployer='the pulumi CLI')}{mistake_text(3, MISTAKE)}".splitlines()
    assert len(screen) <= 24
    assert '  gateway   allowedAudience ["1a2b3c"]' in screen
    assert '  answer    401 Bearer error="invalid_token"' in screen
    assert "  cause     an audience is demanded of a token that has none" in screen
    assert '  repaired  allowedClients ["1a2b3c"]: 200' in screen


def test_marks_the_answer_that_is_wrong() -> None:
    wrong = replace(PINNED, trials=(replace(KEPT_OUT, answered="200"),))
    assert "an expired token  200 (!)" in pinned_text(wrong)


def test_says_why_a_tool_failed() -> None:
    shown = pinned_text(replace(PINNED, calls=(replace(CALLED, answered="failed", words="no such article"),)))
    assert '  sample___echo(message: "hello") at auth0: no such article' in shown


def test_says_what_the_tutorial_no_longer_checks() -> None:
    assert "  no longer checked: a token without the scope comes in at auth0\n" in tutorial_text(REPORT)
    assert "an expired token comes in" not in tutorial_text(REPORT)


def test_fits_into_a_terminal() -> None:
    lines = [*title(deployer="the pulumi CLI").splitlines(), *text(REPORT).splitlines()]
    assert max(len(line) for line in lines) <= WIDTH


def test_has_everything_for_programs() -> None:
    document = REPORT.document()
    pinned, tutorial = document["pinned"], document["tutorial"]
    assert (document["seconds"], pinned["created"], tutorial["created"]) == (7.0, 3, 2)
    assert (document["mistake"]["status"], document["mistake"]["repaired"]) == (401, 200)
    assert [passed["admissions"][0]["matched"] for passed in (pinned, tutorial)] == [
        ("aud", "client_id", "scope"),
        ("aud",),
    ]
    assert [each["answered"] for each in tutorial["trials"]] == ["401", "200"]
    expired = {"asked": "an expired token", "gateway": "auth0", "expected": "401", "answered": "401", "words": ""}
    assert pinned["trials"] == (expired,)
