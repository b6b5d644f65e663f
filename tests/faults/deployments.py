"""A stack that is deployed, changed and destroyed while one call after the other fails, and what its user does then.

After each failure the state has to open, the message has to name the resource, and what the engine or the program asks
for (`cancel`, `refresh`, `import`) has to work. In the end everything has to be as after a run without faults.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any, Literal, cast

import psutil
from pulumi.automation import PulumiCommand

from components.recovery import advise_on_pending
from sandbox.project import write_stack_file
from sandbox.services import PROJECT, Services
from sandbox.stack import DeploymentError, Stack
from tests.faults.providers import ANSWERED, Call, Fault, Faults, Forward, command_killed, disk_full

Operation = Literal["up", "destroy"]
NAME = "faults"
_SAMPLE = {"name": "sample", "type": "sample"}
FIRST: Mapping[str, Any] = {
    "gateway": {"name": NAME},
    "identityProviders": ["cognito"],
    "cognito": {"clients": {"leaving": {}}},
    "targets": [_SAMPLE],
}
CHANGED: Mapping[str, Any] = {
    "gateway": {"name": NAME, "description": "Tools"},
    "identityProviders": ["cognito"],
    "cognito": {"clients": {"coming": {}}, "scopes": ["read", "admin"]},
    "targets": [_SAMPLE],
}
_ENDED_SECONDS = 300
_IMPORT = re.compile(r"^  pulumi (import .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Phase:
    """One command and the configuration that it deploys, if it does."""

    title: str
    operation: Operation
    config: Mapping[str, Any] | None


PHASES = (
    Phase("first `up`", "up", FIRST),
    Phase("`up` with changes", "up", CHANGED),
    Phase("`destroy`", "destroy", None),
)


@dataclass(frozen=True)
class Situation:
    """What there is after a phase: the state's resources, and how many of each kind exist at the services."""

    urns: frozenset[str]
    kinds: Mapping[str, int]


@dataclass
class Outcome:
    """How a phase went under one kind of fault: the calls that it happened to, and whatever was not as it has to be."""

    tried: list[Call] = field(default_factory=list[Call])
    problems: list[str] = field(default_factory=list[str])


class Deployed:
    """A stack on services, behind provider servers that fail as `faults` has them."""

    def __init__(self, services: Services, ports: Mapping[str, int], project: Path, cli: PulumiCommand) -> None:
        self._services = services
        self._behind = replace(services, providers=ports)
        self._stack = Stack(self._behind, project, NAME, cli)

    def configure(self, config: Mapping[str, Any]) -> None:
        write_stack_file(self._stack.project, NAME, config)

    def run(self, operation: Operation) -> str | None:
        """Up or destroy; gives the message where it fails."""
        try:
            getattr(self._stack, operation)()
        except DeploymentError as error:
            return str(error) or "it failed without a word"
        return None

    def run_apart(self, operation: Operation) -> str | None:
        """The same by a process of its own, which may be killed; gives what it prints where it fails."""
        ports = json.dumps(dict(self._behind.providers))
        command = [sys.executable, "-m", "tests.faults.apart", self._services.folder, ports, self._stack.project]
        done = subprocess.run(
            [*command, operation], cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False
        )
        return (done.stderr or f"ended with {done.returncode}") if done.returncode else None

    def is_unchanged(self) -> bool:
        return self._stack.preview().is_unchanged

    def cli(self, *arguments: str) -> str:
        """Raises DeploymentError."""
        return self._stack.run_cli(*arguments)

    def state(self) -> dict[str, Any]:
        """The deployment as `pulumi stack export` gives it. Raises DeploymentError for a state that does not open."""
        return cast("dict[str, Any]", json.loads(self.cli("stack", "export"))["deployment"])

    def state_after(self, fault: Fault) -> dict[str, Any]:
        """The same after a fault. Where a disk was full the file can be empty, and the one before it lies beside it."""
        try:
            return self.state()
        except DeploymentError:
            if fault is not disk_full:
                raise
            [file] = (self._services.backend / ".pulumi/stacks").rglob(f"{NAME}.json")
            shutil.copy(f"{file}.bak", file)
            return self.state()

    def situation(self) -> Situation:
        urns = frozenset(each["urn"] for each in self.state().get("resources") or [])
        return Situation(urns, Counter(_kind(each) for each in self._services.leftovers()))

    @property
    def is_locked(self) -> bool:
        return any((self._services.backend / ".pulumi/locks").rglob("*.json"))

    def programs(self) -> list[psutil.Process]:
        """What the services have started: the programs of deployments that run."""
        return psutil.Process(self._services.pid).children(recursive=True)


def _kind(resource: str) -> str:
    """`arn:aws:iam::123456789012:role/…` as `iam:role`."""
    parts = resource.split(":", 5)
    return f"{parts[2]}:{re.split('[:/]', parts[5])[0]}" if parts[0] == "arn" else resource.split(maxsplit=1)[0]


class Ordeal:
    """Phases under one kind of fault; `undisturbed` are the situations after a run without any."""

    def __init__(self, deployed: Deployed, faults: Faults, undisturbed: Mapping[str, Situation]) -> None:
        self._deployed, self._faults, self._undisturbed = deployed, faults, undisturbed

    def go_through(self, phase: Phase, fault: Fault, tell: Callable[[str], None] = lambda _: None) -> Outcome:
        """Run the phase's command until nothing new fails in it, doing after each failure what is asked for.

        `tell` hears of each call and of each problem at once: a run that is stopped has told what it found.
        """
        outcome = Outcome()

        def record(*problems: str) -> None:
            outcome.problems.extend(problems)
            for problem in problems:
                tell(f"not survived: {problem}")

        if phase.config is not None:
            self._deployed.configure(phase.config)
        self._faults.seen.clear()
        run = self._deployed.run_apart if fault is command_killed else self._deployed.run
        while True:
            self._faults.arm(fault)
            failure = run(phase.operation)
            call = self._faults.happened
            self._faults.arm(None)
            if call is None and failure and self._follow(failure):
                continue
            if call is None:
                break
            outcome.tried.append(call)
            tell(f"{phase.title}: {call}")
            try:
                record(*(f"{call}: {problem}" for problem in self._recover(call, fault, failure or "")))
            except DeploymentError as error:
                record(f"{call}: {error}")
                return outcome
        if failure:
            record(f"{phase.title}: {failure}")
        elif phase.title in self._undisturbed:
            record(*(f"{phase.title}: {difference}" for difference in self._differences(phase)))
        tell(f"{phase.title}: {len(outcome.tried)} calls, {len(outcome.problems)} problems")
        return outcome

    def _recover(self, call: Call, fault: Fault, failure: str) -> list[str]:
        """What a user does, led by what is said; gives what is not as it has to be."""
        problems: list[str] = []
        assert self._faults.client is not None
        _, alive = psutil.wait_procs([self._faults.client, *self._deployed.programs()], _ENDED_SECONDS)
        if alive:
            problems.append(f"left running: {[process.cmdline() for process in alive]}")
        state = self._deployed.state_after(fault)
        named = call.subject.rpartition("::")[2]
        if fault in ANSWERED and named not in failure:
            problems.append(f"the message does not name {named}: {failure}")
        advice = [failure, *advise_on_pending(state, NAME)]
        for urn in sorted(_replacements_begun(state) & self._faults.made.keys()):
            self._faults.deletions[urn]()
        if state.get("pending_operations") or self._deployed.is_locked:
            self._refresh()
        self._follow("\n".join(advice))
        return problems

    def _follow(self, advice: str) -> bool:
        """Import what is advised and exists; gives whether there was any."""
        found = [self._take_in(*_arguments(command)) for command in _IMPORT.findall(advice)]
        return any(found)

    def _take_in(self, verb: str, kind: str, name: str, identifier: str, *options: str) -> bool:
        """Import a resource if it exists: what was made earlier may have been deleted meanwhile."""
        made = self._faults.made_of(kind, name)
        if made is None:
            return False
        try:
            self._deployed.cli(verb, kind, name, _with_id(identifier, made), *options)
        except DeploymentError as absent:
            if "does not exist" not in str(absent):
                raise
            return False
        return True

    def _refresh(self) -> None:
        """Have the engine forget what was only begun, once the lock of whoever was killed is off."""
        refresh = ("refresh", "--yes", "--skip-preview", "--clear-pending-creates")
        try:
            self._deployed.cli(*refresh)
        except DeploymentError as locked:
            if "`pulumi cancel`" not in str(locked):
                raise
            self._deployed.cli("cancel", "--yes")
            self._deployed.cli(*refresh)

    def _differences(self, phase: Phase) -> list[str]:
        """From a run without faults."""
        found, expected = self._deployed.situation(), self._undisturbed[phase.title]
        differences: list[str] = []
        if found.urns != expected.urns:
            differences.append(f"the state differs: {sorted(found.urns ^ expected.urns)}")
        if found.kinds != expected.kinds:
            differences.append(f"there is {dict(found.kinds)}, not {dict(expected.kinds)}")
        if phase.operation == "up" and not self._deployed.is_unchanged():
            differences.append("another `up` would change something")
        return differences


def _replacements_begun(state: Mapping[str, Any]) -> set[str]:
    """The URNs of what was being made in place of something that is still there: it is said to be deleted by hand."""
    begun = {each["resource"]["urn"] for each in state.get("pending_operations") or [] if each["type"] == "creating"}
    return begun & {each["urn"] for each in state.get("resources") or []}


def two_at_once(first: Deployed, second: Deployed, faults: Faults) -> list[str]:
    """Deploy a stack while it is being deployed; gives what is not as it has to be."""
    reached, released = Event(), Event()

    def held(_call: Call, forward: Forward, _cli: psutil.Process) -> bytes:
        reached.set()
        released.wait()
        return forward()

    first.configure(FIRST)
    faults.seen.clear()
    faults.arm(held, alone=True)
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(first.run, "up")
        running.add_done_callback(lambda _: reached.set())
        reached.wait()
        refusal = second.run("up") or "it was let in"
        released.set()
        failure = running.result()
    faults.arm(None)
    problems = [] if "currently locked" in refusal else [f"the second `up`: {refusal}"]
    return problems + ([f"the first `up`: {failure}"] if failure else [])


def undisturbed(deployed: Deployed, phases: Sequence[Phase] = PHASES) -> dict[str, Situation]:
    """What there is after each phase where nothing fails. Raises AssertionError where it does."""
    situations: dict[str, Situation] = {}
    for phase in phases:
        if phase.config is not None:
            deployed.configure(phase.config)
        failure = deployed.run(phase.operation)
        assert failure is None, failure
        situations[phase.title] = deployed.situation()
    return situations


def _arguments(command: str) -> list[str]:
    """The arguments of an advised command, without questions: `import`, type, name, id, and options."""
    words = shlex.split(command)
    stack = words.index("--stack")
    return [*words[:stack], *words[stack + 2 :], "--yes", "--skip-preview"]


def _with_id(identifier: str, made: str) -> str:
    return re.sub(r"(^|[,/|])ID$", lambda before: before[1] + made, identifier)
