"""Ctrl-C while a command line's modules are still being imported: it ends, and says nothing."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.unit.project import PROJECT

INTERRUPTED = """
import os, runpy, signal, sys

class Interrupting:
    def find_spec(name, path=None, target=None):
        if name == {imported!r}:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting)
sys.argv = [{command!r}, "--help"]
runpy.run_module({command!r}, run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("command", "imported"), [("agentcore_auth", "agentcore_auth.cli.main"), ("sandbox", "sandbox.services")]
)
def test_an_interrupted_start_prints_no_traceback(command: str, imported: str) -> None:
    code = INTERRUPTED.format(command=command, imported=imported)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
