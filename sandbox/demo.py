"""The demonstration: deploy on a fresh sandbox, let every provider's clients in, and keep everybody else out.

In both modes: the stack as its file has it, pinned, and then the same stack updated to `mode: tutorial`. Everything is
asked over the network, as a caller would: tokens at the providers' token endpoints, gateways with the official MCP
client. Only tokens that no client of the stack could get (expired, of another client, without the scope) are minted.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TextIO, cast

import yaml

from agentcore_auth.authorizer.causes import Cause, TokenError
from agentcore_auth.authorizer.jws import parse
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.authorizer.shapes import shape_of
from agentcore_auth.mode import Mode
from agentcore_auth.outputs import Client, Gateway, OutputsError, Provider
from agentcore_auth.tokens.getting import credentials_of, get_token
from configuration.section import PROJECT as NAMESPACE
from sandbox import demo_report, progress, project
from sandbox.caller import knock, list_tools, use_tools
from sandbox.demo_report import NO_TOKEN, Admission, Pass, Report, Trial, Use
from sandbox.engine import DeploymentError, Event
from sandbox.services import PROJECT, Services
from sandbox.stack import Stack

STACK = "sandbox"
_PATH = re.compile(r"(?:\w+\.)+(\w+)")
_EXAMPLES = {"name": "restock", "groupname": "default", "sku": "pen", "order": "1017"}
"""Texts by the name of an argument: what exists on the sandbox (seeds.py, backends.py)."""


def demo(running: Services, began: float, *, as_json: bool, engine: str) -> int:
    """Run it on services that were started for it; 0 where everything is as it should be.

    `began`: the `time.monotonic()` of when the user asked. `engine`: sandbox, or pulumi for the CLI on PATH.
    """
    told = sys.stderr if as_json else sys.stdout
    os.environ.update(running.environment(os.environ))
    stack = Stack(running, project.copy(PROJECT, running.folder / "project"), STACK)
    progress.say(demo_report.title(engine), told)
    try:
        if engine == "pulumi":
            _pulumi(stack, "stack", "init", told=told)
        created = _deploy(stack, engine, told)["create"]
        asked = _Demonstration(stack, "pinned")
        pinned, uses = asked.run({}), asked.uses()
        progress.say(demo_report.pinned_text(pinned, uses), told)
        _switch_to_tutorial(stack)
        changes = _deploy(stack, engine, told)
        tutorial = _Demonstration(stack, "tutorial").run(changes)
    except (DeploymentError, TokenError, OutputsError) as error:
        progress.say(f"\ndemo: {error}", sys.stderr)
        return 1
    report = Report(pinned, tutorial, uses, created, time.monotonic() - began)
    progress.say(demo_report.tutorial_text(report), told)
    if as_json:
        progress.say(json.dumps(report.document(), indent=2))
    return 0 if report.ok else 1


def _deploy(stack: Stack, engine: str, told: TextIO) -> Mapping[str, int]:
    """Deploy, and tell what changes meanwhile; gives operation -> resources. Raises DeploymentError."""
    if engine == "pulumi":
        _pulumi(stack, "up", "--yes", "--skip-preview", "--suppress-outputs", told=told)
        (last,) = json.loads(_pulumi(stack, "stack", "history", "--json", "--page-size", "1"))
        changes = cast("dict[str, int]", last["resourceChanges"])
    else:
        began = time.monotonic()
        result = stack.run("up", _printer(told))
        progress.say(f"\n  {progress.summary(result)} in {time.monotonic() - began:.1f} s", told)
        changes = result.changes
    return {operation: count for operation, count in sorted(changes.items()) if operation != "same" and count}


def _printer(told: TextIO) -> Callable[[Event], None]:
    """Tells what is done; of a property that differs its own name, because its whole path fits into no line."""

    def listen(event: Event) -> None:
        line = progress.line_for(event)
        if line is not None:
            progress.say(_PATH.sub(r"\1", line) if event.kind == "done" else line, told)

    return listen


def _pulumi(stack: Stack, *arguments: str, told: TextIO | None = None) -> str:
    """Run the CLI; gives what it printed unless that is `told`. Raises DeploymentError."""
    command = ["pulumi", *arguments, "--stack", stack.name, "--non-interactive"]
    done = subprocess.run(  # noqa: S603  # fixed commands
        command, cwd=stack.project, stdout=told or subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise DeploymentError(f"`{' '.join(command)}` failed")
    return done.stdout or ""


def _stack_file(stack: Stack) -> dict[str, Any]:
    return yaml.safe_load((stack.project / f"Pulumi.{stack.name}.yaml").read_text())


def _switch_to_tutorial(stack: Stack) -> None:
    """Write the mode into the copy's stack file."""
    written = _stack_file(stack)
    project.write_stack_file(
        stack.project, stack.name, {**written["config"], "mode": "tutorial"}, salt=written["encryptionsalt"]
    )


@dataclass(frozen=True)
class _Caller:
    """A client of the stack with its token."""

    gateway: Gateway[str]
    provider: Provider[str]
    client: Client[str]
    token: str

    @property
    def claims(self) -> Mapping[str, Any]:
        return parse(self.token).claims


class _Demonstration:
    """The deployed stack, asked by everybody; providers in the stack file's order, clients by name."""

    def __init__(self, stack: Stack, mode: Mode) -> None:
        outputs = stack.outputs()
        order = cast("list[str]", _stack_file(stack)["config"][f"{NAMESPACE}:identityProviders"])
        self._services = stack.services
        self._mode: Mode = mode
        self._gateways = {name: outputs.gateway(name) for name in order}
        self._callers = [
            _Caller(gateway, provider, client, get_token(credentials_of(provider, client), cache=None).token)
            for name, gateway in self._gateways.items()
            for provider in [outputs.provider(name)]
            for _, client in sorted(provider.clients.items())
        ]

    @property
    def _first_callers(self) -> list[_Caller]:
        """One client of each provider."""
        return [
            next(caller for caller in self._callers if caller.provider.name == provider) for provider in self._gateways
        ]

    def run(self, changes: Mapping[str, int]) -> Pass:
        """Whom the gateways let in, and whom not. `changes` is what the deployment did."""
        with ThreadPoolExecutor() as at_once:
            admissions = at_once.map(self._admission, self._callers)
            trials = at_once.map(self._trials, self._first_callers)
            return Pass(
                gateways=tuple(self._gateways),
                changes=changes,
                admissions=tuple(admissions),
                trials=tuple(chain.from_iterable(trials)),
            )

    def uses(self) -> tuple[Use, ...]:
        """The first tool of every target, called at every gateway."""
        with ThreadPoolExecutor() as at_once:
            return tuple(chain.from_iterable(at_once.map(self._uses, self._first_callers)))

    def _admission(self, caller: _Caller) -> Admission:
        shape = shape_of(caller.claims)
        authorizer = Authorizer.from_api(caller.gateway.authorizer)
        verdict = judge(authorizer, caller.claims, issuer=caller.provider.issuer, now=time.time())
        answer = knock(caller.gateway.mcp_url, caller.token)
        tools = list_tools(caller.gateway.mcp_url, caller.token) if answer.status == 200 else []
        return Admission(
            gateway=caller.provider.name,
            client=caller.client.name,
            shape=shape.name if shape else "unknown",
            authorizer=caller.gateway.authorizer,
            matched=verdict.matched,
            status=answer.status,
            tools=tuple(tool.name for tool in tools),
        )

    def _uses(self, caller: _Caller) -> list[Use]:
        url, token = caller.gateway.mcp_url, caller.token
        if knock(url, token).status != 200:
            return []
        tools = {tool.name.partition("___")[0]: tool for tool in reversed(list_tools(url, token))}
        calls = [(tool.name, example_arguments(tool.input_schema)) for _, tool in sorted(tools.items())]
        _, results = use_tools(url, token, calls)
        return [
            Use(caller.provider.name, name, arguments, result.text, result.failed)
            for (name, arguments), result in zip(calls, results, strict=True)
        ]

    def _trials(self, caller: _Caller) -> list[Trial]:
        return [self._wrong_secret(caller), *self._bad_tokens(caller), *self._elsewhere(caller)]

    def _wrong_secret(self, caller: _Caller) -> Trial:
        credentials = replace(credentials_of(caller.provider, caller.client), client_secret="wrong")  # noqa: S106
        try:
            get_token(credentials, cache=None)
            answered = "a token"
        except TokenError as error:
            answered = NO_TOKEN if error.cause is Cause.WRONG_SECRET else error.cause.value
        return Trial("a wrong client secret", caller.provider.name, NO_TOKEN, answered)

    def _bad_tokens(self, caller: _Caller) -> list[Trial]:
        claims, now = caller.claims, int(time.time())
        stranger = {name: "someone-else" for name in ("sub", "client_id", "azp", "cid") if name in claims}
        scope_claim = "scp" if "scp" in claims else "scope"
        other_scope = ["some-other-scope"] if scope_claim == "scp" else "some-other-scope"
        # The tutorial has one list: the audience, where tokens have one, and else the client.
        pinned = self._mode == "pinned"
        client_is_checked = pinned or "aud" not in claims
        tokens = {
            "no token at all": (401, None),
            "the token of another client": (401 if client_is_checked else 200, self._mint({**claims, **stranger})),
            "an expired token": (401, self._mint({**claims, "iat": now - 7200, "exp": now - 3600})),
            "a token that was tampered with": (401, tampered(caller.token)),
            "a token without the scope": (403 if pinned else 200, self._mint({**claims, scope_claim: other_scope})),
        }
        return [
            Trial(asked, caller.provider.name, str(expected), str(knock(caller.gateway.mcp_url, token).status))
            for asked, (expected, token) in tokens.items()
        ]

    def _elsewhere(self, caller: _Caller) -> list[Trial]:
        return [
            Trial(f"the token for {caller.provider.name}", name, "401", str(answer.status))
            for name, gateway in self._gateways.items()
            if name != caller.provider.name
            for answer in [knock(gateway.mcp_url, caller.token)]
        ]

    def _mint(self, claims: Mapping[str, Any]) -> str:
        return self._services.mint(claims, issuer=str(claims["iss"]))


def tampered(token: str) -> str:
    """The token with another claim added, under the signature that it had."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "admin": True}).encode()).rstrip(b"=").decode()
    return f"{header}.{forged}.{signature}"


def example_arguments(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that satisfy a tool's input schema: what is required, with values that the sandbox's backends know."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return {name: _example(name, properties.get(name, {})) for name in schema.get("required", properties)}


def _example(name: str, schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return example_arguments(schema)
        case "array":
            return [_example(name, schema.get("items", {}))]
        case "number" | "integer":
            return 1
        case "boolean":
            return True
        case _:
            return _EXAMPLES.get(name.lower(), "hello")
