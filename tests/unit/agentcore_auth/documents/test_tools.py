from __future__ import annotations

import json
from typing import Any

import pytest

from agentcore_auth.documents import tools
from agentcore_auth.documents.reading import INLINE_BYTES, DocumentError
from tests.unit.service_models import shape

FORECAST: dict[str, Any] = {
    "name": "get_forecast",
    "description": "The forecast of a city",
    "inputSchema": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Its name"},
            "days": {"type": "array", "items": {"type": "object", "properties": {"date": {"type": "string"}}}},
        },
        "required": ["city"],
    },
}


def mistakes_in(document: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        tools.parse(json.dumps(document), "tools.json")
    return str(caught.value).splitlines()


def with_input(schema: Any) -> list[Any]:
    return [{**FORECAST, "inputSchema": schema}]


def with_property(schema: Any) -> list[Any]:
    return with_input({"type": "object", "properties": {"city": schema}})


def test_a_valid_document_is_read_as_its_tools() -> None:
    output = {"type": "object", "properties": {"celsius": {"type": "number"}}}
    read = tools.parse(json.dumps([FORECAST, {**FORECAST, "name": "other", "outputSchema": output}]), "tools.json")
    assert [tool.name for tool in read] == ["get_forecast", "other"]
    assert read[0].input_schema == FORECAST["inputSchema"]
    assert read[0].output_schema is None
    assert read[1].output_schema == output


TOOL_KEYS = "valid here: name, description, inputSchema, outputSchema"
KEYWORDS = "valid here: type, description, properties, required, items"
TYPES = "valid: string, number, object, array, boolean, integer"
TOO_DEEP = "tools.json: is nested more than 100 levels deep; flatten it"
AT_CITY = "tools.json: [0].inputSchema.properties.city"


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        ({}, "tools.json: is an object; a tool schema is a list of tools"),
        ([], "tools.json: has no tool in it"),
        (["get_forecast"], "tools.json: [0]: is a string; a tool is an object with name, description, inputSchema"),
        (
            [{**FORECAST, "parameters": {}}],
            f"tools.json: [0].parameters: there is no such key; {TOOL_KEYS}",
        ),
        ([{**FORECAST, "name": 7}], "tools.json: [0].name: is a number; it has to be a string"),
        ([{**FORECAST, "description": " "}], "tools.json: [0].description: is empty"),
        (
            [{**FORECAST, "name": "get.forecast"}],
            "tools.json: [0].name: 'get.forecast' is not 1 to 64 letters, digits, underscores and hyphens",
        ),
        (
            [{**FORECAST, "name": "x" * 65}],
            f"tools.json: [0].name: '{'x' * 65}' is not 1 to 64 letters, digits, underscores and hyphens",
        ),
        ([FORECAST, FORECAST], "tools.json: [1].name: 'get_forecast' is also the name of [0]"),
        ([{"name": "a", "description": "b"}], "tools.json: [0].inputSchema: is required, and missing"),
        (with_input([]), "tools.json: [0].inputSchema: is a list; a schema is an object with a type"),
        (
            with_input({"type": "string"}),
            'tools.json: [0].inputSchema.type: is "string"; MCP calls a tool with an object and gets one back',
        ),
        (
            with_property({"type": "date"}),
            f'{AT_CITY}.type: is "date"; {TYPES}',
        ),
        (
            with_property({"type": ["string", "null"]}),
            f"{AT_CITY}.type: is a list; {TYPES}",
        ),
        (
            with_property({}),
            f"{AT_CITY}.type: is required, and missing; {TYPES}",
        ),
        (
            with_property({"type": "string", "enum": ["a"]}),
            f"{AT_CITY}.enum: AgentCore does not know this keyword; {KEYWORDS}",
        ),
        (
            with_property({"type": "string", "description": 1}),
            f"{AT_CITY}.description: is a number; it has to be a string",
        ),
        (
            with_property({"type": "string", "items": {"type": "string"}}),
            f'{AT_CITY}.items: belongs to a schema of type "array", and this one is "string"',
        ),
        (
            with_property({"type": "array", "properties": {}}),
            f'{AT_CITY}.properties: belongs to a schema of type "object", and this one is "array"',
        ),
        (
            with_property({"type": "array", "items": {"type": "array", "items": {"type": "uuid"}}}),
            f'{AT_CITY}.items.items.type: is "uuid"; {TYPES}',
        ),
        (
            with_input({"type": "object", "properties": []}),
            "tools.json: [0].inputSchema.properties: is a list; it has to be an object of schemas",
        ),
        (
            with_input({"type": "object", "required": ["city"]}),
            "tools.json: [0].inputSchema.required[0]: 'city' is not among the properties",
        ),
        (
            with_input({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "a"]}),
            "tools.json: [0].inputSchema.required[1]: 'a' stands there more than once",
        ),
        (
            with_input({"type": "object", "required": "city"}),
            "tools.json: [0].inputSchema.required: is a string; it has to be a list of property names",
        ),
        (
            with_input({"type": "object", "required": [7]}),
            "tools.json: [0].inputSchema.required[0]: is a number; it has to be a property's name",
        ),
        (
            with_input({"type": "object", "properties": {"required": {"type": "string", "description": 7}}}),
            "tools.json: [0].inputSchema.properties.required.description: is a number; it has to be a string",
        ),
        (
            with_property({"type": "array", "items": None}),
            f"{AT_CITY}.items: is null; a schema is an object with a type",
        ),
        (
            with_input({"type": "object", "properties": {"odd name": {"type": "date"}}}),
            f'tools.json: [0].inputSchema.properties["odd name"].type: is "date"; {TYPES}',
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(document: Any, mistake: str) -> None:
    assert mistakes_in(document) == [mistake]


def test_all_mistakes_come_at_once() -> None:
    document = [{"name": "a b", "inputSchema": {"type": "object", "properties": {"x": {"type": "date"}}, "title": ""}}]
    places = [line.split(": ")[1] for line in mistakes_in(document)]
    assert places == ["[0].description", "[0].inputSchema.properties.x.type", "[0].inputSchema.title", "[0].name"]


def test_more_tools_than_the_quota_are_refused() -> None:
    many = [{**FORECAST, "name": f"tool_{number}"} for number in range(1001)]
    assert mistakes_in(many) == ["tools.json: has 1001 tools; a target can offer 1000"]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('[\n  {"name": }\n]', "tools.json: line 2, column 12: not JSON: Expecting value"),
        ('[{"name": "a", "name": "b"}]', 'tools.json: the key "name" stands twice in one object'),
        ("[NaN]", "tools.json: NaN is not JSON"),
        ("[" * 100_000, TOO_DEEP),
        ("[" * 101 + "]" * 101, TOO_DEEP),
        ("[" * 100 + "]" * 100, "tools.json: [0]: is a list; a tool is an object with name, description, inputSchema"),
    ],
)
def test_what_is_not_json_is_refused(text: str, mistake: str) -> None:
    with pytest.raises(DocumentError) as caught:
        tools.parse(text, "tools.json")
    assert str(caught.value) == mistake


@pytest.mark.parametrize(("size", "accepted"), [(INLINE_BYTES, True), (INLINE_BYTES + 1, False)])
def test_a_document_may_fill_the_inline_quota_and_no_more(size: int, accepted: bool) -> None:
    text = json.dumps([FORECAST])
    text += " " * (size - len(text))
    if accepted:
        assert len(tools.parse(text, "tools.json")) == 1
    else:
        with pytest.raises(
            DocumentError, match=r"has 1,048,577 bytes, and 1,048,576 may be sent inline: put it into S3"
        ):
            tools.parse(text, "tools.json")


def test_the_schema_types_are_those_of_the_service_model() -> None:
    definition = shape("bedrock-agentcore-control", "SchemaDefinition")
    assert set(tools.SCHEMA_KEYS) == set(definition["members"])
    assert set(tools.SCHEMA_TYPES) == set(shape("bedrock-agentcore-control", "SchemaType")["enum"])


def test_tool_names_are_those_that_bedrock_takes() -> None:
    rule = shape("bedrock-runtime", "ToolName")
    assert (rule["pattern"], rule["min"], rule["max"]) == ("[a-zA-Z0-9_-]+", 1, 64)
