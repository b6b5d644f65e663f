"""`impact`: who is locked out by a change, read from its preview; exits with 1 where it does not pass `--fail-on`.

On a terminal the report is text, elsewhere Markdown.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agentcore_auth.cli.terminal import ACCEPTED, REFUSED, WRONG_USE, CommandError, bold, print_json, say
from agentcore_auth.preview.document import PreviewError, read
from agentcore_auth.preview.impact import GATES, impact
from agentcore_auth.preview.json_report import as_document
from agentcore_auth.preview.markdown import render
from agentcore_auth.preview.plain import plain

_STDIN = "-"


def run(options: argparse.Namespace) -> int:
    gates = tuple(filter(None, options.fail_on.split(",")))
    if unknown := [name for name in gates if name not in GATES]:
        raise CommandError(f"--fail-on: {', '.join(unknown)!r} is none of {', '.join(GATES)}", WRONG_USE)
    text = text_of(options.file)
    try:
        found = impact(read(text))
    except PreviewError as error:
        raise CommandError(f"{options.file}: {error}", WRONG_USE) from None
    if options.json:
        print_json(as_document(found, gates))
    elif options.markdown or not sys.stdout.isatty():
        sys.stdout.write(render(found, with_picture=options.picture))
    else:
        sys.stdout.write(plain(render(found), bold()))
    breaches = found.breaches(gates)
    if breaches:
        say(f"--fail-on: the change does not pass {', '.join(breaches)}")
    return REFUSED if breaches else ACCEPTED


def text_of(file: str) -> str:
    """The text in a file, or on standard input for `-`. Raises CommandError."""
    try:
        return sys.stdin.read() if file == _STDIN else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}", WRONG_USE) from None
    except UnicodeDecodeError:
        raise CommandError(f"{file}: is no text in UTF-8", WRONG_USE) from None
