"""preview, up and destroy of one stack, and its outputs."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal

from sandbox.engine.config import StackFile, read_project
from sandbox.engine.deployment import Deployment
from sandbox.engine.errors import DeploymentError
from sandbox.engine.ledger import Ledger
from sandbox.engine.lock import locked
from sandbox.engine.monitor import Engine, Monitor, serving
from sandbox.engine.program import Program
from sandbox.engine.registry import Registry
from sandbox.engine.secrets import crypter_of, new_crypter
from sandbox.engine.state import STACK_TYPE, Checkpoint
from sandbox.engine.steps import Event, Result
from sandbox.engine.values import bare, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.engine.config import StackConfig


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

    `project` is the folder of `Pulumi.yaml`, `backend` the folder of `.pulumi`, `providers` the port of each package's
    provider server on the loopback interface, `environment` the program's whole environment; `on_event` is called from
    several threads. Raises DeploymentError when something fails, and KeyboardInterrupt after Ctrl-C: what had been done
    by then is in the state, and the next run goes on from there.
    """
    begin = time.monotonic()
    preview = operation == "preview"
    described = read_project(project.resolve())
    with ExitStack() as cleanup:
        if not preview:
            cleanup.enter_context(locked(backend, described.name, stack))
        program = None
        if operation != "destroy":
            # Its imports take longer than anything here, so it starts first.
            program = Program(described, environment)
            cleanup.callback(program.stop)
        registry = Registry(providers)
        cleanup.callback(registry.close)
        checkpoint, file = Checkpoint(backend, described.name, stack), StackFile(described, stack)
        former, salt = checkpoint.salt, file.salt or checkpoint.salt
        crypter = crypter_of(passphrase, salt) if salt else new_crypter(passphrase)
        config = file.config(crypter.decrypt)
        result = Result(config=file.config(lambda _: "[secret]").values)

        def report(event: Event) -> None:
            if event.kind == "message":
                event = Event("message", message=_hide(event.message, config), severity=event.severity)
                result.messages.append(event)
            on_event(event)

        olds = checkpoint.resources(crypter_of(passphrase, former).decrypt if former else crypter.decrypt)
        ledger = Ledger(olds, lambda resources: None if preview else checkpoint.write(resources, crypter))
        deployment = Deployment(described.name, stack, ledger, registry, report, preview=preview)
        try:
            if program:
                _register(program, deployment, config, report)
        except KeyboardInterrupt:
            deployment.fail("interrupted")  # so that what the program had no time to register is not deleted
            deployment.finish()
            raise
        result.outputs = deployment.finish()
    if deployment.errors:
        raise DeploymentError(_hide("\n".join(deployment.errors), config))
    result.steps = deployment.steps
    result.seconds = time.monotonic() - begin
    return result


def _register(program: Program, deployment: Deployment, config: StackConfig, report: Callable[[Event], None]) -> None:
    with serving(Monitor(deployment, config), Engine(deployment, report)) as address:
        code, last_words = program.run(address, deployment.stack, config, preview=deployment.preview, on_event=report)
    if code and not deployment.errors:
        deployment.fail(f"The program ended with exit code {code}: {last_words or 'it said nothing'}")


def _hide(text: str, config: StackConfig) -> str:
    for key in config.secret_keys:
        text = text.replace(config.values[key] or "\0", "[secret]")
    return text


def outputs(
    project_name: str, stack: str, backend: Path, passphrase: str = "", *, show_secrets: bool
) -> dict[str, Any]:
    """A stack's outputs, secrets in plain text or as `[secret]`. Raises DeploymentError if there is no such stack.

    The passphrase is needed to show secrets only.
    """
    checkpoint = Checkpoint(backend, project_name, stack)
    if not checkpoint.path.exists():
        raise DeploymentError(f"There is no stack `{stack}` of `{project_name}` in {backend}; deploy it first.")
    decrypt: Callable[[str], str] = lambda _: "null"  # noqa: E731 (what is hidden need not be decrypted)
    if show_secrets and checkpoint.salt:
        decrypt = crypter_of(passphrase, checkpoint.salt).decrypt
    root = next((each for each in checkpoint.resources(decrypt) if each.type == STACK_TYPE), None)
    values = root.outputs if root else {}
    return bare(values) if show_secrets else redact(values)
