"""`impact`: who is locked out by a change, read from its preview; exits with 1 where it does not pass `--fail-on`.

On a terminal the report is text, elsewhere Markdown.
"""

from __future__ import annotations

import argparse
import sys

from agentcore_auth.cli.terminal import ACCEPTED, REFUSED, WRONG_USE, CommandError, Tone, print_json, say, toned
from agentcore_auth.files import TEXT_LIMIT, UnreadableError, read_text, size_text
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
        sys.stdout.write(plain(render(found), lambda text: toned(text, Tone.STRONG)))
    breaches = found.breaches(gates)
    if breaches:
        say(f"--fail-on: the change does not pass {', '.join(breaches)}")
    return REFUSED if breaches else ACCEPTED


def text_of(file: str) -> str:
    """The text in a file, or on standard input for `-`. Raises CommandError."""
    try:
        if file != _STDIN:
            return read_text(file)
        text = sys.stdin.read(TEXT_LIMIT + 1)
    except UnreadableError as error:
        raise CommandError(str(error), WRONG_USE) from None
    except UnicodeDecodeError:
        raise CommandError("standard input is no text in UTF-8", WRONG_USE) from None
    if len(text) > TEXT_LIMIT:
        raise CommandError(f"standard input is longer than {size_text(TEXT_LIMIT)}", WRONG_USE)
    return text
