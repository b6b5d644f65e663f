"""The demonstration: deploy on a fresh sandbox, let every provider's clients in, and keep everybody else out.

Twice, each time into empty accounts: the stack as its file has it, pinned, and in `mode: tutorial`. The first has a
gateway for AWS signatures as well, and logs; beside it stands a gateway made by hand, with the mistake that most people
make. Everything is asked over the network, as a caller would: tokens at the providers' token endpoints, gateways with
the official MCP client. Only tokens that no client of the stack could get (expired, of another client, without the
scope) are minted.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

import boto3
import pulumi
import yaml
from mcp.shared.exceptions import MCPError

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
from agentcore_auth.tokens.signatures import signing
from configuration.section import PROJECT as NAMESPACE
from sandbox import demo_report, mock_engine, project
from sandbox.caller import knock, list_tools, use_tools
from sandbox.console import say, tick
from sandbox.demo_report import NO_TOKEN, Admission, Mistake, Pass, Report, Trial, Unlike, Use
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

Deploy = Callable[[Services, Path], tuple[Mapping[str, Any], int]]
"""Deploys STACK of a copy of the project; gives its outputs, with secrets, and how many resources were created."""


def demo(start: Callable[[Mode], Services], began: float, *, as_json: bool, without_cli: bool) -> int:
    """Run it; 0 where everything is as it should be.

    `start` gives services with empty accounts for a mode. `began`: the `time.monotonic()` of when the user asked.
    """
    told = sys.stderr if as_json else sys.stdout
    deployer, deploy = _deployer(without_cli=without_cli)
    say(demo_report.title(deployer), told)
    try:
        deployed = _Demonstration(start("pinned"), "pinned", deploy)
        mistake = deployed.mistake()
        say(demo_report.mistake_text(deployed.created, mistake), told)
        pinned, uses = deployed.run(), deployed.uses()
        unlike = Unlike(deployed.signed(), deployed.counted(pinned.trials))
        say(demo_report.pinned_text(pinned, uses, unlike), told)
        tutorial = _Demonstration(start("tutorial"), "tutorial", deploy).run()
    except (SandboxError, pulumi.RunError, TokenError, OutputsError, MCPError) as error:
        say(f"\ndemo: {error}", sys.stderr)
        return 1
    report = Report(mistake, pinned, tutorial, uses, unlike, time.monotonic() - began)
    say(demo_report.tutorial_text(report), told)
    if as_json:
        say(json.dumps(report.document(), indent=2))
    return 0 if report.ok else 1


def _deployer(*, without_cli: bool) -> tuple[str, Deploy]:
    """What deploys, in words, and how."""
    try:
        cli = None if without_cli else pulumi_command()
        reason = "as asked"
    except SandboxError as error:
        cli, reason = None, str(error)
    if cli is None:
        return f"the SDK's mock monitor ({reason})", lambda _, folder: mock_engine.deploy(folder, STACK)

    def deploy(services: Services, folder: Path) -> tuple[Mapping[str, Any], int]:
        stack, numbers = Stack(services, folder, STACK, cli), count(1)
        with cli_is_interrupted() as interrupted:
            try:
                result = stack.up(lambda line: tick(next(numbers)) if line.startswith("  +") else say(line, sys.stderr))
            finally:
                if interrupted.is_set():
                    raise KeyboardInterrupt
        return stack.document(show_secrets=True), result.changes["create"]

    return "the pulumi CLI", deploy


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

    def __init__(self, services: Services, mode: Mode, deploy: Deploy) -> None:
        """Deploys. This process, and what it starts, sees the services' cloud from now on."""
        environment = services.environment(os.environ)
        os.environ.clear()  # an own account's variables would count beside the sandbox's
        os.environ.update(environment)
        self._services = services
        self._mode: Mode = mode
        folder = project.copy(PROJECT, services.folder / "project")
        self._config: Mapping[str, Any] = yaml.safe_load(project.stack_file(folder, STACK).read_text())["config"]
        self._session = boto3.Session(region_name=self._config["aws:region"])
        project.change_stack_file(folder, STACK, {"mode": mode, **(self._more() if mode == "pinned" else {})})
        document, self.created = deploy(services, folder)
        outputs = Outputs(document, STACK, order=self._config[f"{NAMESPACE}:identityProviders"])
        self._all_gateways = outputs.gateways
        self._gateways = {name: outputs.gateways[name] for name in outputs.providers}
        self._callers = [
            _Caller(
                self._gateways[name], provider, client, get_token(credentials_of(provider, client), cache=None).token
            )
            for name, provider in outputs.providers.items()
            for _, client in sorted(provider.clients.items())
        ]

    def _more(self) -> dict[str, Any]:
        """What the stack has here beside what its file says; whom it names exists then."""
        api = self._session.client("iam")
        self._keys = {}
        for name in _SIGNERS:
            api.create_user(UserName=name)
            self._keys[name] = api.create_access_key(UserName=name)["AccessKey"]
        gateway, access, providers = (
            self._config[f"{NAMESPACE}:{key}"] for key in ("gateway", "access", "identityProviders")
        )
        arn = api.get_user(UserName=_SIGNERS[0])["User"]["Arn"]
        return {
            "identityProviders": [*providers, "iam"],
            "callers": {"attachTo": {"users": [_SIGNERS[0]]}},
            "access": {**access, "iam": {arn: ["orders___get_order"]}},
            "gateway": {**gateway, "logs": {"retentionDays": 1}},
        }

    def signed(self) -> tuple[Trial, ...]:
        """Who signs is let in by the caller policy, and nobody else."""
        url, region = self._all_gateways["iam"].mcp_url, str(self._session.region_name)
        signs = {
            name: signing(boto3.Session(key["AccessKeyId"], key["SecretAccessKey"]).get_credentials(), region)
            for name, key in self._keys.items()
        }
        asked = {
            "a signature of a user with the caller policy": ("200", signs["clerk"]),
            "a signature of a user without it": ("403", signs["stranger"]),
            "a token": ("401", self._callers[0].token),
        }
        return tuple(
            Trial(what, "iam", expected, str(knock(url, proof).status)) for what, (expected, proof) in asked.items()
        )

    def counted(self, trials: Iterable[Trial]) -> tuple[Trial, ...]:
        """How many refused calls the gateways' logs tell of, by cause, where each trial refused one."""
        expected = Counter((each.gateway, _COUNTED[each.answered]) for each in trials if each.answered in _COUNTED)
        pages = self._session.client("logs").get_paginator("filter_log_events")
        told: Counter[tuple[str, RefusedBy]] = Counter()
        for name, gateway in self._gateways.items():
            found = pages.paginate(logGroupName=gateway.log_group)
            lines = [event["message"] for page in found for event in page["events"]]
            for (cause, _), calls in counted(lines).items():
                told[name, cause] += calls
        return tuple(
            Trial(cause.value, name, str(calls), str(told[name, cause])) for (name, cause), calls in expected.items()
        )

    @property
    def _first_callers(self) -> list[_Caller]:
        """One client of each provider."""
        return [
            next(caller for caller in self._callers if caller.provider.name == provider) for provider in self._gateways
        ]

    def mistake(self) -> Mistake:
        """A gateway made by hand that demands the client's id as audience, which Cognito's tokens do not have."""
        caller = next(each for each in self._callers if each.provider.name == "cognito")
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
            admissions = at_once.map(self._admission, self._callers)
            trials = at_once.map(self._trials, self._first_callers)
            return Pass(tuple(self._gateways), self.created, tuple(admissions), tuple(chain.from_iterable(trials)))

    def uses(self) -> tuple[Use, ...]:
        """A tool of every target, called at every gateway."""
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
            tools=tuple(sorted(tool.name for tool in tools)),
        )

    def _uses(self, caller: _Caller) -> list[Use]:
        url, token = caller.gateway.mcp_url, caller.token
        if knock(url, token).status != 200:
            return []
        _, results = use_tools(url, token, list(_CALLS.items()))
        return [
            Use(caller.provider.name, tool, arguments, result.text, result.failed)
            for (tool, arguments), result in zip(_CALLS.items(), results, strict=True)
        ]

    def _trials(self, caller: _Caller) -> list[Trial]:
        return [
            self._wrong_secret(caller),
            *self._bad_tokens(caller),
            *self._reading_only(caller),
            *self._elsewhere(caller),
        ]

    def _reading_only(self, caller: _Caller) -> list[Trial]:
        """One who may look an order up and not place one: another client, or a token that lacks the scope to write."""
        provider = caller.provider
        others = [each for each in self._callers if each.provider.name == provider.name and each is not caller]
        [reading] = [scope for scope in provider.scopes if "read" in scope] or [""]
        token = others[0].token if others else self._mint({**caller.claims, "scope": reading})
        _, (read, placed) = use_tools(caller.gateway.mcp_url, token, [_READ, _WRITE])
        answers = "failed" if read.failed else "ok", _DENIED if "policy enforcement" in placed.text else placed.text
        return [
            Trial(f"one who may only read: {what}", provider.name, expected, answered)
            for what, expected, answered in zip(("reads", "writes"), ("ok", _DENIED), answers, strict=True)
        ]

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
