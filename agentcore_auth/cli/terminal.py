"""What all commands share: exit codes, reading a token, printing JSON, and errors for the user."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from enum import Enum
from threading import Timer
from typing import TextIO

from agentcore_auth.authorizer.causes import Cause, TokenError, harmless
from agentcore_auth.authorizer.jws import MAX_BYTES, out_of_response
from agentcore_auth.files import TEXT_LIMIT, UnreadableError, read_bytes

ACCEPTED, REFUSED, WRONG_USE, UNREACHABLE, NOTHING_CHECKED = 0, 1, 2, 3, 4
"""Exit codes."""
NO_PACKAGES = "this Python has not the project's packages: make setup, then . .venv/bin/activate"


class CommandError(Exception):
    """Ends a command with an exit code, a message of one line, and a remedy where there is one."""

    def __init__(self, message: str, code: int, *, cause: Cause | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.cause = cause
        self.remedy = remedy


def read_token(options: argparse.Namespace) -> str:
    """The token's text from --token-file, --token-env or standard input, taken out of a token endpoint's JSON answer.

    Raises CommandError where there is none, and TokenError for what is too long or no text.
    """
    if options.token_env is not None:
        raw = os.environb.get(os.fsencode(options.token_env), b"")
        where = f"the environment variable {options.token_env}"
    elif options.token_file is not None:
        raw = read_named(options.token_file, TEXT_LIMIT)
        where = options.token_file
    else:
        if sys.stdin.isatty():
            say("paste the token, then press Enter and Ctrl-D")
        raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        where = "standard input"
    if not raw.strip():
        raise CommandError(f"no token on {where}: pipe one in, or use --token-file or --token-env", WRONG_USE)
    if len(raw) > MAX_BYTES:
        raise TokenError(
            Cause.NOT_A_TOKEN, f"not a token: more than {MAX_BYTES // 1024} KB, more than any server takes"
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise TokenError(Cause.NOT_A_TOKEN, "not a token: it holds bytes that are no text") from None
    inside = out_of_response(text)
    if inside is not None:
        say("note: took the token out of the JSON's access_token")
    return text if inside is None else inside


def read_named(path: str, limit: int) -> bytes:
    """What a file on the command line holds. Raises CommandError."""
    try:
        return read_bytes(path, limit)
    except UnreadableError as error:
        raise CommandError(str(error), WRONG_USE) from None


def print_json(document: Mapping[str, object]) -> None:
    """One document on standard output; ASCII only, so that nothing in a token can reach the terminal as a command."""
    out(pretty(document))


def pretty(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True).replace("##[", "#\\u0023[")  # as in `quoted`


class Tone(Enum):
    """How text stands out on a terminal (ECMA-48, SGR)."""

    STRONG = "1"
    GOOD = "32"
    BAD = "31"
    CHANGED = "33"


def toned(text: str, tone: Tone, stream: TextIO | None = None) -> str:
    """The text in a tone, or as it is where standard output (or `stream`) is no terminal or NO_COLOR is set
    (https://no-color.org).
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not (stream or sys.stdout).isatty()
    return text if plain else f"\033[{tone.value}m{text}\033[0m"


@contextmanager
def slowly(what: str, after: float = 2.0) -> Generator[None]:
    """Says on a terminal what is waited for, where it takes longer than `after` seconds."""
    timer = Timer(after, say, (f"{what} …",))
    timer.daemon = True
    if sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def say(message: str, *, lead: str = "", tone: Tone | None = None) -> None:
    """A line on standard error: progress and notes, never a result. `lead` comes before the text, in the tone."""
    shown = harmless(lead)
    sys.stderr.write(f"{toned(shown, tone, sys.stderr) if tone else shown}{harmless(message)}\n")
    sys.stderr.flush()


def out(text: str, *, lead: str = "", tone: Tone | None = None) -> None:
    """Lines on standard output: the result. `lead` comes before the text, in the tone."""
    shown = harmless(lead)
    sys.stdout.write(f"{toned(shown, tone) if tone else shown}{harmless(text)}\n")
