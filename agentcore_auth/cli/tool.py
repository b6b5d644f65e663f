"""Tools as options name them, and which policy lets a caller use one, or why none does: for `check` and `verify`."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from agentcore_auth.authorizer.jws import parse_json
from agentcore_auth.cli.terminal import WRONG_USE, CommandError

if TYPE_CHECKING:
    from agentcore_auth.access.rules import Caller

Arguments = Mapping[str, object]


@dataclass(frozen=True)
class Policies:
    """A gateway's policies by name, as Cedar text, for the gateway of this ARN. `logs_only`: they refuse nothing."""

    statements: Mapping[str, str]
    gateway_arn: str
    logs_only: bool = False


@dataclass(frozen=True)
class ToolVerdict:
    """What the policies say of a tool: permitted by which, or forbidden by them, and why none permits it.

    `refused` is False where refusals are only logged.
    """

    tool: str
    permitted: bool
    refused: bool
    policies: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For a person."""
        return [self._first(), *(f"  {reason}" for reason in self.reasons)]

    def _first(self) -> str:
        by = ", ".join(self.policies)
        if self.permitted:
            return f"tool {self.tool}: permitted" + (f" by policy {by}" if by else "")
        said = f"forbidden by policy {by}" if by else "no policy permits it"
        return f"tool {self.tool}: {said}" + ("" if self.refused else "; let through, since accessMode is logOnly")


def tool_and_arguments(given: str, option: str) -> tuple[str, Arguments | None]:
    """`TOOL` or `TOOL=JSON`, as options give it; None without arguments. Raises CommandError."""
    name, separator, text = given.partition("=")
    return name, arguments_of(text or "{}", f"{option} {name}") if separator else None


def arguments_of(text: str, where: str) -> Mapping[str, object]:
    """A tool's arguments from the command line: a JSON object. Raises CommandError."""
    try:
        arguments = parse_json(text)
    except ValueError as error:
        raise CommandError(f"{where}: its arguments are {error}", WRONG_USE) from None
    if not isinstance(arguments, dict):
        raise CommandError(f"{where}: its arguments have to be a JSON object", WRONG_USE)
    return cast("dict[str, object]", arguments)


def require_cedar(options: argparse.Namespace) -> None:
    """Raises CommandError where --tool is given and what decides over Cedar is not installed."""
    if options.tool and importlib.util.find_spec("cedarpy") is None:
        raise CommandError(
            "--tool needs cedarpy, which is not installed: pip install 'agentcore-auth[access]'", WRONG_USE
        )


def tool_verdict(policies: Policies | None, caller: Caller, tool: str, arguments: Arguments | None) -> ToolVerdict:
    """What the policies of a gateway (None: it has none) say of somebody's call."""
    from agentcore_auth.access.policies import decide, reasons  # noqa: PLC0415 - cedarpy, only where a tool is asked for

    if policies is None:
        return ToolVerdict(tool, True, False, (), ("the gateway has no policy engine: every tool may be called",))
    asked = policies.statements, caller, policies.gateway_arn, tool
    decision = decide(*asked, arguments)
    depends = arguments is None and decision.allowed and not decide(*asked, {}).allowed
    if depends:
        why = [f"it depends on the arguments: --tool '{tool}={{…}}'"]
    elif decision.allowed or decision.policies:
        why = []
    else:
        why = reasons(*asked, arguments) or [f"none of {len(policies.statements)} policies is for that tool"]
    return ToolVerdict(
        tool,
        decision.allowed,
        not decision.allowed and not policies.logs_only,
        decision.policies,
        (*why, *(f"failed: {failure}" for failure in decision.failed)),
    )
