"""`completion`: the script by which a shell completes the commands and their options, made by shtab."""

from __future__ import annotations

import argparse

from agentcore_auth.cli.main import command_line
from agentcore_auth.cli.terminal import ACCEPTED, WRONG_USE, CommandError, out


def run(options: argparse.Namespace) -> int:
    try:
        import shtab  # noqa: PLC0415  # for this command only
    except ImportError:
        raise CommandError("shtab is missing: pip install shtab", WRONG_USE) from None
    out(shtab.complete(command_line(), shell=options.shell))
    return ACCEPTED
