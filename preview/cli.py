"""The command line: `python -m preview impact | stacks | comment`.

Exit codes: 0, 1 where the change does not pass a gate of `--fail-on`, 2 for a file that is not a preview.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from preview.comment import comment
from preview.document import PreviewError, read
from preview.impact import GATES, impact
from preview.markdown import render
from preview.stacks import affected, stacks

_PROJECT = Path(__file__).parents[1]
_STDIN = "-"
_FAILED, _BAD_INPUT = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; results go to standard output, everything else to standard error."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except PreviewError as error:
        sys.stderr.write(f"{error}\n")
        return _BAD_INPUT


def _impact(options: argparse.Namespace) -> int:
    text = _text(options.file)
    try:
        found = impact(read(text))
    except PreviewError as error:
        raise PreviewError(f"{options.file}: {error}") from None
    sys.stdout.write(render(found))
    breaches = found.breaches(options.fail_on)
    if breaches:
        sys.stderr.write(f"--fail-on: the change does not pass {', '.join(breaches)}\n")
    return _FAILED if breaches else 0


def _stacks(options: argparse.Namespace) -> int:
    known = stacks(_PROJECT)
    found = known if options.all else affected(sys.stdin.read().split("\0"), known)
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0


def _comment(options: argparse.Namespace) -> int:
    sys.stdout.write(comment(options.stack, _text(options.report), _text(options.difference)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m preview", description="What a change does to callers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("impact", help="read a preview and tell who is locked out", allow_abbrev=False)
    command.add_argument("file", help="output of `pulumi preview --json --show-sames`; - for standard input")
    command.add_argument(
        "--fail-on",
        type=_gates,
        default=(),
        metavar=",".join(GATES),
        help="exit with 1 where a caller is locked out, a gateway or client replaced, or something allows more",
    )
    command.set_defaults(run=_impact)
    command = commands.add_parser("stacks", help="which stacks a change can affect, as a JSON list")
    command.add_argument("--all", action="store_true", help="all of them; else by the output of git diff -z, on stdin")
    command.set_defaults(run=_stacks)
    command = commands.add_parser("comment", help="the comment on a pull request")
    command.add_argument("stack")
    command.add_argument("report", help="output of `impact`")
    command.add_argument("difference", help="output of `pulumi preview --diff`")
    command.set_defaults(run=_comment)
    return parser


def _gates(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    unknown = [name for name in names if name not in GATES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)!r} is none of {', '.join(GATES)}")
    return names


def _text(file: str) -> str:
    """The text in a file. Raises PreviewError."""
    try:
        return sys.stdin.read() if file == _STDIN else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise PreviewError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PreviewError(f"{file}: is no text in UTF-8") from None
