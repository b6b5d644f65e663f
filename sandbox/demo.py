"""The demonstration: deploy on a fresh sandbox, let every provider's clients in, and keep everybody else out.

Everything is asked over the network, as a caller would: tokens at the providers' token endpoints, gateways with the
official MCP client. Only tokens that no provider would issue (expired, of a client that does not exist) are minted.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TextIO

from sandbox import demo_report, progress, project
from sandbox.caller import knock, list_tools, use_tools
from sandbox.demo_report import NO_TOKEN, Admission, Refusal, Report, Use
from sandbox.engine import DeploymentError
from sandbox.services import PROJECT, Services
from sandbox.stack import Stack
from tokens.authorizer import Authorizer
from tokens.causes import Cause, TokenError
from tokens.getting import credentials_of, get_token
from tokens.jws import parse
from tokens.outputs import Client, Gateway, Outputs, OutputsError, Provider
from tokens.rules import judge
from tokens.shapes import shape_of

STACK = "sandbox"
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
        created = _deploy(stack, engine, told)
        report = _Demonstration(running, stack.outputs()).run()
    except (DeploymentError, TokenError, OutputsError) as error:
        progress.say(f"\ndemo: {error}", sys.stderr)
        return 1
    report = replace(report, created=created, seconds=time.monotonic() - began)
    progress.say(json.dumps(report.document(), indent=2) if as_json else demo_report.text(report))
    return 0 if report.ok else 1


def _deploy(stack: Stack, engine: str, told: TextIO) -> int:
    """Deploy, and tell what is created meanwhile; gives how many resources there are. Raises DeploymentError."""
    if engine == "pulumi":
        command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs"]
        for arguments in (["pulumi", "stack", "init", stack.name], [*command, "--stack", stack.name]):
            try:
                done = subprocess.run(arguments, cwd=stack.project, stdout=told, check=False)  # noqa: S603  # fixed
            except FileNotFoundError:
                raise DeploymentError("pulumi is not on PATH: make install-pulumi, or leave ENGINE out") from None
            if done.returncode:
                raise DeploymentError(f"`{' '.join(arguments)}` failed")
        return stack.size()
    began = time.monotonic()
    result = stack.run("up", progress.printer(told))
    progress.say(f"\n  {progress.summary(result)} in {time.monotonic() - began:.1f} s", told)
    return result.changes.get("create", 0)


@dataclass(frozen=True)
class _Caller:
    """A client of the stack with its token."""

    gateway: Gateway
    provider: Provider
    client: Client
    token: str

    @property
    def claims(self) -> Mapping[str, Any]:
        return parse(self.token).claims


class _Demonstration:
    def __init__(self, running: Services, outputs: Outputs) -> None:
        self._services = running
        self._gateways = dict(sorted(outputs.gateways.items()))
        self._callers = [
            _Caller(gateway, provider, client, get_token(credentials_of(provider, client), cache=None).token)
            for name, gateway in self._gateways.items()
            for provider in [outputs.providers[name]]
            for client in provider.clients.values()
        ]

    def run(self) -> Report:
        first = {caller.provider.name: caller for caller in reversed(self._callers)}.values()
        with ThreadPoolExecutor() as at_once:
            admissions = at_once.map(self._admission, self._callers)
            uses = at_once.map(self._uses, first)
            refusals = at_once.map(self._refusals, first)
            return Report(
                gateways=tuple(self._gateways),
                admissions=tuple(admissions),
                uses=tuple(chain.from_iterable(uses)),
                refusals=tuple(chain.from_iterable(refusals)),
            )

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
        """The first tool of every target, called."""
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

    def _refusals(self, caller: _Caller) -> list[Refusal]:
        return [self._wrong_secret(caller), *self._bad_tokens(caller), *self._elsewhere(caller)]

    def _wrong_secret(self, caller: _Caller) -> Refusal:
        credentials = replace(credentials_of(caller.provider, caller.client), client_secret="wrong")  # noqa: S106
        try:
            get_token(credentials, cache=None)
            answered = "a token"
        except TokenError as error:
            answered = NO_TOKEN if error.cause is Cause.WRONG_SECRET else error.cause.value
        return Refusal("a wrong client secret", caller.provider.name, NO_TOKEN, answered)

    def _bad_tokens(self, caller: _Caller) -> list[Refusal]:
        claims, now = caller.claims, int(time.time())
        stranger = {name: "someone-else" for name in ("sub", "client_id", "azp", "cid") if name in claims}
        scope_claim = "scp" if "scp" in claims else "scope"
        other_scope = ["some-other-scope"] if scope_claim == "scp" else "some-other-scope"
        tokens = {
            "no token at all": (401, None),
            "the token of another client": (401, self._mint({**claims, **stranger})),
            "an expired token": (401, self._mint({**claims, "iat": now - 7200, "exp": now - 3600})),
            "a token that was tampered with": (401, tampered(caller.token)),
            "a token without the scope": (403, self._mint({**claims, scope_claim: other_scope})),
        }
        return [
            Refusal(asked, caller.provider.name, str(expected), str(knock(caller.gateway.mcp_url, token).status))
            for asked, (expected, token) in tokens.items()
        ]

    def _elsewhere(self, caller: _Caller) -> list[Refusal]:
        return [
            Refusal(
                f"the token for {caller.provider.name}", name, "401", str(knock(gateway.mcp_url, caller.token).status)
            )
            for name, gateway in self._gateways.items()
            if name != caller.provider.name
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
