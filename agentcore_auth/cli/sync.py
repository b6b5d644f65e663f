"""`sync`: have a stack's gateways ask their MCP servers for their tools anew.

AgentCore keeps the list that it got when a target was created, updated or synchronized (developer guide,
"gateway-target-MCPservers").
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from agentcore_auth.cli.deployed import or_command_error, outputs_of
from agentcore_auth.cli.gateway_api import api_of
from agentcore_auth.cli.terminal import ACCEPTED, NOTHING_CHECKED, out, print_json

_INSTEAD = "for each target: aws bedrock-agentcore-control synchronize-gateway-targets --target-id-list TARGET"


def run(options: argparse.Namespace) -> int:
    with or_command_error():
        gateways = outputs_of(options).gateways
    done: list[dict[str, str]] = []
    for provider, gateway in gateways.items():
        with api_of(gateway.arn or "", _INSTEAD) as (client, identifier):
            for target in _synchronized(client, identifier):
                client.synchronize_gateway_targets(gatewayIdentifier=identifier, targetIdList=[target["targetId"]])
                done.append({"gateway": provider, "target": target["name"]})
    if options.json:
        print_json({"synchronized": done})
    elif done:
        for each in done:
            out(f"{each['gateway']}  {each['target']}: asked for its tools; the new list is there in a moment")
    else:
        out("no gateway has a target whose tools are kept: nothing was synchronized")
    return ACCEPTED if done else NOTHING_CHECKED


def _synchronized(client: Any, gateway: str) -> Iterator[Mapping[str, Any]]:
    """The targets of a gateway that are MCP servers whose tools AgentCore keeps."""
    pages = client.get_paginator("list_gateway_targets").paginate(gatewayIdentifier=gateway)
    for target in (each for page in pages for each in page["items"]):
        found = client.get_gateway_target(gatewayIdentifier=gateway, targetId=target["targetId"])
        server = found["targetConfiguration"].get("mcp", {}).get("mcpServer")
        if server and server.get("listingMode") != "DYNAMIC":
            yield target
