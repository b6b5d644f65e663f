"""What a deployment does, step by step, and what it reports while it does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.engine.provider import Diff
    from sandbox.engine.state import Resource

Operation = Literal["create", "update", "replace", "delete", "same", "create-replacement", "delete-replaced"]
_HALVES = frozenset({"create-replacement", "delete-replaced"})


@dataclass(frozen=True)
class Step:
    """One step: `old` and `new` are the states before and after it (without outputs yet, when `new` is being made)."""

    op: Operation
    old: Resource | None
    new: Resource | None
    diff: Diff | None = None

    @property
    def resource(self) -> Resource:
        """The resource that it is about."""
        resource = self.new or self.old
        assert resource is not None  # noqa: S101 (a step without any state cannot be made)
        return resource

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return self.resource.urn

    @property
    def type(self) -> str:
        """The resource's type token."""
        return self.resource.type

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.resource.name

    @property
    def changed(self) -> list[str]:
        """The paths of the properties that differ."""
        if self.diff is None:
            return []
        return sorted(self.diff.detailed or self.diff.keys or self.diff.replace_keys)


@dataclass(frozen=True)
class Event:
    """Progress: a step begins, is done or has failed; or a line for the user (severity info or warning)."""

    kind: Literal["begin", "done", "failed", "message"]
    message: str = ""
    severity: str = "info"
    step: Step | None = None


@dataclass
class Result:
    """A finished deployment: its steps, and the stack's outputs, in which secrets are `Secret`."""

    all_steps: list[Step] = field(default_factory=list[Step])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    messages: list[Event] = field(default_factory=list[Event])

    @property
    def steps(self) -> list[Step]:
        """One step for each resource: a replacement counts once."""
        return [step for step in self.all_steps if step.op not in _HALVES]

    @property
    def changes(self) -> dict[str, int]:
        """How many resources each operation concerns."""
        return dict(Counter(step.op for step in self.steps))

    @property
    def unchanged(self) -> bool:
        """Whether there was nothing to do."""
        return set(self.changes) <= {"same"}
