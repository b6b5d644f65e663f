"""`snippet`: code or settings for whoever calls a gateway. Standard output holds it and nothing else."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agentcore_auth.cli.connection import connection_of
from agentcore_auth.cli.terminal import ACCEPTED, Tone, out, say
from agentcore_auth.snippets import KINDS, Subject, snippet


def run(options: argparse.Namespace) -> int:
    connection = connection_of(options)
    program = str(Path(sys.executable).parent / "agentcore-auth")
    bridge = (program, "bridge", "--env-file", str(Path(options.env_file).absolute()))
    out(snippet(options.kind, Subject(connection.mcp_url, connection.credentials, bridge)).rstrip())
    kind = KINDS[options.kind]
    if connection.provider:
        client = f" --client {options.client}" if options.client else ""
        say(
            f" is needed: agentcore-auth env {connection.source} --idp {connection.provider}{client}",
            lead=options.env_file,
            tone=Tone.STRONG,
        )
    then = kind.then.format(file=kind.file)
    say(f": save as {kind.file}; {then}", lead=f"for {kind.purpose}", tone=Tone.STRONG)
    return ACCEPTED
