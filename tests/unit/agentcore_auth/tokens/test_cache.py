"""The cache of tokens: files that only the user can read, handed out until shortly before the tokens expire."""

from __future__ import annotations

import json
import pwd
from pathlib import Path

import pytest

from agentcore_auth.tokens.cache import TokenCache, write_private

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


def test_a_user_without_a_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under any user id."""
    no_one: dict[int, pwd.struct_passwd] = {}
    monkeypatch.setattr(pwd, "getpwuid", no_one.__getitem__)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    cache = TokenCache()
    path = cache.path(*REQUEST)
    cache.store(path, "token", 3600, 0)
    assert cache.load(path, 0) is None


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
