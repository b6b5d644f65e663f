"""The command line `agentcore-auth`. A command's module is imported only when it runs: `decode` starts at once."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NoReturn

from agentcore_auth.authorizer.causes import TokenError
from agentcore_auth.cli.parsing import Parser
from agentcore_auth.cli.terminal import NO_PACKAGES, REFUSED, WRONG_USE, CommandError, Tone, print_json, say
from agentcore_auth.files import reason

EPILOG = """exit codes: 0 accepted or fine, 1 refused or a finding, 2 wrong use, 3 could not be reached,
4 nothing was checked (verify).
Tokens are read from standard input, --token-file or --token-env, and secrets from the stack, .env or the environment,
never from an argument. HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are honoured. docs/troubleshooting.md shows them all."""

CLIENT_HELP = (
    "which of the provider's clients (default: the one named default, or the only one; else it has to be named)"
)


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 9999
"""Of whatever unit: CloudWatch keeps logs for ten years."""


class _Version(argparse.Action):
    """`--version`: looked up only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415

        sys.stdout.write(f"agentcore-auth {version('agentcore-auth')}\n")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, by default the command line's; gives its exit code. Raises SystemExit for --help and wrong use."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows only ASCII is no reason to fail
    given = sys.argv[1:] if arguments is None else arguments
    options = command_line(given[0] if given else None).parse_args(given)
    try:
        return _run(options)
    except CommandError as error:
        return _fail(options, error)
    except BrokenPipeError:
        _mute()  # whoever read the output has seen enough
        return REFUSED
    except OSError as error:
        if error.filename is None:
            _mute()  # it may be the output that cannot be written: a full disk
        return _fail(options, CommandError(reason(error), WRONG_USE))
    except KeyboardInterrupt:
        say("interrupted")
        return 130


def _run(options: argparse.Namespace) -> int:
    command: str = options.command
    try:
        code = int(importlib.import_module(f"agentcore_auth.cli.{command}").run(options))
        sys.stdout.flush()
    except TokenError as error:
        raise CommandError(error.message, REFUSED, cause=error.cause) from None
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "agentcore_auth":
            raise
        raise CommandError(NO_PACKAGES, WRONG_USE) from None
    return code


def _mute() -> None:
    """Without this Python complains on exit once more of an output that cannot be written."""
    with suppress(io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(options: argparse.Namespace, error: CommandError) -> int:
    say(f" {error.message}", lead=f"{options.command}:", tone=Tone.BAD)
    if error.remedy:
        say(f" {error.remedy}", lead="remedy:", tone=Tone.STRONG)
    if options.json:
        cause = error.cause.value if error.cause else None
        print_json({"error": {"cause": cause, "message": error.message, "remedy": error.remedy}})
    return error.code


def command_line(only: str | None = None) -> argparse.ArgumentParser:
    """All commands and their options, or one command's where `only` names it, since all of them take as long to put
    together as some commands run.
    """
    parser = Parser(
        prog="agentcore-auth",
        description="From a refused token to its cause and its remedy, and what a change does to callers.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", nargs=0, action=_Version, help="print the version, and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = {only: _COMMANDS[only]} if only and only in _COMMANDS else _COMMANDS
    for name, (purpose, add_options) in wanted.items():
        command = commands.add_parser(name, help=purpose, description=purpose, allow_abbrev=False)
        command.set_defaults(json=False)
        if name not in _WITHOUT_JSON:
            command.add_argument("--json", action="store_true", help="print one JSON document")
        add_options(command)
    return parser


def _add_stack(parser: argparse.ArgumentParser, *, required: bool) -> None:
    source = parser.add_mutually_exclusive_group(required=required)
    source.add_argument("--stack", metavar="S", help="a deployed stack")
    source.add_argument("--outputs", metavar="FILE", help="its outputs: pulumi stack output --json --show-secrets")


def _add_refusals(parser: argparse.ArgumentParser) -> None:
    _add_stack(parser, required=True)
    parser.add_argument(
        "--since", type=_duration, default=3600, metavar="TIME", help="how far back: 30m, 2h, 7d (default: 1h)"
    )


def _duration(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if unit not in _SECONDS or not (number.isascii() and number.isdecimal() and 0 < int(number) <= _LONGEST):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 30m, 2h or 7d")
    return int(number) * _SECONDS[unit]


def _add_token(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--token-file", metavar="FILE", help="read the token from a file instead of standard input")
    source.add_argument("--token-env", metavar="NAME", help="… from an environment variable")


def _add_get(parser: argparse.ArgumentParser) -> None:
    _add_connection(parser)
    parser.add_argument(
        "--scope", action="append", default=[], metavar="SCOPE", help="instead of the client's own scopes"
    )
    parser.add_argument("--no-cache", action="store_true", help="ask for a new token, and keep none")


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_token(parser)
    _add_stack(parser, required=False)
    parser.add_argument("--gateway", metavar="P", help="the gateway's provider in the stack (default: the only one)")
    parser.add_argument("--authorizer", metavar="FILE", help="the authorizer's JSON, or what get-gateway prints")
    parser.add_argument(
        "--gateway-arn", metavar="ARN", help="of a gateway that no stack made: reads it from AWS (boto3)"
    )
    parser.add_argument("--discovery-url", metavar="URL")
    _add_tool(parser)
    for name in ("clients", "audience", "scopes"):
        parser.add_argument(f"--allowed-{name}", nargs="+", action="extend", default=[], metavar="VALUE")
    parser.add_argument("--jwks", metavar="FILE", help="the issuer's keys: no network at all")
    parser.add_argument(
        "--leeway", type=_seconds, default=0.0, metavar="SECONDS", help="tolerance for clocks (default: 0)"
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 on")
    return seconds


def _add_suggest(parser: argparse.ArgumentParser) -> None:
    _add_token(parser)
    parser.add_argument("--name", default="existing", help="the issuer's name in the configuration (default: existing)")


def _add_discover(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL")


def _add_env(parser: argparse.ArgumentParser) -> None:
    _add_stack(parser, required=True)
    parser.add_argument("--idp", metavar="P", help="identity provider of the stack (default: the only one)")
    parser.add_argument("--client", metavar="NAME", help=CLIENT_HELP)
    parser.add_argument("--file", default=".env", metavar="FILE", help="default: .env")
    parser.add_argument("--force", action="store_true", help="overwrite other content")


def _add_verify(parser: argparse.ArgumentParser) -> None:
    _add_stack(parser, required=True)
    parser.add_argument(
        "--wait", type=float, nargs="?", const=120.0, default=0.0, metavar="SECONDS", help="for a new Cognito domain"
    )
    parser.add_argument(
        "--call",
        action="append",
        default=[],
        metavar="TOOL[=JSON]",
        help='also call a tool, with arguments: --call \'store___stock={"sku": "7"}\'',
    )
    _add_tool(parser)


def _add_tool(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tool",
        action="append",
        default=[],
        metavar="TOOL[=JSON]",
        help="also say which policy lets the caller use a tool, or why none does",
    )


def _add_connection(parser: argparse.ArgumentParser) -> None:
    _add_stack(parser, required=False)
    parser.add_argument("--env-file", metavar="FILE", default=".env", help="without a stack (default: .env)")
    parser.add_argument("--idp", metavar="P", help="identity provider of the stack (default: the only one)")
    parser.add_argument("--client", metavar="NAME", help=CLIENT_HELP)


def _add_call(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tool", nargs="?", metavar="TOOL", help="its full name, <target>___<tool>")
    parser.add_argument("arguments", nargs="?", default="{}", metavar="ARGUMENTS", help="a JSON object (default: {})")
    _add_connection(parser)


def _add_snippet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for",
        dest="kind",
        required=True,
        choices=("mcp", "langgraph", "strands", "inspector", "claude", "vscode", "curl"),
    )
    _add_connection(parser)


def _add_impact(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="output of `pulumi preview --json --show-sames`; - for standard input")
    parser.add_argument("--markdown", action="store_true", help="Markdown on a terminal as well, where text is shown")
    parser.add_argument("--picture", action="store_true", help="with a Mermaid chart in the Markdown, as GitHub draws")
    parser.add_argument(
        "--fail-on",
        default="",
        metavar="lockout,replace,widen,unknown",
        help="exit with 1 where a caller is locked out, a gateway or client replaced, something allows more, or what "
        "becomes of a caller or a policy does not show",
    )


def _add_stacks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--all",
        action="store_true",
        help="all of them; else by the output of git diff --no-renames --name-only -z, on stdin",
    )


def _add_comment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preview_of", metavar="stack")
    parser.add_argument("report", help="output of `impact`")
    parser.add_argument("difference", help="output of `pulumi preview --diff`")


def _add_completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))


_COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "get": ("print a token by client credentials, from the stack's outputs or from .env", _add_get),
    "decode": ("show what a token says; nothing is verified", _add_token),
    "check": ("what the gateway would answer to a token, why, and what to change", _add_check),
    "suggest": ("the authorizers that fit a token, tightest first", _add_suggest),
    "discover": ("check an issuer's discovery document and keys", _add_discover),
    "env": ("write a .env file with the tutorial's names", _add_env),
    "verify": ("call every gateway of a stack: token, check, MCP initialize and tools/list", _add_verify),
    "call": ("call a tool of a gateway; without a tool, list them", _add_call),
    "bridge": ("a gateway as an MCP server on standard input and output", _add_connection),
    "snippet": ("code or settings to call a gateway with", _add_snippet),
    "inspect": ("a local page that explains a token", partial(_add_stack, required=False)),
    "sync": ("have gateways ask their MCP servers for their tools anew (boto3)", partial(_add_stack, required=True)),
    "refusals": ("how many calls a stack's gateways refused lately, by cause (boto3)", _add_refusals),
    "impact": ("read a preview and tell who is locked out", _add_impact),
    "stacks": ("which stacks a change can affect, as a JSON list", _add_stacks),
    "comment": ("the comment on a pull request", _add_comment),
    "completion": ("print what a shell needs to complete these commands", _add_completion),
}
_WITHOUT_JSON = {"bridge", "snippet", "inspect", "stacks", "comment", "completion"}
