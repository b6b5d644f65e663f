"""Actions and resources that a stack file names for the execution role: checks, and the permissions that follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentcore_auth import iam
from agentcore_auth.iam.least_privilege import too_wide
from configuration.mistakes import Mistake


@dataclass(frozen=True)
class Grant:
    """IAM actions, and the ARNs that they act on: `*` stands for those that take no resource."""

    actions: Sequence[str]
    resources: Sequence[str]

    def mistakes(self, path: str) -> Iterator[Mistake]:
        """What is wider than least privilege allows; `path` is the section's that has `actions` and `resources`."""
        yield from _wildcards(f"{path}.actions", self.actions)
        named = self._without_resource()
        others = [action for action in self.actions if action not in named]
        if named and others and set(self.resources) == {"*"}:
            yield Mistake(
                f"{path}.resources",
                f"'*' is for {', '.join(named)}, which takes no resource; "
                f"name the ARNs that {', '.join(others)} acts on",
            )
        yield from _wildcards(f"{path}.resources", self.resources, apart="*" if named else None)

    def permissions(self, target: str) -> Sequence[iam.Permission]:
        """What the role of the target of this name has to be allowed."""
        named, arns = self._without_resource(), tuple(arn for arn in self.resources if arn != "*")
        others = tuple(action for action in self.actions if action not in named)
        if not named or not arns or not others:
            return (iam.ServiceCalls(target, tuple(self.actions), tuple(self.resources)),)
        # Apart, so that no other action is allowed on everything as well.
        return iam.ServiceCalls(target, others, arns), iam.ServiceCalls(target, tuple(named), ("*",))

    def _without_resource(self) -> list[str]:
        """The actions for which the `*` among the resources stands; none where there is no `*`."""
        return [action for action in self.actions if iam.takes_no_resource(action)] if "*" in self.resources else []


def _wildcards(path: str, values: Iterable[str], apart: str | None = None) -> Iterator[Mistake]:
    for index, value in enumerate(values):
        if value != apart and (reason := too_wide(value)):
            sentence = f"{value!r} is wider than least privilege, {reason}; name what the tools need, or mode: tutorial"
            yield Mistake(f"{path}[{index}]", sentence)
