"""Walks through the rotation of a client without an outage: a second client, the callers moved, the first removed.

Each run looks at the stack file and at what is deployed, checks what can be checked, and says what comes next. It
changes nothing: a stack file is edited by whoever answers for it, and deployed as always. Why: `docs/rotation.md`.

usage: python -m scripts.rotate --stack dev --client [PROVIDER/]NAME
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from agentcore_auth.authorizer.causes import TokenError
from agentcore_auth.cli.parsing import Parser
from agentcore_auth.files import UnreadableError
from agentcore_auth.outputs import Outputs, OutputsError
from agentcore_auth.pulumi_cli import read_outputs
from agentcore_auth.tokens.getting import credentials_of, get_token
from agentcore_auth.tokens.mcp_client import McpError, list_tools
from agentcore_auth.tokens.transport import UnreachableError
from configuration.policies import PROJECT
from configuration.stack_file import read_settings
from settings import ConfigurationError, Settings

_DONE, _WRONG_USE = 0, 2


class RotationError(Exception):
    """The client cannot be rotated so; the message says why, and what to do."""


@dataclass(frozen=True)
class Rotation:
    """A client of a provider, and the one that takes its place."""

    stack: str
    provider: str
    client: str

    @property
    def successor(self) -> str:
        """The name with the next number: `agent`, `agent-2`, `agent-3`."""
        numbered = re.fullmatch(r"(.+)-(\d+)", self.client)
        return f"{numbered[1]}-{int(numbered[2]) + 1}" if numbered else f"{self.client}-2"


def chosen(settings: Settings, stack: str, given: str, deployed: Mapping[str, Sequence[str]]) -> Rotation:
    """The rotation of a client that is named as `name` or `provider/name`.

    `deployed` has the names of the clients that there are, by provider. Raises RotationError.
    """
    provider, _, name = given.rpartition("/")
    known = {key: {*_clients(settings, key), *deployed.get(key, ())} for key in settings.providers}
    having = [key for key, clients in known.items() if name in clients and provider in ("", key)]
    if len(having) == 1:
        return Rotation(stack, having[0], name)
    valid = ", ".join(sorted(f"{key}/{each}" for key, clients in known.items() for each in clients)) or "none"
    problem = "several providers have" if having else "no provider has"
    raise RotationError(f"{problem} a client {given}; valid: {valid}")


def next_step(
    rotation: Rotation, settings: Settings, deployed: Sequence[str], access: Mapping[str, Any] | None
) -> tuple[str, str]:
    """What comes next, as (name of the step, what to do).

    `deployed` are the provider's clients that there are; `access` is that section of the stack file. Raises
    RotationError.
    """
    provider, old, new = rotation.provider, rotation.client, rotation.successor
    described = _clients(settings, provider)
    if old not in described:
        if old in deployed:
            return "deploy", f"{old} is out of the stack file: make preview STACK={rotation.stack}, then make up"
        return "done", f"{provider} has no client {old} any more: the rotation is over"
    if new not in described:
        if problem := _obstacle(settings, rotation):
            raise RotationError(problem)
        return "add", "\n".join(
            [
                f"add a client {new} that may do what {old} may, to Pulumi.{rotation.stack}.yaml:",
                _snippet(provider, {"clients": described | {new: described[old]}}),
                *_access_snippet(rotation, access),
                f"then: make up STACK={rotation.stack}, and this again",
            ]
        )
    if new not in deployed:
        return "deploy", f"{new} is in the stack file: make up STACK={rotation.stack}, then this again"
    rest = {name: client for name, client in described.items() if name != old}
    return "move", "\n".join(
        [
            f"move the callers of {old} to {new}; its settings for .env:",
            f"  agentcore-auth env --stack {rotation.stack} --idp {provider} --client {new} --file .env.{new}",
            f"when nobody uses {old} any more, take it out of Pulumi.{rotation.stack}.yaml:",
            _snippet(provider, {"clients": rest}),
            *([f"  and its entry access.{provider}.{old}"] if old in (access or {}).get(provider, {}) else []),
            f"then: make preview STACK={rotation.stack} (it says who loses access), make up, and this again",
        ]
    )


def _clients(settings: Settings, provider: str) -> dict[str, Any]:
    """The clients of a provider's section, as the stack file would spell them."""
    section = settings.providers[provider].model_dump(by_alias=True, exclude_none=True, mode="json")
    return cast("dict[str, Any]", section.get("clients", {}))


def _obstacle(settings: Settings, rotation: Rotation) -> str:
    """Why a second client would cost an outage, or is refused; empty where it does not."""
    section = settings.providers[rotation.provider]
    several = len(section.callers(settings.gateway.name).clients or ()) > 1
    return "" if settings.mode == "tutorial" or several else section.second_client_problem()


def _access_snippet(rotation: Rotation, access: Mapping[str, Any] | None) -> list[str]:
    entry = ((access or {}).get(rotation.provider) or {}).get(rotation.client)
    return [_snippet("access", {rotation.provider: {rotation.successor: entry}})] if entry else []


def _snippet(key: str, section: Mapping[str, Any]) -> str:
    # A copy, since YAML would write what stands there twice once, with an anchor.
    copied = json.loads(json.dumps({f"agentcore-auth:{key}": section}))
    text = yaml.safe_dump(copied, sort_keys=False, default_flow_style=None, width=100)
    return "\n".join(f"    {line}" for line in text.splitlines())


def compared(outputs: Outputs, rotation: Rotation) -> str:
    """What calls by both clients show: that the new one sees every tool of the old one. Raises RotationError."""
    gateway, provider = outputs.gateway(rotation.provider), outputs.provider(rotation.provider)

    def seen(name: str) -> set[str]:
        try:
            token = get_token(credentials_of(provider, provider.client(name)), cache=None).token
            return set(list_tools(gateway.mcp_url, token))
        except (TokenError, McpError, UnreachableError, OutputsError) as error:
            raise RotationError(f"{name} does not get through: {error}; agentcore-auth verify says more") from None

    if missing := sorted(seen(rotation.client) - seen(rotation.successor)):
        raise RotationError(
            f"{rotation.successor} may not call {', '.join(missing)}, as {rotation.client} may: give it the same "
            f"scopes, and the same entries under access.{rotation.provider}"
        )
    return f"{rotation.successor} gets a token, is let in, and sees every tool that {rotation.client} sees"


def main(arguments: Sequence[str] | None = None, read: Callable[[str], Outputs] = read_outputs) -> int:
    """The command line; 0, or 2 after a message. Raises SystemExit for wrong use."""
    parser = Parser(prog="python -m scripts.rotate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stack", required=True)
    parser.add_argument("--client", required=True, metavar="[PROVIDER/]NAME")
    parser.add_argument("--project", type=Path, default=PROJECT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        settings, flat = read_settings(options.project / f"Pulumi.{options.stack}.yaml", options.project)
        outputs = read(options.stack)
        deployed = {name: list(provider.clients) for name, provider in outputs.providers.items()}
        rotation = chosen(settings, options.stack, options.client, deployed)
        access = json.loads(flat.get("agentcore-auth:access", "null"))
        step, what = next_step(rotation, settings, deployed.get(rotation.provider, ()), access)
        if step == "move":
            sys.stdout.write(f"{compared(outputs, rotation)}\n")
    except (RotationError, OutputsError, ConfigurationError, UnreadableError, yaml.YAMLError) as error:
        sys.stderr.write(f"rotate: {error}\n")
        return _WRONG_USE
    sys.stdout.write(f"{what}\n")
    return _DONE


if __name__ == "__main__":
    raise SystemExit(main())
