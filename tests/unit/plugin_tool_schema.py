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
                tool[key] = _typed(payload[key], "schema")
        tools.append(tool)
    return tools


# What the plugin has at each typed level; a key that it does not have there would be refused.
_LEVELS: Mapping[str, Mapping[str, str]] = {
    "schema": {"properties": "property", "items": "items"},
    "property": {"properties": "leaf", "items": "items"},
    "items": {"properties": "leaf", "items": "leaf"},
}
_LEAF_KEYS = {"type", "description", "name", "required", "propertiesJson", "itemsJson"}


def _typed(arguments: Mapping[str, Any], level: str) -> dict[str, Any]:
    if level == "leaf":
        return _leaf(arguments)
    nested = _LEVELS[level]
    assert set(arguments) <= {"type", "description", "name", "required", *nested}, "the plugin has no such key here"
    assert not ("items" in arguments and "properties" in arguments), "the plugin refuses both at once"
    schema = {key: arguments[key] for key in ("type", "description") if key in arguments}
    if "properties" in arguments:
        inner = arguments["properties"]
        schema["properties"] = {one["name"]: _typed(one, nested["properties"]) for one in inner}
        schema["required"] = [one["name"] for one in inner if one["required"]]
    if "items" in arguments:
        schema["items"] = _typed(arguments["items"], nested["items"])
    return schema


def _leaf(arguments: Mapping[str, Any]) -> dict[str, Any]:
    assert set(arguments) <= _LEAF_KEYS, "the plugin has no such key here"
    assert not ("itemsJson" in arguments and "propertiesJson" in arguments), "the plugin refuses both at once"
    schema = {key: arguments[key] for key in ("type", "description") if key in arguments}
    if "propertiesJson" in arguments:
        inner = json.loads(arguments["propertiesJson"])
        schema["properties"] = inner.get("properties", {})
        schema["required"] = inner.get("required", [])
    if "itemsJson" in arguments:
        schema["items"] = json.loads(arguments["itemsJson"])
    return schema
