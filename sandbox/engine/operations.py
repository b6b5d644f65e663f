"""preview, up and destroy of one stack."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sandbox.engine.config import Project, StackFile, read_project
from sandbox.engine.deployment import Deployment
from sandbox.engine.errors import DeploymentError
from sandbox.engine.lock import locked
from sandbox.engine.monitor import Engine, Monitor, serve
from sandbox.engine.registry import ProviderRegistry
from sandbox.engine.runner import Program
from sandbox.engine.secrets import Crypter, crypter_of, new_crypter
from sandbox.engine.state import STACK_TYPE, Checkpoint
from sandbox.engine.steps import Event, Result
from sandbox.engine.values import bare, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def run(
    operation: Literal["preview", "up", "destroy"],
    *,
    project: Path,
    stack: str,
    backend: Path,
    passphrase: str,
    providers: Mapping[str, int],
    environment: Mapping[str, str],
    on_event: Callable[[Event], None] = lambda _: None,
) -> Result:
    """Preview, deploy or destroy a stack and return what was done.

    `project` is the folder of `Pulumi.yaml`, `backend` the folder that holds `.pulumi`, `providers` the port of each
    package's provider server on the loopback interface, `environment` the whole environment of the program. `on_event` is
    called from several threads. Raises DeploymentError when anything fails; what was done before is in the state, and the
    next run goes on from there.
    """
    described = read_project(project.resolve())
    with ExitStack() as stack_of_contexts:
        if operation != "preview":
            stack_of_contexts.enter_context(locked(backend, described.name, stack))
        program = None
        if operation != "destroy":
            # Importing takes the program longer than anything here: it begins first.
            program = Program(described, environment)
            stack_of_contexts.callback(program.stop)
        registry = ProviderRegistry(providers)
        stack_of_contexts.callback(registry.close)
        return _Run(described, stack, backend, passphrase, registry, on_event, preview=operation == "preview").go(
            program
        )


class _Run:
    def __init__(
        self,
        project: Project,
        stack: str,
        backend: Path,
        passphrase: str,
        registry: ProviderRegistry,
        on_event: Callable[[Event], None],
        *,
        preview: bool,
    ) -> None:
        self._project, self._stack, self._preview = project, stack, preview
        self._result = Result()
        self._listener = on_event
        self._checkpoint = Checkpoint(backend, project.name, stack)
        file = StackFile(project, stack)
        self._crypter = _crypter(file.salt or self._checkpoint.salt, passphrase)
        former = self._checkpoint.salt
        reader = crypter_of(passphrase, former) if former else self._crypter
        self._config = file.config(self._crypter.decrypt)
        self._deployment = Deployment(
            project.name,
            stack,
            self._checkpoint.resources(reader.decrypt),
            registry,
            preview=preview,
            save=lambda resources: self._checkpoint.write(resources, self._crypter),
            on_event=self._on_event,
        )

    def go(self, program: Program | None) -> Result:
        if program:
            self._register(program)
        self._result.outputs = self._deployment.finish()
        self._result.all_steps = self._deployment.steps
        if self._deployment.errors:
            raise DeploymentError(self._hide("\n".join(self._deployment.errors)))
        return self._result

    def _register(self, program: Program) -> None:
        monitor = Monitor(self._deployment, self._config, self._project.name, self._stack)
        server, address = serve(monitor, Engine(self._deployment, self._on_event))
        try:
            code, output = program.run(
                address, self._stack, self._config, preview=self._preview, on_event=self._on_event
            )
        finally:
            server.stop(grace=None).wait()
        if code and not self._deployment.errors:
            self._deployment.fail(f"The program ended with exit code {code}:\n{output}".rstrip())

    def _on_event(self, event: Event) -> None:
        if event.kind == "message":
            event = Event("message", self._hide(event.message), event.severity)
            self._result.messages.append(event)
        self._listener(event)

    def _hide(self, text: str) -> str:
        for key in self._config.secret_keys:
            text = text.replace(self._config.values[key], "[secret]") if self._config.values[key] else text
        return text


def _crypter(salt: str | None, passphrase: str) -> Crypter:
    return crypter_of(passphrase, salt) if salt else new_crypter(passphrase)


def outputs(
    project_name: str, stack: str, backend: Path, passphrase: str = "", *, show_secrets: bool
) -> dict[str, Any]:
    """A stack's outputs; secrets in plain text or as `[secret]`. Raises DeploymentError for a stack that does not exist."""
    checkpoint = Checkpoint(backend, project_name, stack)
    if not checkpoint.path.exists():
        raise DeploymentError(f"There is no stack `{stack}` of `{project_name}` in {backend}; deploy it first.")
    decrypt = crypter_of(passphrase, checkpoint.salt).decrypt if show_secrets and checkpoint.salt else None
    root = next((each for each in checkpoint.resources(decrypt) if each.type == STACK_TYPE), None)
    values = root.outputs if root else {}
    return bare(values) if show_secrets else redact(values)
