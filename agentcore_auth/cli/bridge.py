"""`bridge`: a gateway as an MCP server on standard input and output, with a token that renews itself, or signed.

For clients that know no client credentials, which are most programs with a settings file: they start this command (MCP
specification 2025-06-18, "stdio"), and see the gateway's tools. Every line is sent on as it is. What a server says of
its own accord is not passed on: AgentCore Gateway has no stream for it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import cast

from agentcore_auth.cli.connection import Connection, SignedConnection, connection_or_signature, or_wrong_use
from agentcore_auth.cli.terminal import ACCEPTED, say, slowly
from agentcore_auth.tokens.cache import TokenCache
from agentcore_auth.tokens.client import TokenRequestError
from agentcore_auth.tokens.env_file import read_values
from agentcore_auth.tokens.getting import RenewedToken
from agentcore_auth.tokens.mcp_client import TOOL_TIMEOUT, McpError, Session
from agentcore_auth.tokens.transport import UnreachableError

_WAY_OUT = ("HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
"""Clients that start a server keep these from it; `.env` may hold them."""
_AT_A_TIME = 8


def run(options: argparse.Namespace) -> int:
    if not (options.stack or options.outputs):
        _find_the_way_out(Path(options.env_file))
    bridge = Bridge(connection_or_signature(options))
    if sys.stdin.isatty():
        say("bridge: reads MCP messages, one in a line; for clients to start, see agentcore-auth snippet --for claude")
    bridge.serve(sys.stdin)
    return ACCEPTED


def _find_the_way_out(path: Path) -> None:
    with or_wrong_use():
        values = read_values(path, {})
    for name in _WAY_OUT:
        if values.get(name):
            os.environ.setdefault(name, values[name])


class Bridge:
    """Passes messages on, several at a time: a tool that takes long does not hold up the others."""

    def __init__(self, connection: Connection | SignedConnection) -> None:
        signed = isinstance(connection, SignedConnection)
        self._token = None if signed else RenewedToken(connection.credentials, TokenCache())
        self._session = Session(connection.mcp_url, connection.sign if signed else "", timeout=TOOL_TIMEOUT)
        self._writing = Lock()

    def serve(self, lines: Iterable[str]) -> None:
        """Until the lines end."""
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            for line in lines:
                try:
                    message: object = json.loads(line)
                except (ValueError, RecursionError):
                    message = None
                if not isinstance(message, dict):
                    say("bridge: a line on standard input is no JSON object")
                elif "id" in message and message.get("method") != "initialize":
                    pool.submit(self._pass_on, cast("dict[str, object]", message))
                else:
                    self._pass_on(cast("dict[str, object]", message))  # what follows relies on it

    def _pass_on(self, message: Mapping[str, object]) -> None:
        try:
            with slowly(f"bridge: waiting for an answer to {message.get('method')}"):
                answers = self._exchanged(message)
        except (TokenRequestError, McpError, UnreachableError) as error:
            say(f"bridge: {error}")
            failure = {"code": -32000, "message": str(error)}
            answers = [{"jsonrpc": "2.0", "id": message["id"], "error": failure}] if "id" in message else []
        with self._writing:
            for answer in answers:
                sys.stdout.write(f"{json.dumps(answer)}\n")  # for a program, which wants every character as it is
            sys.stdout.flush()

    def _exchanged(self, message: Mapping[str, object]) -> list[dict[str, object]]:
        if self._token is None:
            return self._session.exchange(message)[0]
        self._session.use(self._token.value())
        try:
            return self._session.exchange(message)[0]
        except McpError as error:
            if error.status != 401:
                raise
        self._session.use(self._token.another())
        return self._session.exchange(message)[0]
