"""Runs a program against a deployment, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sandbox.engine.monitor import PARALLEL
from sandbox.engine.steps import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.engine.config import Project, StackConfig

_LAUNCHER = Path(__file__).parent / "launcher"


class Program:
    """A program's process, which starts importing at once and waits for `run` to tell it what to deploy."""

    def __init__(self, project: Project, environment: Mapping[str, str]) -> None:
        self._project = project
        python = project.directory / project.virtualenv / "bin" / "python"
        self._process = subprocess.Popen(  # noqa: S603 (the project's own program)
            [str(python) if python.exists() else sys.executable, "-u", str(_LAUNCHER)],
            cwd=project.directory,
            # The SDK's gRPC client would take a proxy for the engine, too.
            env={**environment, "no_grpc_proxy": "127.0.0.1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(
        self, address: str, stack: str, config: StackConfig, *, preview: bool, on_event: Callable[[Event], None]
    ) -> tuple[int, str]:
        """Let the program register its resources. Returns its exit code and the end of what it printed."""
        settings = {
            "project": self._project.name,
            "stack": stack,
            "directory": str(self._project.directory),
            "monitor": address,
            "engine": address,
            "dry_run": preview,
            "parallel": PARALLEL,
            "config": config.values,
            "secret_keys": sorted(config.secret_keys),
        }
        assert self._process.stdin and self._process.stdout  # noqa: PT018, S101 (both are pipes)
        lines: list[str] = []
        reader = threading.Thread(target=_forward, args=(self._process.stdout, lines, on_event))
        reader.start()
        try:
            with self._process.stdin as stdin:
                json.dump(settings, stdin)
        except BrokenPipeError:
            pass  # it ended early; its exit code and output say why
        code = self._process.wait()
        reader.join()
        return code, "".join(lines[-20:])

    def stop(self) -> None:
        """End the process if it is still there."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()


def _forward(stream: IO[str], lines: list[str], on_event: Callable[[Event], None]) -> None:
    for line in stream:
        lines.append(line)
        on_event(Event("message", line.rstrip("\n")))
