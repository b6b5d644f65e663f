"""A stack on the sandbox, deployed by Pulumi's engine: its CLI, driven by pulumi.automation.

An operation is one command, which prints the engine's events. The SDK's own Stack would have three more read what it
has written, the outputs and the history, each of which derives the key from the passphrase anew.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any, cast

from pulumi.automation import CommandError, EngineEvent, PulumiCommand, StackAlreadyExistsError, events

from agentcore_auth.outputs import Outputs
from agentcore_auth.preview.values import differences
from sandbox import progress, project
from sandbox.progress import Step
from sandbox.services import SandboxError, Services
from scripts.pulumi_cli import PulumiCliError, find

_COLORS = re.compile(r"<\{%.*?%\}>")
_ERROR = re.compile(r"^ *error: (.*)$", re.MULTILINE)
_UNNAMED = {
    "getting stack configuration: ": "Pulumi.{stack}.yaml: ",
    "could not read stack configuration for new stack: ": "Pulumi.{stack}.yaml: ",
    "failed to load checkpoint: ": "the state of {stack} cannot be read (python -m sandbox down forgets it): ",
}
"""What the CLI says of files that it cannot read, and how their user knows them."""
Tell = Callable[[str], None]
_AT_ONCE = ("--yes", "--skip-preview")


class DeploymentError(SandboxError):
    """What Pulumi reported of a command that failed."""


class _Found(PulumiCommand):
    """A CLI whose version was looked at when it was found: the SDK would ask for it once more."""

    def __init__(self, cli: Path) -> None:
        self.command = str(cli)


def pulumi_command() -> PulumiCommand:
    """The CLI on PATH, or the one of `make pulumi`. Raises SandboxError where neither can be used."""
    try:
        return _Found(find())
    except PulumiCliError as error:
        raise SandboxError(str(error)) from None


@dataclass
class Result:
    """What a deployment did, or would do: its steps, and how many resources are concerned by which operation."""

    steps: list[Step] = field(default_factory=list[Step])
    changes: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def is_unchanged(self) -> bool:
        return not any(count for operation, count in self.changes.items() if operation != "same")


@dataclass(frozen=True)
class Stack:
    """One stack of the project in a folder, on running services. The CLI writes to the folder: make it a copy.

    Raises SandboxError where there is no CLI.
    """

    services: Services
    project: Path
    name: str
    cli: PulumiCommand = field(default_factory=pulumi_command, repr=False)

    def create(self) -> None:
        """Have the stack, with nothing deployed, if there is none yet. Raises DeploymentError."""
        _ = self._is_created

    def up(self, tell: Tell = lambda _: None) -> Result:
        """Deploy; `tell` gets a line for each resource that was changed. Raises DeploymentError."""
        return self._run("up", *_AT_ONCE, tell=tell)

    def preview(self, tell: Tell = lambda _: None) -> Result:
        """What `up` would do. Raises DeploymentError."""
        return self._run("preview", tell=tell)

    def destroy(self, tell: Tell = lambda _: None) -> Result:
        """Delete what was deployed. Raises DeploymentError."""
        return self._run("destroy", *_AT_ONCE, tell=tell)

    def preview_document(self) -> str:
        """What `pulumi preview --json --show-sames` prints. Raises DeploymentError."""
        self.create()
        return self.run_cli("preview", "--json", "--show-sames")

    def outputs(self) -> Outputs:
        """As callers of the gateways read them, with secrets. Raises DeploymentError for a stack that is not there."""
        return Outputs(self.document(show_secrets=True), self.name)

    def document(self, *, show_secrets: bool) -> Mapping[str, Any]:
        """The outputs as `pulumi stack output --json` prints them. Raises DeploymentError where there is no stack."""
        options = ["--show-secrets"] if show_secrets else []
        return cast("dict[str, Any]", json.loads(self.run_cli("stack", "output", "--json", *options)))

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Lay keys over those of the stack file, as `project.write_stack_file` takes them; the rest stays."""
        project.change_stack_file(self.project, self.name, changes)

    def run_cli(self, *arguments: str) -> str:
        """What a command of the CLI about this stack prints. Raises DeploymentError."""
        with _failures(self.name):
            return self._run_cli(*arguments)

    def _run_cli(self, *arguments: str, on_output: Tell | None = None) -> str:
        environment = self.services.environment(os.environ)
        environment["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = str(on_output is not None)  # events instead of a digest
        return self.cli.run([*arguments, "--stack", self.name], str(self.project), environment, on_output).stdout

    @cached_property
    def _is_created(self) -> bool:
        with _failures(self.name), suppress(StackAlreadyExistsError):  # another command may make it meanwhile
            self._run_cli("stack", "select", "--create")
        return True

    def _run(self, operation: str, *options: str, tell: Tell) -> Result:
        self.create()
        listener = _Listener(tell)
        with _failures(self.name, listener.errors):
            self._run_cli(operation, "--json", *options, on_output=listener)
        return listener.result


@contextmanager
def cli_is_interrupted() -> Generator[Event]:
    """Leave Ctrl-C to the CLI, which gets it as well, and tells the engine to finish what it has begun.

    Gives what is set by then.
    """
    interrupted = Event()
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # as in a background job, where it is ignored by the CLI too
        signal.signal(signal.SIGINT, lambda _signal, _frame: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _failures(stack: str, errors: Sequence[str] = ()) -> Generator[None]:
    """Raise DeploymentError for a command that fails: with the engine's `errors`, or what the CLI printed."""
    try:
        yield
    except CommandError as error:
        reason = "\n".join(errors) or _reason(str(error))
        for unnamed, named in _UNNAMED.items():
            reason = reason.replace(unnamed, named.format(stack=stack))
        raise DeploymentError(reason) from None


def _reason(failed: str) -> str:
    """What the CLI complains of: on standard error, or else among what it prints, for programs or for people."""
    code, _, rest = failed.partition("\n stdout: ")
    printed, _, complaint = rest.partition("\n stderr: ")
    if complaint.strip():
        return complaint.strip().removeprefix("error: ")
    try:
        diagnostics = json.loads(printed)["diagnostics"]
    except (ValueError, KeyError):
        errors = _ERROR.findall(printed)
        return "\n".join(errors) or f"pulumi ended, and did not say why ({code.strip()})"
    return "\n".join(_told(each.get("urn"), each["message"]) for each in diagnostics if each["severity"] == "error")


def _told(urn: str | None, message: str) -> str:
    return progress.subject(urn) + _COLORS.sub("", message).strip().removeprefix("error: ")


class _Listener:
    """Gathers what the engine tells of a deployment."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.result = Result()
        self.errors: list[str] = []
        self._told: set[Step] = set()

    def __call__(self, printed: str) -> None:
        """A line of what the CLI prints: an event as JSON."""
        try:
            event = EngineEvent.from_json(json.loads(printed))
        except ValueError:  # the last line of a CLI that was killed
            return
        if event.diagnostic_event:
            self._diagnose(event.diagnostic_event)
        elif event.summary_event:
            self.result.changes = dict(cast("Mapping[str, int]", event.summary_event.resource_changes))
        elif event.resource_pre_event:
            step = _step(event.resource_pre_event.metadata)
            if step.op in progress.OPERATIONS and not step.is_default_provider:
                self.result.steps.append(step)
        elif event.res_outputs_event:
            step = _step(event.res_outputs_event.metadata)
            line = progress.line_for(step)
            if line and step not in self._told:  # a preview has two such events for a component
                self._told.add(step)
                self._tell(line)

    def _diagnose(self, event: events.DiagnosticEvent) -> None:
        message = _told(None, event.message)
        if event.severity == "error":
            self.errors.append(_told(event.urn, event.message))
        elif message and not event.ephemeral and event.severity != "debug":
            self._tell(f"  {event.severity.removesuffix('#err')}: {message}")


def _step(metadata: events.StepEventMetadata) -> Step:
    changed = metadata.detailed_diff or metadata.diffs or ()
    states = [(state.inputs or {}) if state else {} for state in (metadata.old, metadata.new)]
    return Step(events.OpType(metadata.op).value, metadata.urn, tuple(changed), differences(states[0], states[1]))
