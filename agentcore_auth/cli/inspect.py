"""`inspect`: a page on this machine that explains a token, and what a gateway makes of it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import cast

from agentcore_auth.authorizer.causes import TokenError
from agentcore_auth.authorizer.jws import parse_json
from agentcore_auth.cli.check import Source, source_of_document
from agentcore_auth.cli.deployed import or_command_error, outputs_of
from agentcore_auth.cli.terminal import ACCEPTED, WRONG_USE, CommandError, out, say
from agentcore_auth.inspection.explanation import explained
from agentcore_auth.inspection.server import PageServer


def run(options: argparse.Namespace) -> int:
    with PageServer(gateways := _gateways(options), Explainer(gateways)) as server:
        out(server.url)
        say("open it in a browser on this machine; Ctrl-C ends it. What is pasted there stays on this machine.")
        try:
            server.serve_forever(0.1)
        except KeyboardInterrupt:
            say("")
    return ACCEPTED


def _gateways(options: argparse.Namespace) -> dict[str, Source]:
    """The gateways of the stack, if one is named: those that take tokens."""
    if not (options.stack or options.outputs):
        return {}
    with or_command_error():
        outputs = outputs_of(options)
        judging = {name: each for name, each in outputs.gateways.items() if each.authorizer}
        return {name: Source(each.authorizer, name, outputs.stack) for name, each in judging.items()}


class Explainer:
    """Answers the page: {token, gateway} or {token, authorizer}; what is wrong with these as {error}."""

    def __init__(self, gateways: Mapping[str, Source]) -> None:
        self._gateways = gateways

    def __call__(self, asked: Mapping[str, object]) -> Mapping[str, object]:
        try:
            return explained(str(asked.get("token") or ""), self._source(asked))
        except (CommandError, TokenError) as error:
            return {"error": error.message}

    def _source(self, asked: Mapping[str, object]) -> Source | None:
        authorizer, gateway = asked.get("authorizer"), asked.get("gateway")
        if authorizer:
            try:
                document = parse_json(str(authorizer))
            except ValueError as error:
                raise CommandError(f"the authorizer is {error}", WRONG_USE) from None
            if not isinstance(document, dict):
                raise CommandError("the authorizer is no JSON object", WRONG_USE)
            return source_of_document(cast("dict[str, object]", document), None)
        if not gateway:
            return None
        if gateway not in self._gateways:
            raise CommandError("the stack has no such gateway", WRONG_USE)
        return self._gateways[str(gateway)]
