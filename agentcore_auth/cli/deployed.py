"""What the commands share that read a stack: its outputs by the command line's options, and errors about them."""

from __future__ import annotations

import argparse
import contextlib
import shlex
from collections.abc import Generator
from pathlib import Path

from agentcore_auth.cli.terminal import UNREACHABLE, WRONG_USE, CommandError, slowly
from agentcore_auth.outputs import Outputs, OutputsError
from agentcore_auth.pulumi_cli import read_file, read_outputs


def outputs_of(options: argparse.Namespace) -> Outputs:
    """The outputs that --stack or --outputs name. Raises OutputsError."""
    if options.outputs:
        return read_file(Path(options.outputs))
    with slowly(f"reading the outputs of stack {options.stack}"):
        return read_outputs(options.stack)


def source_of(options: argparse.Namespace) -> str:
    """--stack or --outputs as they were given, for a command to type next."""
    return shlex.join(["--outputs", options.outputs] if options.outputs else ["--stack", options.stack])


@contextlib.contextmanager
def or_command_error() -> Generator[None]:
    """Turns OutputsError into CommandError: what cannot be had, or what is not there."""
    try:
        yield
    except OutputsError as error:
        raise CommandError(str(error), WRONG_USE if error.reached else UNREACHABLE) from None
