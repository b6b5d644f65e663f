"""`stacks`: the stacks that a change can affect, as a JSON list."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from agentcore_auth.cli.terminal import ACCEPTED, out
from agentcore_auth.preview.stacks import affected, documents, stacks


def run(options: argparse.Namespace) -> int:
    project = Path.cwd()
    known = {name: documents(project, name) for name in stacks(project)}
    out(json.dumps(list(known) if options.all else affected(sys.stdin.read().split("\0"), known)))
    return ACCEPTED
