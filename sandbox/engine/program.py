"""The process in which a program runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sandbox.engine.monitor import PARALLEL
from sandbox.engine.steps import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.engine.config import Project, StackConfig

_LAUNCHER = Path(__file__).parent / "launcher"


class Program:
    """A program's process: it starts importing at once, and waits for `run` to tell it what to deploy."""

    def __init__(self, project: Project, environment: Mapping[str, str]) -> None:
        self._project = project
        python = project.directory / project.virtualenv / "bin" / "python"
        self._process = subprocess.Popen(  # noqa: S603 (the project's own program)
            [str(python) if python.exists() else sys.executable, "-u", str(_LAUNCHER)],
            cwd=project.directory,
            env={**environment, "no_grpc_proxy": "127.0.0.1"},  # gRPC would ask the sandbox's proxy for the engine
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for the engine, which ends the program in its own time
        )

    def run(
        self, address: str, stack: str, config: StackConfig, *, preview: bool, on_event: Callable[[Event], None]
    ) -> tuple[int, str]:
        """Let the program register its resources with the engine at an address: its exit code, and its last words."""
        settings = {
            "project": self._project.name,
            "stack": stack,
            "directory": str(self._project.directory),
            "address": address,
            "dry_run": preview,
            "parallel": PARALLEL,
            "config": config.values,
            "secret_keys": sorted(config.secret_keys),
        }
        assert self._process.stdin and self._process.stdout  # noqa: PT018, S101 (both are pipes)
        lines: deque[str] = deque(maxlen=1)
        reader = threading.Thread(target=_forward, args=(self._process.stdout, lines, on_event))
        reader.start()
        try:
            with (
                suppress(BrokenPipeError),
                self._process.stdin as stdin,
            ):  # one that ended early says why in what it printed
                json.dump(settings, stdin)
            code = self._process.wait()
        except KeyboardInterrupt:
            self._process.kill()
            raise
        finally:
            reader.join()
        return code, "".join(lines)

    def stop(self) -> None:
        """End the process if it is still there."""
        self._process.kill()
        with self._process:
            pass


def _forward(stream: IO[str], lines: deque[str], on_event: Callable[[Event], None]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))
        on_event(Event("message", message=lines[-1]))
