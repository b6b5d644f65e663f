"""`verify`: every gateway of a stack, with every client: token, check, then MCP for real: initialize, tools/list, and
calls of the tools that are named. What was not checked is said as such.
"""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from agentcore_auth.access.rules import Caller, IamCaller
from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.checking import unpack
from agentcore_auth.cli.check import Source, is_known, judged, policies_of
from agentcore_auth.cli.deployed import or_command_error, outputs_of, source_of
from agentcore_auth.cli.get import refused
from agentcore_auth.cli.terminal import (
    ACCEPTED,
    NOTHING_CHECKED,
    REFUSED,
    UNREACHABLE,
    Tone,
    out,
    print_json,
    say,
    slowly,
)
from agentcore_auth.cli.tool import Arguments, ToolVerdict, require_cedar, tool_and_arguments, tool_verdict
from agentcore_auth.outputs import Client, Gateway, Outputs, OutputsError, Provider
from agentcore_auth.tokens.cache import TokenCache
from agentcore_auth.tokens.client import TokenRequestError
from agentcore_auth.tokens.getting import credentials_of, get_token_patiently
from agentcore_auth.tokens.mcp_client import McpError, call_tool, list_tools
from agentcore_auth.tokens.remedies import remedy_for
from agentcore_auth.tokens.signatures import NOT_INVITED, NoSignatureError, Sign, signer
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
    access: Sequence[ToolVerdict] = ()
    """What the gateway's policies say of the tools that were asked for."""


Calls = Mapping[str, Mapping[str, object]]
"""Tools to call, by their full names, with their arguments."""
Asked = Sequence[tuple[str, Arguments | None]]
"""Tools of which to say whether the client may call them."""


def run(options: argparse.Namespace) -> int:
    require_cedar(options)
    calls = {name: arguments or {} for name, arguments in _tools(options.call, "--call")}
    asked = _tools(options.tool, "--tool")
    with or_command_error():
        outputs = outputs_of(options)
        rows = list(_rows(outputs, options.wait, calls, asked))
        listed = {tool for row in rows for tool in row.tools}
        absent = [name for name in calls if listed and name not in listed]
        # AgentCore keeps an MCP server's list of tools until it is told to ask again.
        due = f"If an MCP server has it only since it was deployed: agentcore-auth sync {source_of(options)}"
        rows += [Row("-", None, False, "tool", f"no gateway lists {name}", remedy=due) for name in absent]
        not_checked = _not_checked(outputs, rows, calls)
    checked = [row for row in rows if row.ok is not None]
    ok = all(row.ok for row in checked) if checked else None
    if options.json:
        print_json({"ok": ok, "gateways": [asdict(row) for row in rows], "notChecked": not_checked})
    else:
        _print(rows)
        for what in not_checked:
            out(f"not checked: {what}")
    if ok is None:
        return NOTHING_CHECKED
    refused_by_somebody = any(row.ok is False and row.reached for row in rows)
    return ACCEPTED if ok else REFUSED if refused_by_somebody else UNREACHABLE


def _tools(given: Sequence[str], option: str) -> list[tuple[str, Arguments | None]]:
    return [tool_and_arguments(each, option) for each in given]


def _not_checked(outputs: Outputs, rows: Sequence[Row], calls: Calls) -> list[str]:
    """What this run leaves open, in a sentence each."""
    found = [f"gateway {row.gateway}: {row.message}" for row in rows if row.ok is None]
    listed = {tool for row in rows for tool in row.tools}
    if listed and not calls:
        call = shlex.quote(f"{min(listed)}={{…}}")
        found.append(f"whether the tools work: call one with its arguments: --call {call}")
    if not listed:
        found += [f"tool {name}: no gateway listed its tools" for name in calls]
    for function, command in outputs.admissions.items():
        found.append(
            f"whether the owner of {function} has let the execution role in; if not, the owner runs: {command}"
        )
    return found


def _rows(outputs: Outputs, patience: float, calls: Calls, asked: Asked) -> Iterator[Row]:
    providers = outputs.providers
    for name, gateway in outputs.gateways.items():
        if not gateway.authorizer:
            with slowly(f"calling gateway {name}"):
                row = _signed_row(outputs, gateway, calls, asked)
            yield row
            continue
        provider = providers.get(name)
        if provider is None or not provider.clients:
            message = "no client of this stack; get a token at the issuer, then: agentcore-auth check"
            yield Row(name, None, None, "token", message)
            continue
        for client in provider.clients.values():
            with slowly(f"calling gateway {name} as {client.name}"):
                row = _row(outputs, gateway, provider, client, patience, calls, asked)
            yield row


def _row(
    outputs: Outputs,
    gateway: Gateway[str],
    provider: Provider[str],
    client: Client[str],
    patience: float,
    calls: Calls,
    asked: Asked,
) -> Row:
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
        reached = verdict.cause is not Cause.DISCOVERY_UNREACHABLE
        status = f"{verdict.status} " if is_known(verdict) else ""
        message = f"{status}{verdict.findings[0].cause.value}: {verdict.findings[0].message}"
        return Row(gateway.provider, client.name, False, "check", message, (), remedy.text, reached)
    return _called(outputs, gateway, client.name, token, context.claims, calls, asked)


def _signed_row(outputs: Outputs, gateway: Gateway[str], calls: Calls, asked: Asked) -> Row:
    """A gateway that takes AWS signatures, called with those of whoever runs this."""
    try:
        caller = signer(gateway.region)
    except NoSignatureError as error:
        return Row(gateway.provider, None, None, "signature", str(error))
    return _called(outputs, gateway, caller.arn, caller.sign, IamCaller(caller.arn), calls, asked)


def _called(
    outputs: Outputs,
    gateway: Gateway[str],
    name: str,
    token: str | Sign,
    caller: Caller,
    calls: Calls,
    asked: Asked,
) -> Row:
    """What came of MCP, once there is a token or a signature."""
    try:
        tools = list_tools(gateway.mcp_url, token)
    except (McpError, UnreachableError) as error:
        reached = isinstance(error, McpError)
        remedy = NOT_INVITED if isinstance(error, McpError) and error.status == 403 and callable(token) else None
        return Row(gateway.provider, name, False, "call", str(error), (), remedy, reached)
    policies = policies_of(gateway)
    access = [tool_verdict(policies, caller, *each) for each in asked]
    wrong = [each for each in access if each.permitted is not (each.tool in tools) and (each.refused or each.permitted)]
    if wrong:
        does = "lists" if wrong[0].tool in tools else "does not list"
        message = f"the gateway {does} {wrong[0].tool}, and its policies in the stack's outputs say otherwise"
        remedy = f"Is there such a tool, and is the stack deployed as it is? make preview STACK={outputs.stack}"
        return Row(gateway.provider, name, False, "tools", message, tools, remedy, access=access)
    if not tools and policies is not None and not policies.logs_only:
        return Row(gateway.provider, name, True, "call", "no tool: no policy permits it one", access=access)
    if not tools:
        remedy = "See whether its targets are READY (list-gateway-targets), and offered at this gateway to this client."
        return Row(
            gateway.provider,
            name,
            False,
            "tools",
            "the gateway lets the client in, and has no tools",
            (),
            remedy,
        )
    called = [tool for tool in calls if tool in tools]
    try:
        for tool in called:
            call_tool(gateway.mcp_url, token, tool, calls[tool])
    except (McpError, UnreachableError) as error:
        reached = isinstance(error, McpError)
        owners = " ".join(outputs.admissions.values())
        remedy = f"If its function is in another account, has its owner let the role in? {owners}" if owners else None
        return Row(gateway.provider, name, False, "tool", str(error), tools, remedy, reached)
    count = "1 tool" if len(tools) == 1 else f"{len(tools)} tools"
    message = f"{count}, called {', '.join(called)}" if called else count
    return Row(gateway.provider, name, True, "call", message, tools, access=access)


def _print(rows: Sequence[Row]) -> None:
    table = [("gateway", "client", "result", "")]
    for row in rows:
        failed = f"failed at {row.step}" if row.reached else f"not reached at {row.step}"
        result = {True: "ok", False: failed, None: "skipped"}[row.ok]
        table.append((row.gateway, row.client or "-", result, row.message))
    widths = [max(len(line[column]) for line in table) for column in range(3)]
    for row, line in zip([None, *rows], table, strict=True):
        text = "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]).rstrip()
        out("", lead=text, tone=(Tone.GOOD if row.ok else Tone.BAD) if row and row.ok is not None else None)
    for row in rows:
        if row.remedy:
            out(f"remedy for {row.gateway}: {row.remedy}")
    for row in rows:
        for line in (line for verdict in row.access for line in verdict.lines()):
            out(f"{row.gateway}, {row.client}: {line.strip()}")
