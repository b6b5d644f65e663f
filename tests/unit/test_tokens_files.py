"""Files with secrets in them: `.env` files that a shell reads as they were meant, and the cache of tokens."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcore_auth.tokens.cache import TokenCache, write_private
from agentcore_auth.tokens.dotenv import DotenvError, parse, read_credentials, render
from tests.unit.property_tests import PATIENTLY

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


@PATIENTLY
@given(PRINTABLE)
def test_a_value_is_read_as_it_was_written(value: str) -> None:
    assert parse(render({"NAME": value})) == {"NAME": value}


@settings(PATIENTLY, max_examples=25)
@given(values=st.lists(PRINTABLE, min_size=1, max_size=8))
def test_a_shell_reads_the_same_values(tmp_path: Path, values: list[str]) -> None:
    names = [f"N{number}" for number in range(len(values))]
    file = tmp_path / "values.env"
    file.write_text(render(dict(zip(names, values, strict=True))))
    script = f". {file}; " + "; ".join(f'printf "%s\\n" "${name}"' for name in names)
    printed = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=600).stdout
    assert printed == "".join(f"{value}\n" for value in values)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "\x1b[31m"])
def test_a_value_with_a_control_character_is_refused(value: str) -> None:
    with pytest.raises(DotenvError, match="NAME"):
        render({"NAME": value})


def test_a_hand_written_file_is_read() -> None:
    text = '# comment\n\nexport A=b # why\nC = "d \\" e"\nF=\'g # h\'\nI=\n'
    assert parse(text) == {"A": "b", "C": 'd " e', "F": "g # h", "I": ""}


@pytest.mark.parametrize("line", ["no equals sign", "A='open", 'A="open', "1A=b"])
def test_a_broken_line_is_named(line: str) -> None:
    with pytest.raises(DotenvError, match="line 2"):
        parse(f"A=b\n{line}\n")


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
    found = read_credentials(file, {"COGNITO_CLIENT_SECRET": "other", "PATH": "/bin"})
    assert (found.client_secret, found.scope, found.audience) == ("other", "c d", None)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DotenvError, match="COGNITO_CLIENT_SECRET, TOKEN_ENDPOINT"):
        read_credentials(tmp_path / "absent", {"COGNITO_CLIENT_ID": "a"})


REQUEST = ("https://issuer/token", "client", "secret", "scope", None)


def test_a_token_is_kept_until_shortly_before_it_expires(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path / "made" / "here")
    path = cache.path(*REQUEST)
    cache.store(path, "token", lifetime=3600, now=1000)
    kept = cache.load(path, now=1000 + 3539)
    assert kept is not None
    assert (kept.access_token, kept.expires_at) == ("token", 4600)
    assert cache.load(path, now=1000 + 3541) is None


def test_a_short_lived_token_is_kept_for_most_of_its_life(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path)
    path = cache.path(*REQUEST)
    cache.store(path, "token", lifetime=300, now=0)
    assert cache.load(path, now=269) is not None
    assert cache.load(path, now=271) is None


def test_only_the_user_can_read_the_cache(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache = TokenCache(folder)
    path = cache.path(*REQUEST)
    cache.store(path, "token", 3600, 0)
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in folder.iterdir()] == [path.name]


def test_another_secret_scope_or_audience_is_another_token(tmp_path: Path) -> None:
    cache = TokenCache(tmp_path)
    requests = [REQUEST, ("https://issuer/token", "client", "secret2", "scope", None), (*REQUEST[:4], "audience")]
    paths = {cache.path(*request) for request in requests}
    assert len(paths) == len(requests)
    assert not any("secret" in path.name for path in paths)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"token": 1, "usable_until": 2.0, "expires_at": 3.0}', "\xff"]
)
def test_a_broken_cache_is_no_cache(tmp_path: Path, content: str) -> None:
    cache = TokenCache(tmp_path)
    path = cache.path(*REQUEST)
    path.write_text(content, encoding="latin-1")
    assert cache.load(path, now=0) is None


def test_the_cache_is_where_the_desktop_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert TokenCache().path(*REQUEST).parent == tmp_path / "agentcore-auth"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert TokenCache().path(*REQUEST).parent == Path.home() / ".cache" / "agentcore-auth"


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = TokenCache(tmp_path / "file" / "folder")
    path = cache.path(*REQUEST)
    cache.store(path, "token", 3600, 0)
    assert cache.load(path, 0) is None


def test_a_private_file_replaces_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, json.dumps("new"))
    assert path.read_text() == '"new"'
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
