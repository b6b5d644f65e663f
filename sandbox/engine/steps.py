"""What a deployment does, step by step, and what it reports while it does it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.engine.provider import Diff
    from sandbox.engine.state import Resource

Operation = Literal["create", "update", "replace", "delete", "same", "delete-replaced"]


@dataclass(frozen=True)
class Step:
    """What happens to one resource; `old` and `new` are its states, copied where a preview shows them."""

    op: Operation
    old: Resource | None
    new: Resource | None
    diff: Diff | None = None

    @property
    def resource(self) -> Resource:
        """The resource, as it will be if it will be."""
        resource = self.new or self.old
        assert resource is not None  # noqa: S101 (no step is about nothing)
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
        return sorted(self.diff.detailed or self.diff.keys or self.diff.replace_keys) if self.diff else []


@dataclass(frozen=True)
class Event:
    """Progress: a step begins, is done or has failed; or a line for the user (severity `info` or `warning`).

    A replacement is two steps here: `replace`, and `delete-replaced` for what is replaced.
    """

    kind: Literal["begin", "done", "failed", "message"]
    step: Step | None = None
    message: str = ""
    severity: str = "info"


@dataclass
class Result:
    """A deployment that went well: one step for each resource of the program, and the stack's outputs.

    `config` is the stack's configuration with `[secret]` for secrets, `seconds` the time it all took. In `outputs`,
    secrets are `Secret`, and what a preview cannot know is `UNKNOWN`.
    """

    steps: list[Step] = field(default_factory=list["Step"])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    messages: list[Event] = field(default_factory=list["Event"])
    config: dict[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0.0

    @property
    def changes(self) -> dict[str, int]:
        """How many resources each operation concerns."""
        return dict(Counter(step.op for step in self.steps))

    @property
    def is_unchanged(self) -> bool:
        """Whether there was nothing to do."""
        return set(self.changes) <= {"same"}
