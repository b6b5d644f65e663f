"""A deployed stack's outputs, read by the `pulumi` CLI on PATH, or from a file that it wrote."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from agentcore_auth.authorizer.causes import one_line
from agentcore_auth.files import UnreadableError, read_text
from agentcore_auth.outputs import Outputs, OutputsError, deploying

TIMEOUT = 120
"""Seconds for the CLI: it may have to log in to a backend that is far away."""


def read_outputs(stack: str) -> Outputs:
    """The outputs of a stack of the project in the current folder or above, secrets included. Raises OutputsError."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise OutputsError(
            "pulumi is not on PATH (make -s pulumi says where it is): put it there, or name a file with --outputs",
            reached=False,
        )
    file = _project() / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    return Outputs(_asked(pulumi, stack, file), stack, order=tuple(_listed(file)))


def read_file(path: Path) -> Outputs:
    """Outputs that `pulumi stack output --json --show-secrets` wrote to a file. Raises OutputsError."""
    try:
        return Outputs(_parsed(read_text(path), str(path)), path.stem)
    except UnreadableError as error:
        raise OutputsError(str(error)) from None


def complaint(printed: str) -> str:
    """What a program that failed complains of: its last `error:` line, or else its last line; never a traceback."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return one_line((errors or lines or [""])[-1])


def _project() -> Path:
    """The folder of the project that the CLI finds: the current one, or the nearest above it with a Pulumi.yaml."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), here)


def _asked(pulumi: str, stack: str, stack_file: Path) -> Mapping[str, object]:
    arguments = [pulumi, "stack", "output", "--json", "--show-secrets", "--non-interactive", "--stack", stack]
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command; the stack's name is an argument, and no shell is there
            arguments, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputsError(f"pulumi did not answer: {error.__class__.__name__}", reached=False) from None
    if done.returncode == 0:
        return _parsed(done.stdout, "pulumi")
    said = complaint(done.stderr) or f"exit code {done.returncode}"
    is_absent = "no stack " in said
    if is_absent and not stack_file.is_file():
        raise OutputsError(f"there is no {stack_file.name}")
    deploy = f" (deploy it: {deploying(stack)})" if is_absent else ""
    raise OutputsError(f"stack {stack}: pulumi says: {said}{deploy}", reached=False)


def _listed(stack_file: Path) -> Iterator[str]:
    """The identity providers in the order of the stack file; none where that cannot be read."""
    try:
        yaml = cast("Any", importlib.import_module("yaml"))  # slow to import, and needed for nothing but the order
    except ModuleNotFoundError:
        return
    try:
        document: Any = yaml.safe_load(read_text(stack_file))
        listed: object = document["config"]["agentcore-auth:identityProviders"]
    except (UnreadableError, yaml.YAMLError, KeyError, TypeError, RecursionError):
        return
    if isinstance(listed, list):
        yield from (str(name) for name in cast("list[object]", listed))


def _parsed(text: str, where: str) -> Mapping[str, object]:
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise OutputsError(f"{where} gives no JSON object of outputs")
    return cast("dict[str, object]", document)
