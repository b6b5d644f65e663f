"""What the commands share that read a stack: its outputs by the command line's options, and errors about them."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Generator
from pathlib import Path

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.cli.terminal import UNREACHABLE, WRONG_USE, CommandError
from agentcore_auth.outputs import Outputs, OutputsError, read, read_file


def outputs_of(options: argparse.Namespace) -> Outputs:
    """The outputs that --stack or --outputs name. Raises OutputsError."""
    return read_file(Path(options.outputs)) if options.outputs else read(options.stack)


def refuse_without_exec(outputs: Outputs, command: str) -> None:
    """Raises CommandError where the stack's hosts cannot be reached by this process, but by one within the sandbox.

    Nothing is tried: the names may exist outside the sandbox, too, and belong to others.
    """
    if outputs.needs_exec:
        raise CommandError(
            f"stack {outputs.stack} is deployed on the sandbox, whose hosts cannot be reached from here",
            UNREACHABLE,
            cause=Cause.UNREACHABLE,
            remedy=f"run it with: python -m sandbox exec -- agentcore-auth {command} …",
        )


@contextlib.contextmanager
def or_command_error() -> Generator[None]:
    """Turns OutputsError into CommandError: what cannot be had, or what is not there."""
    try:
        yield
    except OutputsError as error:
        raise CommandError(str(error), WRONG_USE if error.reached else UNREACHABLE) from None
