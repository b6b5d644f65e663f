"""A stack on the sandbox, deployed by the sandbox's engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from agentcore_auth.outputs import Outputs
from sandbox import engine
from sandbox.engine import Event, Result
from sandbox.services import PASSPHRASE, Services

Operation = Literal["preview", "up", "destroy"]


@dataclass(frozen=True)
class Stack:
    """One stack of the project in a folder, on running services."""

    services: Services
    project: Path
    name: str

    def run(self, operation: Operation, on_event: Callable[[Event], None] = lambda _: None) -> Result:
        """Preview, deploy or destroy. Raises sandbox.engine.DeploymentError."""
        return engine.run(
            operation,
            project=self.project,
            stack=self.name,
            backend=self.services.backend,
            passphrase=PASSPHRASE,
            providers=self.services.providers,
            environment=self.services.environment(os.environ),
            on_event=on_event,
        )

    def outputs(self) -> Outputs:
        """As callers of the gateways read them, with secrets. Raises DeploymentError for a stack that is not there."""
        return Outputs(self.document(show_secrets=True), self.name)

    @property
    def _project_name(self) -> str:
        return str(yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"])

    def document(self, *, show_secrets: bool) -> Mapping[str, Any]:
        """The outputs as they are. Raises DeploymentError where the stack was never deployed."""
        return engine.outputs(
            self._project_name, self.name, self.services.backend, PASSPHRASE, show_secrets=show_secrets
        )
