"""Another Pulumi program on the sandbox: `--project`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.services import PROJECT

PROGRAM = Path(__file__).parent / "programs" / "workshop"
KINDS = ["cognito UserPool", "secretsmanager Secret", "secretsmanager SecretVersion", "lambda Function"]


class Workshop:
    """Runs commands on a sandbox of its own, for a copy of the program."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "workshop"
        shutil.copytree(PROGRAM, self.program)
        self._environment = {**os.environ, "SANDBOX_FOLDER": str(folder / "sandbox"), "PYTHONPATH": str(PROJECT)}

    def __call__(self, command: str, *arguments: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
        project = () if command == "down" else ("--project", str(self.program))
        stack = () if command in ("down", "exec") else ("--stack", "bench")
        whole = [sys.executable, "-m", "sandbox", command, *project, *stack, *arguments]
        done = subprocess.run(whole, cwd=PROJECT, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stdout + done.stderr
        return done


@pytest.fixture
def workshop(tmp_path: Path) -> Generator[Workshop]:
    workshop = Workshop(tmp_path)
    yield workshop
    workshop("down")


def test_another_program_is_previewed_deployed_shown_changed_and_destroyed(workshop: Workshop) -> None:
    assert re.search(r"^  bench: \d+ to create$", workshop("preview").stdout, re.MULTILINE)
    deployed = workshop("up").stdout
    assert [kind for kind in KINDS if not re.search(rf"^  \+ aws {kind} +workshop", deployed, re.MULTILINE)] == []
    assert "poolName: [secret]" in deployed

    hidden, shown = (json.loads(workshop("outputs", *options).stdout) for options in ((), ("--show-secrets",)))
    assert hidden.pop("poolName") == "[secret]"
    assert shown.pop("poolName").startswith("workshop-")
    assert hidden == shown
    assert re.fullmatch(r"arn:aws:lambda:us-west-2:123456789012:function:workshop-\w+", shown["function"])

    (workshop.program / "Pulumi.bench.yaml").write_text("config: {aws:region: us-west-2, workshop:greeting: hi}\n")
    script = "pulumi up --stack bench --yes --skip-preview --non-interactive --suppress-outputs"
    changed = workshop("exec", "--", "sh", "-c", script).stdout
    assert re.search(r"~ 1 updated", changed)
    assert workshop("preview").stdout.endswith("unchanged\n")
    assert "encryptionsalt" not in (workshop.program / "Pulumi.bench.yaml").read_text()

    assert re.search(r"^  bench: \d+ deleted$", workshop("destroy").stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("missing", "message"),
    [("Pulumi.yaml", "holds no Pulumi.yaml"), ("Pulumi.bench.yaml", "there is no Pulumi.bench.yaml in ")],
)
def test_a_folder_that_is_no_project_is_named(workshop: Workshop, missing: str, message: str) -> None:
    (workshop.program / missing).unlink()
    done = workshop("up", expected=1)
    assert done.stdout == ""
    assert message in done.stderr
    assert str(workshop.program) in done.stderr
