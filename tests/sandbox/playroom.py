"""A project that deploys toys, for tests of the engine: its stack file, its backend and its provider."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sandbox import engine
from sandbox.engine.secrets import crypter_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine import Event, Result
    from tests.sandbox.toys import Toys

PASSPHRASE = "open sesame"
SALT = "v1:vyo26ESZhM0=:v1:zn0nmetDdcWvpQDr:ibvZ+96EpHrDjzPOjJ67D5VzPPWzdQ=="
VIRTUALENV = Path(__file__).parents[2] / ".venv"
_PROGRAM = Path(__file__).parent / "programs" / "toys"


def box(name: str, **inputs: Any) -> dict[str, Any]:
    """A box; its color cannot be changed without another box."""
    return {"name": name, "kind": "Box", **inputs}


def shelf(name: str, **inputs: Any) -> dict[str, Any]:
    """A shelf; its place cannot be changed without another shelf, and there is one shelf in a place."""
    return {"name": name, "kind": "Shelf", **inputs}


def secure(text: str) -> dict[str, str]:
    """A secret for the stack file."""
    return {"secure": crypter_of(PASSPHRASE, SALT).encrypt(text)}


def operations(result: Result) -> dict[str, str]:
    """What happened to each resource that did not stay as it was."""
    return {step.name: step.op for step in result.steps if step.op != "same"}


@dataclass
class Playroom:
    """The project, deployed by the sandbox's engine."""

    folder: Path
    toys: Toys
    port: int
    events: list[Event] = field(default_factory=list["Event"])

    def __post_init__(self) -> None:
        shutil.copytree(_PROGRAM, self.project)
        (self.project / ".venv").symlink_to(VIRTUALENV)
        self.backend.mkdir()
        self.furnish()

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def backend(self) -> Path:
        return self.folder / "backend"

    def furnish(self, *things: Mapping[str, Any], **config: Any) -> None:
        """Write the stack file; keys of another namespace than the project's have `__` in place of the colon."""
        entries = {key.replace("__", ":"): value for key, value in config.items()}
        document = {"encryptionsalt": SALT, "config": {"things": things, **entries}}
        (self.project / "Pulumi.dev.yaml").write_text(json.dumps(document))

    def run(self, operation: Literal["preview", "up", "destroy"], passphrase: str = PASSPHRASE) -> Result:
        """Preview, deploy or destroy."""
        self.toys.calls.clear()
        self.events.clear()
        return engine.run(
            operation,
            project=self.project,
            stack="dev",
            backend=self.backend,
            passphrase=passphrase,
            providers={"toys": self.port},
            environment=dict(os.environ),
            on_event=self.events.append,
        )

    @property
    def state(self) -> Path:
        return self.backend / ".pulumi" / "stacks" / "playroom" / "dev.json"

    def resources(self) -> list[dict[str, Any]]:
        """The resources of the state file."""
        return json.loads(self.state.read_text())["checkpoint"]["latest"]["resources"]

    def outputs(self, *, show_secrets: bool = True) -> dict[str, Any]:
        """The stack's outputs."""
        return engine.outputs("playroom", "dev", self.backend, PASSPHRASE, show_secrets=show_secrets)
