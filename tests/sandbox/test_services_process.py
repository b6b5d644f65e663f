"""The services process: it begins empty, ends when told to or when its starter dies, and the stacks' state with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import services
from sandbox.services import PROJECT, ServicesError


def wait_until(condition: Callable[[], bool]) -> bool:
    while not condition():
        time.sleep(0.02)
    return True


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
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True, timeout=600)
    running = services.load(tmp_path)
    (running.backend / ".pulumi").mkdir()
    running.stop()
    assert wait_until(lambda: not is_running(running.pid))
    assert not running.backend.exists()
    with pytest.raises(ServicesError, match="not running"):
        services.load(tmp_path)


def test_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from sandbox import services; "
        f"services.start(Path({str(tmp_path)!r}), attached=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False, timeout=600)
    pid = services.read(tmp_path).pid
    assert wait_until(lambda: not is_running(pid))


def test_forgets_the_state_of_stacks_whose_resources_are_gone(tmp_path: Path) -> None:
    stale = tmp_path / "backend" / ".pulumi" / "stacks"
    stale.mkdir(parents=True)
    (tmp_path / "services.log").touch()
    running = services.start(tmp_path, attached=True)
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
    assert not (folder / "project").exists()
    assert (outside / "mine.txt").exists()


def test_takes_no_folder_with_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    for use in (services.start, services.load_or_start, services.end):
        with pytest.raises(ServicesError, match="holds other files"):
            use(tmp_path)
    assert (tmp_path / "project").exists()


def test_says_why_it_did_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PROJECT", tmp_path)
    with pytest.raises(ServicesError, match=r"services\.log ends with:\n.*No module named"):
        services.start(tmp_path / "folder", attached=True)


@pytest.mark.parametrize(
    ("issuer", "message"),
    [
        ("https://login.example.com", "no user pool issues as https://login"),
        ("https://sandbox-org.okta.com/oauth2/nowhere", "nowhere"),
        ("https://sandbox-tenant.us.auth0.com/", "nobodys-api"),
    ],
)
def test_mints_for_its_own_issuers_only(running_services: services.Services, issuer: str, message: str) -> None:
    with pytest.raises(ServicesError, match=message):
        running_services.mint({"sub": "me", "aud": "nobodys-api"}, issuer=issuer)
