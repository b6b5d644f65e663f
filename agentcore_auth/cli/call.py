"""`call`: a gateway's tools, or one call of a tool, with a token that is asked for on the way, or signed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import cast

from agentcore_auth.cli.connection import Connection, SignedConnection, connection_or_signature
from agentcore_auth.cli.get import refused
from agentcore_auth.cli.terminal import (
    ACCEPTED,
    REFUSED,
    UNREACHABLE,
    CommandError,
    Tone,
    out,
    print_json,
    say,
    slowly,
)
from agentcore_auth.cli.tool import arguments_of
from agentcore_auth.tokens.cache import TokenCache
from agentcore_auth.tokens.client import TokenRequestError
from agentcore_auth.tokens.getting import get_token
from agentcore_auth.tokens.mcp_client import TOOL_TIMEOUT, McpError, Session, opened, text_of
from agentcore_auth.tokens.signatures import NOT_INVITED
from agentcore_auth.tokens.transport import UnreachableError


def run(options: argparse.Namespace) -> int:
    arguments = arguments_of(options.arguments, "ARGUMENTS")
    connection = connection_or_signature(options)
    try:
        token = connection.sign if isinstance(connection, SignedConnection) else _token(connection)
        with slowly(f"asking {connection.mcp_url} for its tools"):
            session = opened(connection.mcp_url, token, timeout=TOOL_TIMEOUT)
            tools = session.tools() if options.tool is None else ()
        if options.tool is None:
            return _list(tools, as_json=options.json)
        return _call(session, options.tool, arguments, as_json=options.json)
    except McpError as error:
        remedy = _why_refused(connection) if error.status in {401, 403} else None
        raise CommandError(str(error), REFUSED, remedy=remedy) from None
    except UnreachableError as error:
        raise CommandError(str(error), UNREACHABLE) from None


def _token(connection: Connection) -> str:
    try:
        with slowly(f"asking {connection.credentials.token_endpoint} for a token"):
            return get_token(connection.credentials, TokenCache()).token
    except TokenRequestError as error:
        raise refused(error, connection.credentials) from None


def _list(tools: Sequence[Mapping[str, object]], *, as_json: bool) -> int:
    if as_json:
        print_json({"tools": list(tools)})
        return ACCEPTED
    for tool in tools:
        description = tool.get("description")
        out(f"  {description}" if description else "", lead=str(tool.get("name")), tone=Tone.STRONG)
        for line in parameters(tool):
            out(f"    {line}")
    if not tools:
        say("the gateway lets the client in, and has no tools for it")
    return ACCEPTED


def parameters(tool: Mapping[str, object]) -> list[str]:
    """A line for each of a tool's arguments: name, type, whether it has to be there, and its description."""
    schema = _object(tool.get("inputSchema"))
    required = schema.get("required")
    needed = cast("list[object]", required) if isinstance(required, list) else []
    lines: list[str] = []
    for name, found in _object(schema.get("properties")).items():
        entry = _object(found)
        kind = f"{entry.get('type') or 'any'}{', required' if name in needed else ''}"
        description = entry.get("description")
        lines.append(f"{name} ({kind})" + (f": {description}" if description else ""))
    return lines


def _call(session: Session, name: str, arguments: Mapping[str, object], *, as_json: bool) -> int:
    try:
        with slowly(f"waiting for {name}"):
            result = session.call("tools/call", {"name": name, "arguments": arguments})
    except McpError as error:
        names = [str(tool.get("name")) for tool in session.tools()]
        if name in names:
            raise
        near = get_close_matches(name, names, 3) or [each for each in names if each.endswith(f"___{name}")] or names
        remedy = f"The gateway's tools are named <target>___<tool>; the nearest: {', '.join(near)}" if names else None
        raise CommandError(str(error), REFUSED, remedy=remedy) from None
    text = text_of(result)
    if as_json:
        print_json(result)
    elif result.get("isError"):
        raise CommandError(f"{name} fails: {text}", REFUSED)
    else:
        out(text or json.dumps(result.get("structuredContent", {})))
    return REFUSED if result.get("isError") else ACCEPTED


def _why_refused(connection: Connection | SignedConnection) -> str:
    if isinstance(connection, SignedConnection):
        return NOT_INVITED
    if connection.provider is None:
        return "see why: agentcore-auth get | agentcore-auth check --authorizer FILE"
    return (
        f"see why: agentcore-auth get {connection.source} --idp {connection.provider} | agentcore-auth check "
        f"{connection.source} --gateway {connection.provider}"
    )


def _object(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}
