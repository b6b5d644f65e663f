"""The command line: `python -m preview impact FILE [--fail-on lockout,replace,widen]`.

Exit codes: 0, 1 where the change does not pass a gate of `--fail-on`, 2 for a file that is not a preview.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from preview.document import PreviewError, read
from preview.impact import GATES, impact
from preview.markdown import render

_STDIN = "-"
_FAILED, _BAD_INPUT = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; the report goes to standard output, everything else to standard error."""
    options = _parser().parse_args(arguments)
    try:
        found = impact(read(_text(options.file)))
    except PreviewError as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return _BAD_INPUT
    sys.stdout.write(render(found))
    breaches = found.breaches(options.fail_on)
    if breaches:
        sys.stderr.write(f"--fail-on: the change does not pass {', '.join(breaches)}\n")
    return _FAILED if breaches else 0


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
    return parser


def _gates(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    unknown = [name for name in names if name not in GATES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)!r} is none of {', '.join(GATES)}")
    return names


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == _STDIN else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise PreviewError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PreviewError("is no text in UTF-8, so it is not a preview") from None
