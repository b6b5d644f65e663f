"""`.env` files, which a shell and python-dotenv read as they were meant."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcore_auth.tokens.env_file import EnvFileError, parse, read_credentials, render

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
# What has a quote or a backslash beside what a shell expands has no form that both a shell and python-dotenv take.
WRITABLE = PRINTABLE.filter(lambda value: not re.search(r"['\\]", value) or not re.search("[$`]", value))


@given(WRITABLE)
def test_a_value_is_read_as_it_was_written(value: str) -> None:
    assert parse(render({"NAME": value})) == {"NAME": value}


@given(WRITABLE)
def test_python_dotenv_reads_the_same_value(value: str) -> None:
    text = io.StringIO(render({"BEFORE": value, "NAME": value, "AFTER": ""}))
    read = dotenv_values(stream=text, interpolate=False)
    assert read == {"BEFORE": value, "NAME": value, "AFTER": ""}


@settings(max_examples=25)
@given(values=st.lists(WRITABLE, min_size=1, max_size=8))
def test_a_shell_reads_the_same_values(tmp_path: Path, values: list[str]) -> None:
    names = [f"N{number}" for number in range(len(values))]
    file = tmp_path / "values.env"
    file.write_text(render(dict(zip(names, values, strict=True))))
    script = f". {file}; " + "; ".join(f'printf "%s\\n" "${name}"' for name in names)
    printed = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=600).stdout
    assert printed == "".join(f"{value}\n" for value in values)


@pytest.mark.parametrize("value", ["it's $5", "`\\\\`", "$\\"])
def test_a_value_that_no_env_file_can_hold_is_refused(value: str) -> None:
    with pytest.raises(EnvFileError, match="NAME"):
        render({"NAME": value})


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "\x1b[31m"])
def test_a_value_with_a_control_character_is_refused(value: str) -> None:
    with pytest.raises(EnvFileError, match="NAME"):
        render({"NAME": value})


def test_a_hand_written_file_is_read() -> None:
    text = '# comment\n\nexport A=b # why\nC = "d \\" e"\nF=\'g # h\'\nI=\n'
    assert parse(text) == {"A": "b", "C": 'd " e', "F": "g # h", "I": ""}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("no equals sign", "is not NAME=value"),
        ("1A=b", "is not NAME=value"),
        ("A", "is not NAME=value"),
        ("A='open", "has an opening quote without a closing one"),
        ('A="open', "has an opening quote without a closing one"),
    ],
)
def test_a_broken_line_is_named(line: str, problem: str) -> None:
    with pytest.raises(EnvFileError, match=f"^line 3 {problem}$"):
        parse(f"A=b\n\n{line}\n")


ENDPOINTS = [
    ("https://p.auth.us-west-2.amazoncognito.com", "https://p.auth.us-west-2.amazoncognito.com/oauth2/token"),
    ("https://dev-tenant.us.auth0.com/", "https://dev-tenant.us.auth0.com/oauth/token"),
    ("dev-org.okta.com", "https://dev-org.okta.com/oauth2/default/v1/token"),
    ("https://dev-org.okta.com/oauth2/aus1", "https://dev-org.okta.com/oauth2/aus1/v1/token"),
]


@pytest.mark.parametrize(("domain", "endpoint"), ENDPOINTS)
def test_the_tutorials_three_names_are_enough(tmp_path: Path, domain: str, endpoint: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"COGNITO_DOMAIN={domain}\nCOGNITO_CLIENT_ID=a\nCOGNITO_CLIENT_SECRET=b\n")
    assert read_credentials(file, {}).token_endpoint == endpoint


def test_the_environment_has_precedence_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TOKEN_ENDPOINT=https://x/token\nCOGNITO_CLIENT_ID=a\nCOGNITO_CLIENT_SECRET=b\nSCOPE='c d'\n")
    exported = {"COGNITO_CLIENT_SECRET": "other", "TOKEN_ENDPOINT": "https://y/token", "PATH": "/bin"}
    found = read_credentials(file, exported)
    assert (found.client_secret, found.token_endpoint) == ("other", "https://y/token")
    assert (found.client_id, found.scope, found.audience) == ("a", "c d", None)
    assert read_credentials(file, {"SCOPE": "e", "COGNITO_CLIENT_ID": "f"}).scope == "e"


OURS, OTHER = {"TOKEN_ENDPOINT": "https://x/token"}, {"TOKEN_ENDPOINT": "https://evil/token"}
SECRET, COGNITO_DOMAIN = {"COGNITO_CLIENT_SECRET": "s"}, {"COGNITO_DOMAIN": "p.auth.us-west-2.amazoncognito.com"}
# Each row: what the file says, what is exported, and where the secret goes, if anywhere.
SOURCES: list[tuple[dict[str, str], dict[str, str], str | None]] = [
    ({**OURS, **SECRET}, {}, "https://x/token"),
    ({}, {**OURS, **SECRET}, "https://x/token"),
    (OTHER, SECRET, None),
    ({**OTHER, "COGNITO_CLIENT_SECRET": "another"}, SECRET, None),
    ({**OURS, **SECRET}, OTHER, None),
    ({**OURS, **SECRET}, COGNITO_DOMAIN, None),
    (OTHER, {**OURS, **SECRET}, "https://x/token"),
    (OTHER, {**COGNITO_DOMAIN, **SECRET}, "https://p.auth.us-west-2.amazoncognito.com/oauth2/token"),
    ({**OURS, **SECRET}, SECRET, "https://x/token"),  # exported too, as direnv does with the file
    ({**OURS, **SECRET}, OURS, "https://x/token"),
]


@pytest.mark.parametrize(("file", "exported", "goes_to"), SOURCES)
def test_a_secret_goes_only_to_the_endpoint_that_is_named_beside_it(
    tmp_path: Path, file: dict[str, str], exported: dict[str, str], goes_to: str | None
) -> None:
    path = tmp_path / ".env"
    path.write_text(render({"COGNITO_CLIENT_ID": "a", **file}))
    if goes_to is not None:
        assert read_credentials(path, exported).token_endpoint == goes_to
        return
    with pytest.raises(EnvFileError, match="is sent only to the endpoint named beside it") as refused:
        read_credentials(path, exported)
    assert "evil" not in str(refused.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvFileError, match="COGNITO_CLIENT_SECRET, TOKEN_ENDPOINT"):
        read_credentials(tmp_path / "absent", {"COGNITO_CLIENT_ID": "a"})
