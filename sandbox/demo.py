"""The demonstration: deploy on a fresh sandbox, let every provider's clients in, and keep everybody else out.

Twice at once, each into empty accounts: the stack as its file has it, pinned, and in `mode: tutorial`, which is asked
later. The first has a gateway for AWS signatures as well, and logs; beside it stands a gateway made
by hand, with the mistake that most people make. Everything is asked over the network, as a caller would: tokens at the
providers' token endpoints, gateways with the official MCP client. Only tokens that no client of the stack could get
(expired, of another client, without the scope) are minted.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

import boto3
import pulumi
import yaml
from mcp.shared.exceptions import MCPError
from pulumi.automation import PulumiCommand

from agentcore_auth.authorizer.causes import Cause, TokenError
from agentcore_auth.authorizer.jws import parse
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.authorizer.shapes import shape_of
from agentcore_auth.iam import SERVICE
from agentcore_auth.mode import Mode
from agentcore_auth.outputs import Client, Gateway, Outputs, OutputsError, Provider
from agentcore_auth.refusals import RefusedBy, counted
from agentcore_auth.tokens.getting import credentials_of, get_token
from agentcore_auth.tokens.signatures import Sign, signing
from configuration.section import PROJECT as NAMESPACE
from sandbox import demo_report, mock_engine, project
from sandbox.caller import knock, list_tools, use_tools
from sandbox.console import Dots, say
from sandbox.demo_report import NO_TOKEN, Admission, Mistake, Pass, Pinned, Report, Trial
from sandbox.services import PROJECT, SandboxError, Services
from sandbox.stack import Stack, cli_is_interrupted, pulumi_command

STACK = "sandbox"
_CALLS: Mapping[str, dict[str, Any]] = {
    "billing___invoice": {"order": "1017"},
    "forecasts___forecast": {"sku": "pen"},
    "inventory___getArticle": {"sku": "pen"},
    "orders___get_order": {"order": "1017"},
    "sample___echo": {"message": "hello"},
    "schedules___GetSchedule": {"Name": "restock"},
    "shipping___ship": {"order": "1017"},
}
"""One tool of every target, called with what exists on the sandbox (seeds.py, backends.py)."""
_READ = ("orders___get_order", _CALLS["orders___get_order"])
_WRITE = ("orders___place_order", {"customer": "somebody", "articles": [{"sku": "pen", "quantity": 1}]})
_DENIED = "denied by policy"
_SIGNERS = ("clerk", "stranger")
"""IAM users: one whom the caller policy is attached to, and one whom it is not."""
_COUNTED = {"401": RefusedBy.TOKEN, "403": RefusedBy.SCOPE, _DENIED: RefusedBy.POLICY}
"""What the log of a gateway says of an answer."""

_Asked = tuple[str, str, int, "str | Sign | None"]
"""What is tried, at which gateway, the status that it should get, and the token or signature to show."""


def demo(start: Callable[[Mode], Services], began: float, *, as_json: bool, without_cli: bool) -> int:
    """Run it; 0 where everything is as it should be.

    `start` gives services with empty accounts for a mode. `began`: the `time.monotonic()` of when the user asked.
    """
    told = sys.stderr if as_json else sys.stdout
    cli, deployer = _cli(without_cli=without_cli)
    say(demo_report.title(deployer), told)
    try:
        with ThreadPoolExecutor(1) as aside:
            dots = Dots(held_back=True)
            second = (
                aside.submit(lambda: _deployment(start("tutorial"), cli, "tutorial", {}, dots.tell)) if cli else None
            )
            deployed = _Demonstration(_pinned(start("pinned"), cli))
            mistake = deployed.mistake()
            say(demo_report.mistake_text(deployed.created, mistake), told)
            pinned = deployed.pinned()
            say(demo_report.pinned_text(pinned), told)
            dots.show()
            last = second.result() if second else _deployment(_entered(start("tutorial")), None, "tutorial", {})
        tutorial = _Demonstration(last).run()
    except (SandboxError, pulumi.RunError, TokenError, OutputsError, MCPError) as error:
        say(f"\ndemo: {error}", sys.stderr)
        return 1
    report = Report(mistake, pinned, tutorial, round(time.monotonic() - began, 1))
    say(demo_report.tutorial_text(report), told)
    if as_json:
        say(json.dumps(report.document(), indent=2))
    return 0 if report.ok else 1


def _cli(*, without_cli: bool) -> tuple[PulumiCommand | None, str]:
    """What deploys, and in words."""
    try:
        cli = None if without_cli else pulumi_command()
        reason = "as asked"
    except SandboxError as error:
        cli, reason = None, str(error)
    return cli, "the pulumi CLI" if cli else f"the SDK's mock monitor ({reason})"


@dataclass(frozen=True)
class _Deployment:
    """STACK in a mode, on services of its own: its outputs, with secrets, and how many resources were created."""

    services: Services
    mode: Mode
    outputs: Mapping[str, Any]
    created: int
    keys: Sequence[Mapping[str, str]] = ()
    """The access keys of _SIGNERS, where there are any."""


def _deployment(
    services: Services,
    cli: PulumiCommand | None,
    mode: Mode,
    changes: Mapping[str, Any],
    tell: Callable[[str], None] = lambda _: None,
) -> _Deployment:
    """Deploys a copy of the project with these changes to its stack file."""
    folder = project.copy(PROJECT, services.folder / "project")
    project.change_stack_file(folder, STACK, {"mode": mode, **changes})
    if cli is None:
        return _Deployment(services, mode, *mock_engine.deploy(folder, STACK))
    stack = Stack(services, folder, STACK, cli)
    created = stack.up(tell).changes["create"]
    return _Deployment(services, mode, stack.document(show_secrets=True), created)


def _pinned(services: Services, cli: PulumiCommand | None) -> _Deployment:
    """With more than the stack's file says: users who sign, and logs."""
    _entered(services)
    config = _stack_file()
    api = boto3.Session(region_name=config["aws:region"]).client("iam")
    arn, _ = (api.create_user(UserName=name)["User"]["Arn"] for name in _SIGNERS)
    keys = [api.create_access_key(UserName=name)["AccessKey"] for name in _SIGNERS]
    gateway, access, providers = (config[f"{NAMESPACE}:{key}"] for key in ("gateway", "access", "identityProviders"))
    changes = {
        "identityProviders": [*providers, "iam"],
        "callers": {"attachTo": {"users": [_SIGNERS[0]]}},
        "access": {**access, "iam": {arn: ["orders___get_order"]}},
        "gateway": {**gateway, "logs": {"retentionDays": 1}},
    }
    with cli_is_interrupted() as interrupted:
        try:
            return replace(_deployment(services, cli, "pinned", changes, Dots().tell), keys=keys)
        finally:
            if interrupted.is_set():
                raise KeyboardInterrupt


def _entered(services: Services) -> Services:
    """This process, and what it starts, sees the services' cloud from now on."""
    environment = services.environment(os.environ)
    os.environ.clear()  # an own account's variables would count beside the sandbox's
    os.environ.update(environment)
    return services


@cache
def _stack_file() -> Mapping[str, Any]:
    return yaml.safe_load(project.stack_file(PROJECT, STACK).read_text())["config"]


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
    """The stack deployed in a mode, and asked by everybody; providers in the stack file's order, clients by name."""

    def __init__(self, deployed: _Deployment) -> None:
        self._services, self._mode, self._keys = _entered(deployed.services), deployed.mode, deployed.keys
        self.created = deployed.created
        config = _stack_file()
        self._session = boto3.Session(region_name=config["aws:region"])
        outputs = Outputs(deployed.outputs, STACK, order=config[f"{NAMESPACE}:identityProviders"])
        self._gateways = outputs.gateways
        self._callers = {
            name: [
                _Caller(
                    outputs.gateways[name], provider, client, get_token(credentials_of(provider, client), None).token
                )
                for _, client in sorted(provider.clients.items())
            ]
            for name, provider in outputs.providers.items()
        }
        self._first_callers = [callers[0] for callers in self._callers.values()]

    def mistake(self) -> Mistake:
        """A gateway made by hand that demands the client's id as audience, which Cognito's tokens do not have."""
        caller = self._callers["cognito"][0]
        session = self._session
        trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = session.client("iam").create_role(RoleName="by-hand", AssumeRolePolicyDocument=document)["Role"]
        gateway = {"name": "by-hand", "roleArn": role["Arn"], "protocolType": "MCP", "authorizerType": "CUSTOM_JWT"}
        demanded = {"discoveryUrl": caller.provider.discovery_url, "allowedAudience": [caller.client.client_id]}
        api = session.client("bedrock-agentcore-control")
        made = api.create_gateway(**gateway, authorizerConfiguration={"customJWTAuthorizer": demanded})
        url = made["gatewayUrl"].removesuffix("/mcp") + "/mcp"
        answer, checked = knock(url, caller.token), _check(caller, demanded)
        fitting = {"customJWTAuthorizer": checked["authorizer"]}
        api.update_gateway(gatewayIdentifier=made["gatewayId"], **gateway, authorizerConfiguration=fitting)
        claims = {name: caller.claims[name] for name in ("client_id", "aud", "scope") if name in caller.claims}
        return Mistake(demanded, claims, answer.status, answer.challenge, checked, knock(url, caller.token).status)

    def run(self) -> Pass:
        """Whom the gateways let in, and whom not."""
        with ThreadPoolExecutor() as at_once:
            admissions = at_once.map(self._admission, chain.from_iterable(self._callers.values()))
            trials = at_once.map(self._trials, self._first_callers)
            return Pass(tuple(self._callers), self.created, tuple(admissions), tuple(chain.from_iterable(trials)))

    def pinned(self) -> Pinned:
        """The same, a tool of every target called at every gateway, who signs, and what the logs tell of it."""
        found = self.run()
        with ThreadPoolExecutor() as at_once:
            calls = tuple(chain.from_iterable(at_once.map(self._calls, self._first_callers)))
        signed, refused = self._signed(), self._counted(found.trials)
        return Pinned(**vars(found), calls=calls, signed=tuple(signed), counted=tuple(refused))

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
            tools=tuple(sorted(tool.name for tool in tools)),
        )

    def _calls(self, caller: _Caller) -> list[Trial]:
        if knock(caller.gateway.mcp_url, caller.token).status != 200:
            return []
        _, results = use_tools(caller.gateway.mcp_url, caller.token, list(_CALLS.items()))
        called = [
            f"{tool}({', '.join(f'{name}: {json.dumps(value)}' for name, value in arguments.items())})"
            for tool, arguments in _CALLS.items()
        ]
        return [
            Trial(call, caller.provider.name, "ok", "failed" if result.failed else "ok", result.text)
            for call, result in zip(called, results, strict=True)
        ]

    def _signed(self) -> list[Trial]:
        """Who signs is let in by the caller policy, and nobody else."""
        region = str(self._session.region_name)
        clerk, stranger = (
            signing(boto3.Session(key["AccessKeyId"], key["SecretAccessKey"]).get_credentials(), region)
            for key in self._keys
        )
        return self._knocked(
            ("a signature of a user with the caller policy", "iam", 200, clerk),
            ("a signature of a user without it", "iam", 403, stranger),
            ("a token", "iam", 401, self._first_callers[0].token),
        )

    def _counted(self, trials: Iterable[Trial]) -> list[Trial]:
        """How many refused calls the gateways' logs tell of, by cause, where each trial refused one."""
        expected = Counter((each.gateway, _COUNTED[each.answered]) for each in trials if each.answered in _COUNTED)
        pages = self._session.client("logs").get_paginator("filter_log_events")
        told: Counter[tuple[str, RefusedBy]] = Counter()
        for name in self._callers:
            found = pages.paginate(logGroupName=self._gateways[name].log_group)
            lines = [event["message"] for page in found for event in page["events"]]
            for (cause, _), calls in counted(lines).items():
                told[name, cause] += calls
        return [
            Trial(cause.value, name, str(calls), str(told[name, cause])) for (name, cause), calls in expected.items()
        ]

    def _trials(self, caller: _Caller) -> list[Trial]:
        name, claims, now = caller.provider.name, caller.claims, int(time.time())
        stranger = {claim: "someone-else" for claim in ("sub", "client_id", "azp", "cid") if claim in claims}
        other_scope = {"scp": ["some-other-scope"]} if "scp" in claims else {"scope": "some-other-scope"}
        # The tutorial has one list: the audience, where tokens have one, and else the client.
        pinned = self._mode == "pinned"
        client_is_checked = pinned or "aud" not in claims
        return [
            self._wrong_secret(caller),
            *self._knocked(
                ("no token at all", name, 401, None),
                ("the token of another client", name, 401 if client_is_checked else 200, self._mint(claims, stranger)),
                ("an expired token", name, 401, self._mint(claims, {"iat": now - 7200, "exp": now - 3600})),
                ("a token that was tampered with", name, 401, tampered(caller.token)),
                ("a token without the scope", name, 403 if pinned else 200, self._mint(claims, other_scope)),
            ),
            *self._reading_only(caller),
            *self._knocked(
                *((f"the token for {name}", other, 401, caller.token) for other in self._callers if other != name)
            ),
        ]

    def _wrong_secret(self, caller: _Caller) -> Trial:
        credentials = replace(credentials_of(caller.provider, caller.client), client_secret="wrong")  # noqa: S106
        try:
            get_token(credentials, cache=None)
            answered = "a token"
        except TokenError as error:
            answered = NO_TOKEN if error.cause is Cause.WRONG_SECRET else error.cause.value
        return Trial("a wrong client secret", caller.provider.name, NO_TOKEN, answered)

    def _reading_only(self, caller: _Caller) -> list[Trial]:
        """One who may look an order up and not place one: another client, or a token that lacks the scope to write."""
        provider = caller.provider
        others = self._callers[provider.name][1:]
        [reading] = [scope for scope in provider.scopes if "read" in scope] or [""]
        token = others[0].token if others else self._mint(caller.claims, {"scope": reading})
        _, (read, placed) = use_tools(caller.gateway.mcp_url, token, [_READ, _WRITE])
        placing = _DENIED if "policy enforcement" in placed.text else placed.text
        return [
            Trial("one who may only read: reads", provider.name, "ok", "failed" if read.failed else "ok"),
            Trial("one who may only read: writes", provider.name, _DENIED, placing),
        ]

    def _knocked(self, *asked: _Asked) -> list[Trial]:
        return [
            Trial(what, name, str(expected), str(knock(self._gateways[name].mcp_url, proof).status))
            for what, name, expected, proof in asked
        ]

    def _mint(self, claims: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
        return self._services.mint({**claims, **changed}, issuer=str(claims["iss"]))


def _check(caller: _Caller, authorizer: Mapping[str, Any]) -> dict[str, Any]:
    """What `agentcore-auth check` says of the caller's token at a gateway with this authorizer."""
    options = ["--discovery-url", authorizer["discoveryUrl"], "--allowed-audience", *authorizer["allowedAudience"]]
    command = [sys.executable, "-m", "agentcore_auth", "check", *options, "--gateway", "cognito", "--json"]
    done = subprocess.run(command, cwd=PROJECT, input=caller.token, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    return json.loads(done.stdout)


def tampered(token: str) -> str:
    """The token with another claim added, under the signature that it had."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "admin": True}).encode()).rstrip(b"=").decode()
    return f"{header}.{forged}.{signature}"
