"""scripts/setup.sh: makes an environment once, whoever else makes it at the same time, and not on the ruins of one.

The package installer on PATH is a script of the test's own, so that nothing is fetched; the environments are real.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent.parent
INPUTS = (
    "requirements.txt",
    "requirements-dev.txt",
    "constraints.txt",
    "pyproject.toml",
    "scripts/setup.sh",
    "scripts/uv.sh",
)
PYTHON = f"""#!/bin/sh
[ "$*" != "-m venv .venv" ] || set -- -m venv --without-pip .venv
exec {sys.executable} "$@"
"""
"""Without pip, which takes seconds to install and has nothing to do here."""
INSTALLER = """#!/bin/sh
mkdir busy || { echo "another installation is going on" >&2; exit 1; }
echo "$*" >> installed
[ ! -p hold ] || cat hold
rmdir busy
"""


class Clone:
    """A folder with what the setup reads, and an installer that writes what it is asked for into `installed`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in INPUTS:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
        (folder / "bin").mkdir()
        self.put("uv", INSTALLER)
        self.put("python3", PYTHON)

    def put(self, program: str, script: str) -> None:
        """Have a program of that name found first on PATH."""
        place = self.folder / "bin" / program
        place.write_text(script)
        place.chmod(0o755)

    def begin(self) -> subprocess.Popen[str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            ["/bin/sh", "scripts/setup.sh", ".venv"],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "PYTHON": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def set_up(self) -> int:
        process = self.begin()
        process.communicate()
        return process.returncode

    @property
    def installed(self) -> list[str]:
        return (self.folder / "installed").read_text().splitlines()

    @property
    def is_ready(self) -> bool:
        return (self.folder / ".venv" / ".ready").exists()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_installs_the_packages_and_the_project_once(clone: Clone) -> None:
    assert clone.set_up() == 0
    assert (clone.folder / ".venv" / "bin" / "python").exists()
    packages, project = clone.installed
    assert packages.endswith("--requirement requirements-dev.txt --constraint constraints.txt")
    assert project.endswith("--no-deps --editable .")
    assert clone.set_up() == 0
    assert len(clone.installed) == 2
    assert clone.is_ready


def test_installs_again_into_the_same_environment_when_requirements_change(clone: Clone) -> None:
    assert clone.set_up() == 0
    mark = clone.folder / ".venv" / "mark"
    mark.touch()
    newer = (clone.folder / ".venv" / ".ready").stat().st_mtime + 1
    os.utime(clone.folder / "constraints.txt", (newer, newer))
    assert clone.set_up() == 0
    assert len(clone.installed) == 4
    assert mark.exists()


def test_two_setups_at_once_install_one_after_the_other(clone: Clone) -> None:
    both = [clone.begin(), clone.begin()]
    for each in both:
        _, errors = each.communicate()
        assert each.returncode == 0, errors
    assert len(clone.installed) == 2
    assert clone.is_ready


def test_makes_a_new_environment_after_an_installation_that_failed(clone: Clone) -> None:
    clone.put("uv", "#!/bin/sh\nexit 1\n")
    assert clone.set_up() != 0
    assert not clone.is_ready
    left = clone.folder / ".venv" / "half-a-package"
    left.touch()
    clone.put("uv", INSTALLER)
    assert clone.set_up() == 0
    assert clone.is_ready
    assert not left.exists()


def test_makes_a_new_environment_after_an_installation_that_was_killed(clone: Clone) -> None:
    hold = clone.folder / "hold"
    os.mkfifo(hold)
    process = clone.begin()
    with hold.open("w"):  # opens when the installer, in the middle of its work, reads from it
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert not clone.is_ready
    left = clone.folder / ".venv" / "half-a-package"
    left.touch()
    hold.unlink()
    (clone.folder / "busy").rmdir()
    assert clone.set_up() == 0
    assert clone.is_ready
    assert not left.exists()


def test_says_which_python_is_needed(clone: Clone) -> None:
    clone.put("python3", "#!/bin/sh\nexit 1\n")
    done = subprocess.run(
        ["/bin/sh", "scripts/setup.sh", ".venv"],
        cwd=clone.folder,
        env={"PATH": str(clone.folder / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("setup: no Python 3.10 or newer found")
