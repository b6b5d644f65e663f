"""`verify`: every gateway of a stack, with every client: token, check, then MCP initialize and tools/list for real."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from agentcore_auth.authorizer.checking import unpack
from agentcore_auth.cli.check import Source, is_known, judged
from agentcore_auth.cli.deployed import or_command_error, outputs_of
from agentcore_auth.cli.get import refused
from agentcore_auth.cli.terminal import ACCEPTED, REFUSED, UNREACHABLE, out, print_json, say
from agentcore_auth.outputs import Client, Gateway, Outputs, OutputsError, Provider
from agentcore_auth.tokens.cache import TokenCache
from agentcore_auth.tokens.client import TokenRequestError
from agentcore_auth.tokens.getting import credentials_of, get_token_patiently
from agentcore_auth.tokens.mcp_client import McpError, list_tools
from agentcore_auth.tokens.remedies import remedy_for
from agentcore_auth.tokens.transport import UnreachableError


@dataclass(frozen=True)
class Row:
    """One gateway called by one client. `ok` is None where the stack has no client to call it with.

    `reached` is False where it failed because this machine could not reach somebody: nobody refused anything.
    """

    gateway: str
    client: str | None
    ok: bool | None
    step: str
    message: str
    tools: Sequence[str] = ()
    remedy: str | None = None
    reached: bool = True


def run(options: argparse.Namespace) -> int:
    with or_command_error():
        outputs = outputs_of(options)
        rows = list(_rows(outputs, options.wait))
    ok = all(row.ok is not False for row in rows)
    if options.json:
        print_json({"ok": ok, "gateways": [asdict(row) for row in rows]})
    else:
        _print(rows)
    refused_by_somebody = any(row.ok is False and row.reached for row in rows)
    return ACCEPTED if ok else REFUSED if refused_by_somebody else UNREACHABLE


def _rows(outputs: Outputs, patience: float) -> Iterator[Row]:
    providers = outputs.providers
    for name, gateway in outputs.gateways.items():
        provider = providers.get(name)
        if provider is None or not provider.clients:
            message = "no client of this stack; get a token at the issuer, then: agentcore-auth check"
            yield Row(name, None, None, "token", message)
            continue
        for client in provider.clients.values():
            yield _row(outputs, gateway, provider, client, patience)


def _row(outputs: Outputs, gateway: Gateway[str], provider: Provider[str], client: Client[str], patience: float) -> Row:
    try:
        credentials = credentials_of(provider, client)
    except OutputsError as error:
        return Row(gateway.provider, client.name, False, "token", str(error), reached=error.reached)
    try:
        token = get_token_patiently(credentials, TokenCache(), patience, say).token
    except TokenRequestError as error:
        failed = refused(error, credentials)
        reached = failed.code != UNREACHABLE
        return Row(gateway.provider, client.name, False, "token", failed.message, (), failed.remedy, reached)
    source = Source(gateway.authorizer, provider.name, outputs.stack)
    verdict, context = judged(unpack(token), source, None, time.time())
    remedy = remedy_for(verdict.findings, context)
    if remedy is not None:
        reached = is_known(verdict)
        status = f"{verdict.status} " if reached else ""
        message = f"{status}{verdict.findings[0].cause.value}: {verdict.findings[0].message}"
        return Row(gateway.provider, client.name, False, "check", message, (), remedy.text, reached)
    try:
        tools = list_tools(gateway.mcp_url, token)
    except (McpError, UnreachableError) as error:
        reached = isinstance(error, McpError)
        return Row(gateway.provider, client.name, False, "call", str(error), reached=reached)
    count = "1 tool" if len(tools) == 1 else f"{len(tools)} tools"
    return Row(gateway.provider, client.name, True, "call", count, tools)


def _print(rows: Sequence[Row]) -> None:
    table = [("gateway", "client", "result", "")]
    for row in rows:
        failed = f"failed at {row.step}" if row.reached else f"not reached at {row.step}"
        result = {True: "ok", False: failed, None: "skipped"}[row.ok]
        table.append((row.gateway, row.client or "-", result, row.message))
    widths = [max(len(line[column]) for line in table) for column in range(3)]
    for line in table:
        out("  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]).rstrip())
    for row in rows:
        if row.remedy:
            out(f"remedy for {row.gateway}: {row.remedy}")
