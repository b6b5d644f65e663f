"""Code and settings with which others call a gateway: programs, MCP clients, a shell. Pure: text comes out.

A kind is a file in `templates/` and a line in `KINDS`. No secret is in what comes out: programs take it from the
environment variable that `agentcore-auth env` writes to `.env`, and clients with a settings file start
`agentcore-auth bridge`, which reads it there.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from urllib.parse import urlsplit

from agentcore_auth.tokens.client import Credentials, sends_secret_in_body


@dataclass(frozen=True)
class Subject:
    """What a snippet is about. `bridge`: the command that serves the gateway on standard input and output."""

    mcp_url: str
    credentials: Credentials
    bridge: tuple[str, ...]

    @property
    def name(self) -> str:
        """The gateway's name: its host's, without the ten characters that AgentCore puts after it."""
        label = (urlsplit(self.mcp_url).hostname or "gateway").partition(".")[0]
        name, dash, suffix = label.rpartition("-")
        return name if dash and len(suffix) == 10 else label

    @property
    def request(self) -> dict[str, str]:
        """The token request's form, without the client."""
        in_body = sends_secret_in_body(self.credentials.token_endpoint)
        optional = {
            "scope": self.credentials.scope,
            "audience": self.credentials.audience if in_body else None,
        }
        return {"grant_type": "client_credentials", **{name: value for name, value in optional.items() if value}}


@dataclass(frozen=True)
class Kind:
    """For whom a snippet is, the file that it is usually saved in, and what to do then ({file} is that file)."""

    purpose: str
    file: str
    then: str
    render: Callable[[Subject, Kind], str]


class _Template(Template):
    """`@@name`, because code has dollars of its own."""

    delimiter = "@@"


def snippet(kind: str, subject: Subject) -> str:
    """The text for one of KINDS."""
    found = KINDS[kind]
    return found.render(subject, found)


def _template(name: str, **values: str) -> str:
    text = (files(__name__) / "templates" / f"{name}.txt").read_text(encoding="utf-8")
    return _Template(text).substitute(values)


def _python(name: str, httpx: str) -> Callable[[Subject, Kind], str]:
    def render(subject: Subject, kind: Kind) -> str:
        credentials = subject.credentials
        in_body = sends_secret_in_body(credentials.token_endpoint)
        constants = {
            "GATEWAY_URL": subject.mcp_url,
            "TOKEN_ENDPOINT": credentials.token_endpoint,
            "CLIENT_ID": credentials.client_id,
            "TOKEN_REQUEST": subject.request,
        }
        request = _template(f"secret_in_{'body' if in_body else 'header'}.py", httpx=httpx).rstrip()
        return _template(
            name,
            usage=kind.then.format(file=kind.file),
            imports="" if in_body else "from urllib.parse import quote\n",
            constants="\n".join(f"{constant} = {_literal(value)}" for constant, value in constants.items()),
            client_credentials=_template("client_credentials.py", httpx=httpx, token_request=request).rstrip(),
        )

    return render


def _literal(value: str | Mapping[str, str]) -> str:
    """As formatters leave it."""
    if isinstance(value, str):
        return json.dumps(value)
    return "".join(["{\n", *(f"    {json.dumps(name)}: {json.dumps(each)},\n" for name, each in value.items()), "}"])


def _curl(subject: Subject, kind: Kind) -> str:
    credentials = subject.credentials
    lines = [f'data-urlencode = "{name}={_in_curl(value)}"' for name, value in subject.request.items()]
    if sends_secret_in_body(credentials.token_endpoint):
        lines += ['data-urlencode = "client_id=$client_id"', 'data-urlencode = "client_secret=$secret"']
    else:
        lines.append('user = "$client_id:$secret"')
    return _template(
        "curl.sh",
        usage=kind.then.format(file=kind.file),
        gateway_url=shlex.quote(subject.mcp_url),
        token_endpoint=shlex.quote(credentials.token_endpoint),
        client_id=shlex.quote(credentials.client_id),
        token_request="\n".join(lines),
    )


def _in_curl(text: str) -> str:
    """Within double quotes of a curl configuration, in a here-document of a shell."""
    for special in ("\\", '"'):
        text = text.replace(special, f"\\{special}")
    return text.replace("\\", "\\\\").replace("$", "\\$").replace("`", "\\`")


def _settings(section: str, **fields: str) -> Callable[[Subject, Kind], str]:
    def render(subject: Subject, _kind: Kind) -> str:
        command, *arguments = subject.bridge
        entry = {**fields, "command": command, "args": arguments}
        return json.dumps({section: {subject.name: entry}}, indent=2) + "\n"

    return render


_RUN = "uv run --env-file .env {file} [TOOL [ARGUMENTS]]"
KINDS: Mapping[str, Kind] = {
    "mcp": Kind("the MCP package for Python", "agent.py", _RUN, _python("mcp.py", "httpx2")),
    "langgraph": Kind("LangGraph and LangChain", "agent.py", _RUN, _python("langgraph.py", "httpx")),
    "strands": Kind("Strands Agents", "agent.py", _RUN, _python("strands.py", "httpx2")),
    "inspector": Kind(
        "the MCP inspector",
        "mcp.json",
        "npx @modelcontextprotocol/inspector@2 --config {file} (with --cli --server NAME --method tools/list: no page)",
        _settings("mcpServers"),
    ),
    "claude": Kind(
        "Claude Code and Claude Desktop",
        ".mcp.json",
        "in the folder that Claude Code is started in; Claude Desktop has its own file, claude_desktop_config.json",
        _settings("mcpServers"),
    ),
    "vscode": Kind("VS Code", ".vscode/mcp.json", "then: MCP: List Servers", _settings("servers", type="stdio")),
    "curl": Kind("curl", "tools.sh", "set -a; . ./.env; sh {file} [TOOL [ARGUMENTS]]", _curl),
}
