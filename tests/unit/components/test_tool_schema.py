from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from agentcore_auth.documents import tools
from components.tool_schema import as_plugin_json, inline_payloads
from tests.unit.plugin_tool_schema import expand
from tests.unit.pulumi_mocks import deploy

NAMES = some.text(alphabet="abcXYZ_<&é \u2028", min_size=1, max_size=6)


def objects(inner: some.SearchStrategy[dict[str, Any]]) -> some.SearchStrategy[dict[str, Any]]:
    def with_required(properties: dict[str, Any]) -> some.SearchStrategy[dict[str, Any]]:
        names = some.lists(some.sampled_from(sorted(properties)), unique=True) if properties else some.just([])
        return some.fixed_dictionaries(
            {"type": some.just("object"), "properties": some.just(properties)},
            optional={"required": names, "description": some.text(min_size=1, max_size=8)},
        )

    return some.dictionaries(NAMES, inner, max_size=3).flatmap(with_required)


def nested(inner: some.SearchStrategy[dict[str, Any]]) -> some.SearchStrategy[dict[str, Any]]:
    arrays = some.fixed_dictionaries({"type": some.just("array")}, optional={"items": inner})
    return some.one_of(objects(inner), arrays)


SIMPLE = some.fixed_dictionaries(
    {"type": some.sampled_from(["string", "number", "boolean", "integer"])},
    optional={"description": some.text(min_size=1, max_size=8)},
)
SCHEMAS = objects(some.recursive(SIMPLE, nested, max_leaves=12))


def camel(value: Any) -> Any:
    """The arguments in the spelling of the protocol."""
    if isinstance(value, Mapping):
        return {_camel(key): camel(inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return [camel(item) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(part.capitalize() for part in others)


def meaning(schema: Any) -> Any:
    """A schema without what JSON schema does not tell apart: order of `required`, empty lists and objects."""
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = dict(schema)  # pyright: ignore[reportUnknownArgumentType]
    kept["required"] = set(kept.get("required", []))
    kept["properties"] = {name: meaning(inner) for name, inner in kept.get("properties", {}).items()}
    return {key: meaning(value) if key == "items" else value for key, value in kept.items() if value}


def chain(*links: str) -> dict[str, Any]:
    """A schema in which each link (`object`, `array`) holds the next one, and the last one a string."""
    schema: dict[str, Any] = {"type": "string"}
    for link in reversed(links):
        held = {"items": schema} if link == "array" else {"properties": {"a": schema}, "required": ["a"]}
        schema = {"type": link, **held}
    return schema


@example(chain("object", *["array"] * 5), chain(*["object"] * 6))
@example(chain("object", "array", "object", "array", "object"), chain("object", "object", "array", "array", "object"))
@given(SCHEMAS, SCHEMAS)
def test_a_schema_of_any_depth_reaches_the_api_as_it_was_written(
    schema_in: dict[str, Any], schema_out: dict[str, Any]
) -> None:
    written = {"name": "t", "description": "d", "inputSchema": schema_in, "outputSchema": schema_out}
    read = tools.check([written], "tools.json")
    (sent,) = expand(camel(inline_payloads(read)))
    assert meaning(sent["inputSchema"]) == meaning(schema_in)
    assert meaning(sent["outputSchema"]) == meaning(schema_out)


DEEP: dict[str, Any] = {
    "type": "object",
    "required": ["order"],
    "properties": {
        "order": {
            "type": "object",
            "required": ["lines"],
            "properties": {
                "lines": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["sku"],
                        "properties": {
                            "sku": {"type": "string", "description": "A < B & C"},
                            "sizes": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
                        },
                    },
                }
            },
        }
    },
}


def test_the_program_sends_a_deep_schema_through_the_sdk_unchanged() -> None:
    tool = {"name": "place", "description": "Place an order", "inputSchema": DEEP, "outputSchema": DEEP}
    recorder = deploy(
        {
            "gateway": {"name": "demo"},
            "identityProviders": ["cognito"],
            "targets": [
                {
                    "name": "orders",
                    "type": "lambda",
                    "functionArn": "arn:aws:lambda:us-west-2:123456789012:function:orders",
                    "tools": [tool],
                }
            ],
        }
    )
    function = recorder.one(":AgentcoreGatewayTarget")["targetConfiguration"]["mcp"]["lambda"]
    assert expand(function["toolSchema"]["inlinePayloads"]) == [tool]


def test_the_plugin_trims_the_text_of_a_property_s_items_and_of_nothing_else() -> None:
    tool = {"name": "t", "description": "d", "inputSchema": chain("object", "object", "array", "object")}
    arrays = {**tool, "inputSchema": chain("object", "array", "array", "object")}
    objects = {**tool, "inputSchema": chain("object", "object", "object", "object")}
    texts = [
        inline_payloads(tools.check([written], "tools.json"))[0]["input_schema"]["properties"][0]
        for written in (tool, arrays, objects)
    ]
    assert texts[0]["properties"][0]["items_json"].endswith("}")
    assert texts[1]["items"]["items"]["properties_json"].endswith("}\n")
    assert texts[2]["properties"][0]["properties_json"].endswith("}\n")


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (
            {"required": ["b"], "properties": {"b": {"type": "string"}}},
            '{"properties":{"b":{"type":"string"}},"required":["b"]}',
        ),
        (
            {"properties": {"b": {"type": "string"}, "a": {"description": "x", "type": "integer"}}},
            '{"properties":{"a":{"type":"integer","description":"x"},"b":{"type":"string"}}}',
        ),
        ({"items": {"type": "string"}, "type": "array"}, '{"type":"array","items":{"type":"string"}}'),
        ({"type": "object", "properties": {}, "required": []}, '{"type":"object"}'),
        (
            {"type": "string", "description": "a<b>&é\u2028"},
            '{"type":"string","description":"a\\u003cb\\u003e\\u0026é\\u2028"}',
        ),
    ],
)
def test_json_is_written_as_go_writes_it(schema: dict[str, Any], text: str) -> None:
    assert as_plugin_json(schema) == f"{text}\n"
    assert json.loads(as_plugin_json(schema)) is not None
