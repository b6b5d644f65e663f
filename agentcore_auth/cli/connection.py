"""What commands share that call a gateway: its address, and how a caller shows who it is: by a token that a client of a
stack or of `.env` asks for, or by the signatures of whoever runs the command.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from agentcore_auth.cli.deployed import or_command_error, outputs_of, source_of
from agentcore_auth.cli.terminal import WRONG_USE, CommandError
from agentcore_auth.outputs import Gateway, Outputs
from agentcore_auth.tokens.client import Credentials
from agentcore_auth.tokens.env_file import EnvFileError, read_credentials, read_values
from agentcore_auth.tokens.getting import credentials_of
from agentcore_auth.tokens.signatures import NoSignatureError, Sign, signer


@dataclass(frozen=True)
class Connection:
    """Where the gateway's tools are, and how to ask for a token; of a stack, also the options that name it, and the
    provider.
    """

    mcp_url: str
    credentials: Credentials
    source: str = ""
    provider: str | None = None


@dataclass(frozen=True)
class SignedConnection:
    """Where the tools of a gateway are that takes AWS signatures, and how whoever runs this signs."""

    mcp_url: str
    sign: Sign


def connection_of(options: argparse.Namespace) -> Connection:
    """By --stack or --outputs with --idp and --client, or else by --env-file. Raises CommandError."""
    if options.stack or options.outputs:
        with or_command_error():
            return _of_stack(outputs_of(options), options)
    credentials = credentials_in_env_file(options)
    path = Path(options.env_file)
    with or_wrong_use():
        url = read_values(path, os.environ).get("GATEWAY_URL")
    if not url:
        raise CommandError(f"neither {path} nor the environment has GATEWAY_URL: agentcore-auth env", WRONG_USE)
    return Connection(url, credentials)


def connection_or_signature(options: argparse.Namespace) -> Connection | SignedConnection:
    """The same, for who can sign as well: at a gateway that takes AWS signatures. Raises CommandError."""
    if not (options.stack or options.outputs):
        return connection_of(options)
    with or_command_error():
        outputs = outputs_of(options)
        gateway = outputs.signed_gateway(options.idp)
        return _of_stack(outputs, options) if gateway is None else _signed(gateway, options)


def _of_stack(outputs: Outputs, options: argparse.Namespace) -> Connection:
    provider = outputs.provider(options.idp)
    gateway = outputs.gateway(provider.name)
    credentials = credentials_of(provider, provider.client(options.client))
    return Connection(gateway.mcp_url, credentials, source_of(options), provider.name)


def _signed(gateway: Gateway[str], options: argparse.Namespace) -> SignedConnection:
    if options.client:
        raise CommandError(
            f"--client: the gateway of {gateway.provider} knows its callers by their AWS signatures", WRONG_USE
        )
    try:
        return SignedConnection(gateway.mcp_url, signer(gateway.region).sign)
    except NoSignatureError as error:
        raise CommandError(str(error), WRONG_USE) from None


def credentials_in_env_file(options: argparse.Namespace) -> Credentials:
    """The token request that --env-file and the environment have. Raises CommandError."""
    if options.idp or options.client:
        raise CommandError("--idp and --client choose in a stack: name it with --stack", WRONG_USE)
    with or_wrong_use():
        return read_credentials(Path(options.env_file), os.environ)


@contextlib.contextmanager
def or_wrong_use() -> Generator[None]:
    """Turns EnvFileError into CommandError."""
    try:
        yield
    except EnvFileError as error:
        raise CommandError(str(error), WRONG_USE) from None
