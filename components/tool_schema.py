"""Lambda tool schemas as pulumi-aws takes them.

The plugin types a schema to a few levels, and takes what lies deeper as JSON text:

    inputSchema ── properties ──┬── properties ──────────────▶ propertiesJson, itemsJson
                                └── items ──┬── properties ──▶ propertiesJson, itemsJson
                                            └── items ───────▶ propertiesJson, itemsJson

It marks each property as required instead of listing names. Source: terraform-provider-aws, bedrockagentcore, gateway
target (how it expands the arguments to the API's shapes, and flattens what the API answers).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agentcore_auth.documents.reading import Tool

# What Go's encoder escapes beside what JSON demands.
_GO_ESCAPES = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"})


def inline_payloads(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """The tools as arguments of the target's `tool_schema`."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": _schema(tool.input_schema),
            **({} if tool.output_schema is None else {"output_schema": _schema(tool.output_schema)}),
        }
        for tool in tools
    ]


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a tool takes or answers, always an object: its properties are typed."""
    properties = [
        {**_named(name, schema), **_nested(inner, in_items=False)}
        for name, inner in schema.get("properties", {}).items()
    ]
    return _described(schema, properties=properties)


def _nested(schema: Mapping[str, Any], *, in_items: bool) -> dict[str, Any]:
    """A property, or the items of one: the properties in it are the last typed level, and so are items of items."""
    properties = [
        {**_named(name, schema), **_leaf(inner, is_property=True)}
        for name, inner in schema.get("properties", {}).items()
    ]
    items = None
    if "items" in schema:
        items = _leaf(schema["items"], is_property=False) if in_items else _nested(schema["items"], in_items=True)
    return _described(schema, properties=properties, items=items)


def _leaf(schema: Mapping[str, Any], *, is_property: bool) -> dict[str, Any]:
    """The last typed level: what lies deeper is JSON text."""
    inner = {key: schema[key] for key in ("properties", "required") if schema.get(key)}
    # The plugin trims the line end of a property's items when it reads them back, and of nothing else.
    items = as_plugin_json(schema["items"]) if "items" in schema else None
    return {
        **_described(schema),
        **({"properties_json": as_plugin_json(inner)} if "properties" in inner else {}),
        **({} if items is None else {"items_json": items.strip() if is_property else items}),
    }


def _named(name: str, owner: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "required": name in owner.get("required", ())}


def _described(
    schema: Mapping[str, Any], properties: list[dict[str, Any]] | None = None, items: dict[str, Any] | None = None
) -> dict[str, Any]:
    found = {
        "type": schema["type"],
        "description": schema.get("description"),
        "properties": properties or None,
        "items": items,
    }
    return {key: value for key, value in found.items() if value is not None}


def as_plugin_json(schema: Mapping[str, Any]) -> str:
    """JSON in the very form in which the plugin writes it into the state after it has read the target from AWS.

    In any other form, the first refresh would show a change of every target with a nested schema.
    """
    text = json.dumps(_in_plugin_order(schema), ensure_ascii=False, separators=(",", ":"))
    return text.translate(_GO_ESCAPES) + "\n"


def _in_plugin_order(schema: Mapping[str, Any]) -> dict[str, Any]:
    ordered: dict[str, Any] = {key: schema[key] for key in ("type", "description") if schema.get(key)}
    if "items" in schema:
        ordered["items"] = _in_plugin_order(schema["items"])
    if schema.get("properties"):
        properties = schema["properties"]
        ordered["properties"] = {name: _in_plugin_order(properties[name]) for name in sorted(properties)}
    if schema.get("required"):
        ordered["required"] = schema["required"]
    return ordered
