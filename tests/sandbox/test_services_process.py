"""The services process: it begins empty, ends when told to or when its starter dies, and the stacks' state with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import services
from sandbox.services import PROJECT, ServicesError


def wait_until_ended(pid: int) -> None:
    """For as long as it takes on a busy machine: pytest's own timeout ends a test that waits in vain."""
    while is_running(pid):
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """A process that has ended and that nobody has waited for is not running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_outlives_its_starter_until_it_is_told_to_end(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from sandbox import services; services.start(Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
    running = services.load(tmp_path)
    (running.backend / ".pulumi").mkdir()
    running.stop()
    wait_until_ended(running.pid)
    assert not running.backend.exists()
    with pytest.raises(ServicesError, match="not running"):
        services.load(tmp_path)


def test_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from sandbox import services; "
        f"services.start(Path({str(tmp_path)!r}), attached=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False)
    pid = services.read(tmp_path).pid
    wait_until_ended(pid)


def test_forgets_the_state_of_stacks_whose_resources_are_gone(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    services.start(folder, attached=True).stop()
    stale = folder / "backend" / ".pulumi" / "stacks"
    stale.mkdir(parents=True)
    running = services.start(folder, attached=True)
    try:
        assert not stale.exists()
        assert running.leftovers() == []
    finally:
        running.stop()


def test_starts_once_for_all_who_ask_at_the_same_time_and_takes_its_files_along(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").touch()
    try:
        with ThreadPoolExecutor() as at_once:
            answers = list(at_once.map(services.load_or_start, [folder] * 3))
        assert len({running.pid for running, _ in answers}) == 1
        assert sorted(started for _, started in answers) == [False, False, True]
        (folder / "project").mkdir()
        (folder / "project" / "link").symlink_to(outside)
        (folder / "cache").symlink_to(outside)
    finally:
        with ThreadPoolExecutor() as at_once:
            ended = sorted(at_once.map(services.end, [folder] * 2))
    assert ended == [False, True]
    next(running.process for running, started in answers if started and running.process).wait()
    assert {each.name for each in folder.iterdir()} == {"cache", ".agentcore-auth-sandbox"}, (
        "a link stays, and with it the mark"
    )
    assert (outside / "mine.txt").exists()


@pytest.mark.parametrize("name", ["project", "services.log", "services.json"])
def test_takes_no_folder_with_files_of_others(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "backend").mkdir()
    for use in (services.start, services.load_or_start, services.end):
        with pytest.raises(ServicesError, match="holds other files"):
            use(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {name, "backend"}


def test_says_which_folder_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServicesError, match=r"file cannot be the sandbox's folder: File exists"):
        services.start(tmp_path / "file")


@pytest.mark.parametrize("spoiled", [b"", b"garbage {", b"[]", b"null", b"5", b"{}", b'{"ca": 5}', b"\0\xff"])
def test_takes_addresses_that_are_none_for_a_sandbox_that_has_ended(tmp_path: Path, spoiled: bytes) -> None:
    with services._claimed(tmp_path):  # pyright: ignore[reportPrivateUsage]  # what `start` does first
        (tmp_path / "services.json").write_bytes(spoiled)
    with pytest.raises(ServicesError, match="the sandbox is not running"):
        services.load(tmp_path)


def test_runs_commands_where_nothing_but_the_virtual_environment_leads_back_to_the_project(tmp_path: Path) -> None:
    environment = {**os.environ, "SANDBOX_FOLDER": str(tmp_path / "sandbox")}
    find = (
        "from pathlib import Path; links = (place for place in Path().rglob('*') if place.is_symlink()); "
        "print(*links, Path('README.md').stat().st_ino)"
    )
    sandbox = [sys.executable, "-m", "sandbox"]
    try:
        asked = [*sandbox, "exec", "--", sys.executable, "-c", find]
        told = subprocess.run(asked, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True)
    finally:
        subprocess.run([*sandbox, "down"], cwd=PROJECT, env=environment, check=True, capture_output=True)
    *links, inode = told.stdout.split()
    assert links in ([], [".venv"])
    assert int(inode) != (PROJECT / "README.md").stat().st_ino


def test_takes_a_copy_of_its_folder_for_a_sandbox_that_has_ended(tmp_path: Path) -> None:
    running = services.start(tmp_path / "made", attached=True)
    try:
        copied = shutil.copytree(tmp_path / "made", tmp_path / "copy", symlinks=True)
        with pytest.raises(ServicesError, match="the sandbox is not running"):
            services.load(copied)
        assert not services.end(copied)
        assert running.is_alive()
    finally:
        running.stop()
    assert not running.is_alive()


def test_lets_nobody_else_into_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    folder.mkdir(mode=0o755)
    running = services.start(folder, attached=True)
    try:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "services.json").stat().st_mode & 0o777 == 0o600
    finally:
        running.stop()


def test_says_why_it_did_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PROJECT", tmp_path)
    with pytest.raises(ServicesError, match=r"services\.log ends with:\n.*No module named"):
        services.start(tmp_path / "folder", attached=True)


@pytest.mark.parametrize(
    ("issuer", "message"),
    [
        ("https://login.example.com", "there is no user pool https://login"),
        ("https://sandbox-org.okta.com/oauth2/nowhere", "nowhere"),
        ("https://sandbox-tenant.us.auth0.com/", "nobodys-api"),
    ],
)
def test_mints_for_its_own_issuers_only(running_services: services.Services, issuer: str, message: str) -> None:
    with pytest.raises(ServicesError, match=message):
        running_services.mint({"sub": "me", "aud": "nobodys-api"}, issuer=issuer)
