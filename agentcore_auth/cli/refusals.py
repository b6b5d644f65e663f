"""`refusals`: how many calls a stack's gateways have refused lately, by cause."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

from agentcore_auth.cli.deployed import or_command_error, outputs_of
from agentcore_auth.cli.gateway_api import logs_of
from agentcore_auth.cli.terminal import ACCEPTED, REFUSED, WRONG_USE, CommandError, out, print_json
from agentcore_auth.outputs import deploying
from agentcore_auth.refusals import RefusedBy, counted


def run(options: argparse.Namespace) -> int:
    with or_command_error():
        outputs = outputs_of(options)
        gateways = outputs.gateways
    groups = {name: (each.arn, each.log_group) for name, each in gateways.items() if each.arn and each.log_group}
    if not groups:
        raise CommandError(
            f"no gateway of stack {outputs.stack} delivers logs: set gateway.logs in the stack file, then "
            f"{deploying(outputs.stack)}",
            WRONG_USE,
        )
    since = int((time.time() - options.since) * 1000)
    found: list[dict[str, Any]] = []
    for provider, (arn, group) in groups.items():
        with logs_of(arn, group) as client:
            counts = counted(_lines(client, group, since))
        for (by, tool), calls in sorted(counts.items(), key=lambda each: -each[1]):
            found.append({"gateway": provider, "cause": by.value, "tool": tool, "calls": calls})
    refused = sum(each["calls"] for each in found if each["cause"] != RefusedBy.OTHER)
    if options.json:
        print_json({"refused": refused, "refusals": found})
    else:
        for each in found:
            what = f"{each['cause']} {each['tool']}" if each["tool"] else each["cause"]
            out(f"{each['gateway']}  {each['calls']:5}  {what}: {RefusedBy(each['cause']).meaning}")
        out(f"{refused} calls were refused")
    return REFUSED if refused else ACCEPTED


def _lines(client: Any, group: str, since: int) -> Iterator[str]:
    for page in client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
        for event in page["events"]:
            yield event["message"]
