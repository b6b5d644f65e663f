"""What the AWS plugin makes of a target's tool schema: the API's shapes, out of the arguments of its typed levels.

A model of terraform-provider-aws (bedrockagentcore, gateway target, Expand), in the spelling of Pulumi's protocol.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def expand(payloads: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The tools as CreateGatewayTarget gets them."""
    tools: list[dict[str, Any]] = []
    for payload in payloads:
        tool = {key: payload[key] for key in ("name", "description")}
        for key in ("inputSchema", "outputSchema"):
            if key in payload:
                tool[key] = _typed(payload[key])
        tools.append(tool)
    return tools


def _typed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    assert not ("items" in arguments and "properties" in arguments), "the plugin refuses both at once"
    schema = _leaf(arguments)
    if "properties" in arguments:
        inner = arguments["properties"]
        schema["properties"] = {one["name"]: _typed(one) for one in inner}
        schema["required"] = [one["name"] for one in inner if one["required"]]
    if "items" in arguments:
        schema["items"] = _typed(arguments["items"])
    return schema


def _leaf(arguments: Mapping[str, Any]) -> dict[str, Any]:
    assert not ("itemsJson" in arguments and "propertiesJson" in arguments), "the plugin refuses both at once"
    schema = {key: arguments[key] for key in ("type", "description") if key in arguments}
    if "propertiesJson" in arguments:
        inner = json.loads(arguments["propertiesJson"])
        schema["properties"] = inner.get("properties", {})
        schema["required"] = inner.get("required", [])
    if "itemsJson" in arguments:
        schema["items"] = json.loads(arguments["itemsJson"])
    return schema
