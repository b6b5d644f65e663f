"""The report as a reviewer sees it, and the exit code as a workflow does."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentcore_auth.cli.main import main
from agentcore_auth.preview.markdown import code, render
from agentcore_auth.resource_types import GATEWAY, TARGET
from tests.unit.project import PROJECT
from tests.unit.stored_previews import CHANGES, UNKNOWN, created, impact_of, stored, with_authorizer, with_inputs

GUIDE = PROJECT / "docs" / "pull-requests.md"


def report(change: str) -> str:
    return render(impact_of(stored(change)))


def test_the_guide_shows_the_report_of_a_realistic_change() -> None:
    shown = re.search(r"````markdown\n(.*?)````", GUIDE.read_text(), re.DOTALL)
    assert shown
    assert shown.group(1) == report("realistic")


def test_a_change_that_concerns_nobody_is_told_in_a_line() -> None:
    assert report("unchanged") == "Stack `dev`: this change concerns no caller, and nothing allows more.\n"


def test_a_gateways_other_values_are_told_in_a_line() -> None:
    changed = with_inputs(stored(), GATEWAY, "demo-cognito", description="Orders | and stock")
    assert render(impact_of(changed)).splitlines()[2:] == [
        "No caller loses access, and nothing allows more.",
        "",
        "Gateway `demo-cognito`: `description` is `Orders \\| and stock`, was nothing",
        "",
        "Nothing changes for callers of `demo-auth0`, `demo-issuer`, `demo-okta`.",
    ]


def test_the_values_of_a_target_are_told_old_and_new() -> None:
    text = render(impact_of(with_inputs(stored(), TARGET, "demo-cognito-sample", description="New words")))
    assert "- targets changed: `sample` (tools `sample___…`)\n- `sample`: `description` is `New words`, was " in text


# Each row: the change, and what its report says.
SAID: list[tuple[str, str]] = [
    ("scope-renamed", "**1 caller needs a new token.**"),
    ("scope-renamed", "| `allowedScopes` | `demo/read`, `demo/write` | `demo/call` |"),
    ("scope-renamed", "refused: `scope` is `demo/read`, `demo/write`, wanted is `demo/call`"),
    ("scope-renamed", "accepted by `client_id`, `scope`, with `scope` `demo/call`"),
    ("dialect-changed", "refused: `azp` is missing"),
    ("audience-renamed", "refused: `aud` is `demo`, wanted is `https://demo.example/api`"),
    ("mode-tutorial", "**lets more callers in**: `allowedScopes` is no longer checked"),
    ("mode-tutorial", "`allowedClients` is no longer checked; every client comes in that has the rest"),
    ("mode-tutorial", "`bedrock-agentcore:*`, `iam:PassRole`, `s3:GetObject` on `*`"),
    ("existing-client", "`allowedClients` also accepts `7existing0client0id0000000`"),
    ("existing-client", "`7existing0client0id0000000`, not made by this stack"),
    ("provider-off", "**deleted**: its URL is gone, and with it every caller's access"),
    ("provider-off", "**1 caller loses access.**"),
    ("client-added", "` | *known at deployment*, `"),
    ("client-added", "(`client_id` is made by the deployment)"),
    ("client-renamed", "none: the client is deleted"),
    ("target-removed", "targets **gone**: `tables` (tools `tables___…`)"),
    ("role-widened", "`dynamodb:PutItem` on `arn:aws:dynamodb:us-west-2:123456789012:table/orders`"),
    ("role-widened", "**1 role, policy or gateway allows more than before.**"),
    ("issuer-lists", "known to the issuer only"),
    ("issuer-lists", "**lets other callers in**: `allowedAudience` accepts `api://other` instead"),
]


@pytest.mark.parametrize(("change", "sentence"), SAID)
def test_the_report_says_what_the_change_does(change: str, sentence: str) -> None:
    assert sentence in report(change)


def test_every_table_has_as_many_cells_in_each_row_as_in_its_head() -> None:
    for text in [*map(report, CHANGES), render(impact_of(created()))]:
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_no_secret_is_repeated_even_if_the_preview_shows_secrets() -> None:
    for change in CHANGES:
        text = json.dumps(stored(change)).replace("[secret]", "hunter2-the-client-secret")
        assert "hunter2" in text
        assert "hunter2" not in render(impact_of(json.loads(text)))


def test_a_value_of_the_pull_request_cannot_become_markup() -> None:
    evil = "x`|<img src=y>\n\n# Approved by @everyone"
    text = render(impact_of(with_authorizer(stored(), "demo-issuer", allowedClients=[evil], allowedAudiences=[evil])))
    assert "\n# Approved" not in text
    assert "``x`\\|<img src=y> # Approved by @everyone``" in text


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a|b", "`a\\|b`"),
        ("a\nb", "`a b`"),
        ("", "` `"),
    ],
)
def test_a_value_stays_in_its_code_span(value: str, span: str) -> None:
    assert code(value) == span


def test_what_is_hidden_is_no_value() -> None:
    text = render(
        impact_of(with_authorizer(stored(), "demo-issuer", allowedClients=["[secret]"], discoveryUrl=UNKNOWN))
    )
    assert "*secret*" in text
    assert "| *known at deployment* |" in text
    assert UNKNOWN not in text


# Each row: the change, and the gates that it does not pass.
GATES: list[tuple[str, list[str]]] = [
    ("unchanged", []),
    ("scope-renamed", ["lockout"]),
    ("dialect-changed", ["lockout"]),
    ("audience-renamed", ["lockout"]),
    ("provider-off", ["lockout"]),
    ("client-renamed", ["lockout"]),
    ("okta-second-client", ["lockout"]),
    ("issuer-lists", ["lockout", "widen"]),
    ("mode-tutorial", ["widen"]),
    ("role-widened", ["widen"]),
    ("existing-client", ["widen"]),
    ("client-added", []),
    ("target-removed", []),
    ("realistic", ["lockout", "widen"]),
]


def run(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    try:
        status = main(arguments)
    except SystemExit as stopped:
        status = int(str(stopped.code))
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(("change", "gates"), GATES)
def test_the_exit_code_says_whether_the_change_passes_the_gates(
    change: str, gates: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(stored(change)))
    status, out, err = run(["impact", str(file), "--fail-on", "lockout,replace,widen"], capsys)
    assert out == report(change)
    assert status == (1 if gates else 0)
    assert err == (f"--fail-on: the change does not pass {', '.join(gates)}\n" if gates else "")


def test_a_gate_that_was_not_asked_for_is_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(stored("scope-renamed")))
    assert run(["impact", str(file), "--fail-on", "replace,widen"], capsys)[0] == 0
    assert run(["impact", str(file)], capsys)[0] == 0


def test_a_preview_can_come_from_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(stored("scope-renamed"))))
    assert run(["impact", "-"], capsys) == (0, report("scope-renamed"), "")


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read: No such file"), (b"", "empty"), (b"\xff\xfe", "is no text in UTF-8"), (b"{", "cut off")],
)
def test_bad_input_is_told_in_one_line(
    content: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "preview.json"
    if content is not None:
        file.write_bytes(content)
    status, out, err = run(["impact", str(file)], capsys)
    assert (status, out) == (2, "")
    assert err.startswith(f"impact: {file}")
    assert says in err
    assert err.count("\n") == 1


def test_json_has_the_verdicts_and_whether_the_gates_are_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(stored("realistic")))
    status, out, err = run(["impact", str(file), "--json", "--fail-on", "lockout"], capsys)
    document = json.loads(out)
    assert (status, err) == (1, "--fail-on: the change does not pass lockout\n")
    assert document["passes"] is False
    assert document["gates"] == {"lockout": False, "replace": True, "widen": False, "unknown": True}
    assert {"gateway": "demo-cognito", "caller": "default"} in document["lockedOut"]
    cognito = next(each for each in document["gateways"] if each["name"] == "demo-cognito")
    assert cognito["authorizer"]["after"]["allowedScopes"] == ["demo/call"]
    assert cognito["callers"][0]["access"] == "needs a new token"
    added = next(each for each in document["gateways"] if each["name"] == "demo-auth0")["authorizer"]["after"]
    assert None in added["allowedClients"]  # its id is known at deployment


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("variable", "stressed"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_on_a_terminal_the_report_is_text(
    variable: dict[str, str], stressed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(stored("realistic")))
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    assert main(["impact", str(file)]) == 0
    shown = screen.getvalue()
    assert "`" not in shown
    assert ("\033[1mneeds a new token\033[0m" in shown) is stressed
    assert ("verdict: needs a new token\n" in shown) is not stressed


def test_an_unknown_gate_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(["impact", "preview.json", "--fail-on", "lockout,drift"], capsys)
    assert status == 2
    assert "'drift' is none of lockout, replace, widen, unknown" in err
