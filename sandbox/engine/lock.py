"""The lock of a stack: where the CLI has its own, so that neither runs while the other does."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.engine.errors import DeploymentError
from sandbox.engine.state import now

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@contextmanager
def locked(backend: Path, project: str, stack: str) -> Generator[None]:
    """Keep a stack to oneself. Raises DeploymentError, naming who has it, if another run is under way."""
    folder = backend / ".pulumi" / "locks" / "organization" / project / stack
    folder.mkdir(parents=True, exist_ok=True)
    mine = folder / f"{uuid.uuid4()}.json"
    owner = {"pid": os.getpid(), "username": getpass.getuser(), "hostname": socket.gethostname(), "timestamp": now()}
    mine.write_text(json.dumps(owner))
    try:
        for path in folder.glob("*.json"):
            if path != mine and not _is_stale(path):
                raise DeploymentError(
                    f"The stack `{stack}` is locked by {_owner(path)}. Wait for that run to end; "
                    f"if there is none any more, delete {path}."
                )
        yield
    finally:
        mine.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, object]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _owner(path: Path) -> str:
    entry = _read(path)
    return f"{entry.get('username')}@{entry.get('hostname')} (pid {entry.get('pid')}, since {entry.get('timestamp')})"


def _is_stale(path: Path) -> bool:
    """Whether the run that made a lock has died on this machine without taking it away."""
    entry = _read(path)
    pid = entry.get("pid")
    if entry.get("hostname") != socket.gethostname() or not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        path.unlink(missing_ok=True)
        return True
    except PermissionError:
        pass
    return False
