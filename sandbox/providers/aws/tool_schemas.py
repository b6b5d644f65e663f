"""Tool schemas: from Pulumi's typed list of properties to the JSON Schema that the AgentCore API takes.

The plugin types a few levels; what lies deeper it takes as text (`propertiesJson`, `itemsJson`), each a schema
definition of its own: `{"properties": {...}, "required": [...]}`, `{"type": ...}` (terraform-provider-aws,
gateway_target.go).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from sandbox.providers.base import ProviderError
from sandbox.providers.values import Properties

_OF_A_SCHEMA = frozenset({"type", "description", "properties", "required", "items"})


def tool(inputs: Mapping[str, Any]) -> Properties:
    """A tool definition (`inlinePayloads[]`) as the API takes it. Raises ProviderError for text that is no schema."""
    definition: Properties = {"name": inputs["name"], "description": inputs["description"]}
    for name in ("inputSchema", "outputSchema"):
        if name in inputs:
            definition[name] = schema(inputs[name], f"{inputs['name']}.{name}")
    return definition


def schema(inputs: Mapping[str, Any], path: str) -> Properties:
    """One level of a schema, and what lies below it. Raises ProviderError for text that is no schema."""
    definition: Properties = {name: inputs[name] for name in ("type", "description") if name in inputs}
    if "items" in inputs:
        definition["items"] = schema(inputs["items"], f"{path}.items")
    if "itemsJson" in inputs:
        definition["items"] = _parsed(inputs["itemsJson"], f"{path}.itemsJson")
    if "properties" in inputs:
        definition |= _object(inputs["properties"], path)
    if "propertiesJson" in inputs:
        text = _parsed(inputs["propertiesJson"], f"{path}.propertiesJson")
        if "properties" not in text:
            raise ProviderError(f'{path}.propertiesJson: needs the form {{"properties": {{...}}, "required": [...]}}')
        definition |= {name: text[name] for name in ("properties", "required") if name in text}
    return definition


def _object(properties: list[Mapping[str, Any]], path: str) -> Properties:
    definition: Properties = {
        "properties": {each["name"]: schema(each, f"{path}.{each['name']}") for each in properties}
    }
    required = [each["name"] for each in properties if each.get("required")]
    return definition | ({"required": required} if required else {})


def _parsed(text: str, path: str) -> Properties:
    try:
        parsed = json.loads(text)
    except ValueError as error:
        raise ProviderError(f"{path}: no JSON ({error})") from None
    if not isinstance(parsed, dict) or not parsed.keys() <= _OF_A_SCHEMA:
        raise ProviderError(f"{path}: a schema definition of {', '.join(sorted(_OF_A_SCHEMA))} is needed")
    return cast("Properties", parsed)
