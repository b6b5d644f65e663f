"""A project that deploys toys, for tests of what starts programs and drives the CLI: no cloud is needed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from sandbox import language
from sandbox.services import Services
from sandbox.stack import Result, Stack, pulumi_command
from tests.sandbox.toys import Toys, serving
from tests.secret_values import SALT, encrypt

_PROGRAM = Path(__file__).parent / "programs" / "toys"
_NOWHERE = "http://127.0.0.1:1"
_cli = cache(pulumi_command)
"""Looked for once: it is asked for its version each time."""


def box(name: str, **inputs: Any) -> dict[str, Any]:
    """A box; its color cannot be changed without another box."""
    return {"name": name, "kind": "Box", **inputs}


def shelf(name: str, **inputs: Any) -> dict[str, Any]:
    """A shelf; its place cannot be changed without another shelf, and there is one shelf in a place."""
    return {"name": name, "kind": "Shelf", **inputs}


def secure(text: str) -> dict[str, str]:
    """A secret for the stack file."""
    return {"secure": encrypt(text)}


def operations(result: Result) -> dict[str, str]:
    """What happened to each resource that did not stay as it was."""
    return {step.name: step.op for step in result.steps if step.op != "same"}


@dataclass
class Playroom:
    """The project, a stack `dev` of it, and services that have nothing but toys and a language runtime."""

    folder: Path
    toys: Toys
    services: Services
    lines: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        shutil.copytree(_PROGRAM, self.project)
        self.services.backend.mkdir()
        self.furnish()

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @cached_property
    def stack(self) -> Stack:
        return Stack(self.services, self.project, "dev", _cli())

    def furnish(self, *things: Mapping[str, Any], **config: Any) -> None:
        """Write the stack file; keys of another namespace than the project's have `__` in place of the colon."""
        entries = {key.replace("__", ":"): value for key, value in {"things": things, **config}.items()}
        named = {key if ":" in key else f"playroom:{key}": value for key, value in entries.items()}
        document = {"encryptionsalt": SALT, "config": named}
        (self.project / "Pulumi.dev.yaml").write_text(json.dumps(document))

    def run(self, operation: Literal["preview", "up", "destroy"]) -> Result:
        """Preview, deploy or destroy."""
        self.toys.calls.clear()
        self.lines.clear()
        return getattr(self.stack, operation)(self.lines.append)

    @property
    def state(self) -> Path:
        return self.services.backend / ".pulumi" / "stacks" / "playroom" / "dev.json"

    def resources(self) -> list[dict[str, Any]]:
        """The resources of the state file."""
        return json.loads(self.state.read_text())["checkpoint"]["latest"].get("resources") or []

    def outputs(self, *, show_secrets: bool = True) -> Mapping[str, Any]:
        """The stack's outputs."""
        return self.stack.document(show_secrets=show_secrets)


@contextmanager
def opened(folder: Path, *, accept_secrets: bool = True) -> Generator[Playroom]:
    """A playroom in a folder; who provides its toys and who starts its programs serve for as long as it is open."""
    environment: dict[str, str] = {}
    runtime, language_port = language.serve(environment)
    try:
        with serving(accept_secrets=accept_secrets) as (toys, port):
            services = Services(
                folder=folder,
                pid=0,
                proxy=_NOWHERE,
                ca=folder / "ca.pem",
                aws=_NOWHERE,
                providers={"toys": port},
                language=language_port,
                credentials={},
            )
            environment.update(services.environment({}))
            yield Playroom(folder, toys, services)
    finally:
        runtime.stop(grace=None).wait()
