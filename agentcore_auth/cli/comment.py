"""`comment`: the text of the comment on a pull request, from a report of `impact` and a preview's difference."""

from __future__ import annotations

import argparse
import sys

from agentcore_auth.cli.impact import text_of
from agentcore_auth.cli.terminal import ACCEPTED
from agentcore_auth.preview.comment import comment


def run(options: argparse.Namespace) -> int:
    sys.stdout.write(comment(options.preview_of, text_of(options.report), text_of(options.difference)))
    return ACCEPTED
