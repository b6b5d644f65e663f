"""A stack's outputs, read from the `pulumi` CLI, from the sandbox's command line, or from a file.

The seam to the sandbox is one command, `python -m sandbox outputs --stack S --json --show-secrets`, whose standard
output is what `pulumi stack output --json --show-secrets --stack S` prints. Nothing of the sandbox is imported.

Neither prints the outputs in a fixed order: names come in the order of the stack file, or else sorted.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from agentcore_auth.cli.terminal import NO_PACKAGES

_Entry = TypeVar("_Entry")
PROJECT = Path(__file__).resolve().parent.parent
TIMEOUT = 120
"""Seconds for the CLI: it may have to log in to a backend that is far away."""


class OutputsError(Exception):
    """The outputs cannot be had, or are not there; the message is for the user. `reached` is False for the former."""

    def __init__(self, message: str, *, reached: bool = True) -> None:
        super().__init__(message)
        self.reached = reached


@dataclass(frozen=True)
class Client:
    """One application of a provider; the secret is given, or the ARN that it is stored under."""

    name: str
    client_id: str
    scopes: tuple[str, ...]
    secret: str | None
    secret_arn: str | None


@dataclass(frozen=True)
class Provider:
    """An identity provider of the stack, as its output `identityProviders.<name>` says."""

    name: str
    discovery_url: str
    issuer: str
    token_endpoint: str | None
    audience: str | None
    clients: Mapping[str, Client]

    def client(self, name: str | None) -> Client:
        """The client of that name; without one, `default` or the only one. Raises OutputsError."""
        if not self.clients:
            raise OutputsError(
                f"{self.name} has no client of this stack (nothing is created at an issuer under oidc): take the token "
                "from there, or put its client into .env"
            )
        wanted = name or ("default" if "default" in self.clients else next(iter(self.clients)))
        if wanted not in self.clients or (name is None and wanted != "default" and len(self.clients) > 1):
            valid = ", ".join(self.clients)
            problem = f"{self.name} has no client {name}" if name else f"{self.name} has several clients"
            raise OutputsError(f"{problem}; valid for --client: {valid}")
        return self.clients[wanted]


@dataclass(frozen=True)
class Gateway:
    """A gateway of the stack, as its output `gateways.<provider>` says."""

    provider: str
    url: str
    mcp_url: str
    authorizer: Mapping[str, object]


class Outputs:
    """A stack's outputs, by name. Raises OutputsError where they have not the form that the program gives them."""

    def __init__(
        self, document: Mapping[str, object], stack: str, *, order: Sequence[str] = (), sandboxed: bool = False
    ) -> None:
        """`order`: the stack's identity providers as its file lists them. `sandboxed`: deployed on the sandbox."""
        self._document = document
        self.stack = stack
        self._order = {name: place for place, name in enumerate(order)}
        self._sandboxed = sandboxed

    @property
    def needs_exec(self) -> bool:
        """Whether the stack's hosts answer only under `python -m sandbox exec`, and this process is not run by it."""
        return self._sandboxed and "PULUMI_DEBUG_PROVIDERS" not in os.environ

    @property
    def gateways(self) -> dict[str, Gateway]:
        return {
            name: Gateway(
                name,
                _text(entry, "url"),
                _text(entry, "mcpUrl"),
                _mapping(entry.get("authorizer"), f"gateways.{name}.authorizer"),
            )
            for name, entry in self._section("gateways").items()
        }

    @property
    def providers(self) -> dict[str, Provider]:
        return {name: _provider(name, entry) for name, entry in self._section("identityProviders").items()}

    def gateway(self, provider: str | None) -> Gateway:
        """The gateway of that provider; without one, the only one. Raises OutputsError."""
        return _choose(self.gateways, provider, "--gateway", f"stack {self.stack}")

    def provider(self, name: str | None) -> Provider:
        """The identity provider of that name; without one, the only one. Raises OutputsError."""
        return _choose(self.providers, name, "--idp", f"stack {self.stack}")

    def _section(self, key: str) -> dict[str, Mapping[str, object]]:
        section = self._document.get(key)
        if not isinstance(section, Mapping) or not section:
            deploy = f"python -m sandbox up --stack {self.stack}" if self._sandboxed else f"make up STACK={self.stack}"
            raise OutputsError(f"stack {self.stack} has no output {key}: is it deployed? ({deploy})")
        entries = cast("Mapping[str, object]", section)
        names = sorted(entries, key=lambda name: (self._order.get(name, len(self._order)), name))
        return {name: _mapping(entries[name], f"{key}.{name}") for name in names}


def read(stack: str) -> Outputs:
    """The outputs of a deployed stack, secrets included. Raises OutputsError."""
    pulumi = shutil.which("pulumi")
    has_sandbox = (PROJECT / "sandbox" / "__main__.py").is_file()
    if has_sandbox and (pulumi is None or stack == "sandbox"):
        arguments = [sys.executable, "-m", "sandbox", "outputs", "--stack", stack, "--json", "--show-secrets"]
    elif pulumi is not None:
        arguments = [pulumi, "stack", "output", "--json", "--show-secrets", "--non-interactive", "--stack", stack]
    else:
        raise OutputsError("pulumi is not on PATH: make install-pulumi, or name a file with --outputs", reached=False)
    sandboxed = arguments[0] != pulumi
    # The CLI reads the project in its folder: here, or in a copy of the project that the command was started in.
    folder = Path.cwd() if Path("Pulumi.yaml").is_file() and not sandboxed else PROJECT
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    document = _run(arguments, folder, file, stack, sandboxed=sandboxed)
    return Outputs(document, stack, order=tuple(_listed(file)), sandboxed=sandboxed)


def read_file(path: Path) -> Outputs:
    """Outputs that `pulumi stack output --json --show-secrets` wrote to a file. Raises OutputsError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutputsError(f"{path} cannot be read: {error}") from None
    return Outputs(_parsed(text, str(path)), path.stem)


def _run(
    arguments: Sequence[str], folder: Path, stack_file: Path, stack: str, *, sandboxed: bool
) -> Mapping[str, object]:
    shown = "the sandbox" if sandboxed else "pulumi"
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command; the stack's name is an argument, and no shell is there
            arguments, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputsError(f"{shown} did not answer: {error.__class__.__name__}", reached=False) from None
    if done.returncode != 0:
        said = complaint(done.stderr) or f"exit code {done.returncode}"
        raise _failure(said, stack, stack_file, sandboxed=sandboxed)
    return _parsed(done.stdout, shown)


def complaint(printed: str) -> str:
    """What a program that failed complains of: its last `error:` line, or else its last line; never a traceback."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("error:")]
    return (errors or lines or [""])[-1][:300]


def _failure(said: str, stack: str, stack_file: Path, *, sandboxed: bool) -> OutputsError:
    """Why there are no outputs, with the one thing to do about it."""
    if sandboxed and ("ModuleNotFoundError" in said or NO_PACKAGES in said):
        return OutputsError(NO_PACKAGES)
    idle = sandboxed and "the sandbox is not running" in said
    absent = "no stack " in said
    if f"there is no {stack_file.name}" in said or (absent and not stack_file.is_file()):
        return OutputsError(f"there is no {stack_file.name}")
    if not sandboxed:
        deploy = f" (deploy it: make up STACK={stack})" if absent else ""
        return OutputsError(f"stack {stack}: pulumi says: {said}{deploy}", reached=False)
    if absent or (idle and stack == "sandbox"):
        return OutputsError(f"stack {stack} is not deployed: python -m sandbox up --stack {stack}", reached=False)
    if idle:
        return OutputsError(f"stack {stack}: pulumi is not on PATH: make install-pulumi", reached=False)
    return OutputsError(f"stack {stack}: the sandbox says: {said}", reached=False)


def _listed(stack_file: Path) -> Iterator[str]:
    """The identity providers in the order of the stack file; none where that cannot be read."""
    try:
        yaml = cast("Any", importlib.import_module("yaml"))  # slow to import, and needed for nothing but the order
    except ModuleNotFoundError:
        return
    try:
        document: Any = yaml.safe_load(stack_file.read_text(encoding="utf-8"))
        listed: object = document["config"]["agentcore-auth:identityProviders"]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return
    if isinstance(listed, list):
        yield from (str(name) for name in cast("list[object]", listed))


def _parsed(text: str, where: str) -> Mapping[str, object]:
    try:
        return _mapping(json.loads(text), where)
    except (ValueError, RecursionError):
        raise OutputsError(f"{where} gives no JSON object of outputs") from None


def _provider(name: str, entry: Mapping[str, object]) -> Provider:
    clients = {
        client: _client(client, _mapping(fields, f"identityProviders.{name}.clients.{client}"))
        for client, fields in sorted(_mapping(entry.get("clients") or {}, f"identityProviders.{name}.clients").items())
    }
    return Provider(
        name,
        _text(entry, "discoveryUrl"),
        _text(entry, "issuer"),
        _optional_text(entry, "tokenEndpoint"),
        _optional_text(entry, "audience"),
        clients,
    )


def _client(name: str, fields: Mapping[str, object]) -> Client:
    scopes = fields.get("scopes")
    return Client(
        name,
        _text(fields, "clientId"),
        tuple(str(scope) for scope in cast("list[object]", scopes)) if isinstance(scopes, list) else (),
        _optional_text(fields, "clientSecret"),
        _optional_text(fields, "clientSecretArn"),
    )


def _choose(entries: Mapping[str, _Entry], name: str | None, option: str, where: str) -> _Entry:
    if name is None and len(entries) == 1:
        return next(iter(entries.values()))
    if name is None or name not in entries:
        problem = f"{where} has no {name}" if name else f"{where} has several providers"
        raise OutputsError(f"{problem}; valid for {option}: {', '.join(entries)}")
    return entries[name]


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise OutputsError(f"{where} is no object of outputs")
    return cast("Mapping[str, object]", value)


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise OutputsError(f"the stack's outputs have no text {key} where it should be: deploy again with this version")
    return value


def _optional_text(entry: Mapping[str, object], key: str) -> str | None:
    value = entry.get(key)
    return value if isinstance(value, str) and value else None
