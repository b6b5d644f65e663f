from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from agentcore_auth.documents import smithy
from agentcore_auth.documents.reading import DocumentError

HTTP = "smithy.api#http"
REQUIRED: dict[str, Any] = {"smithy.api#required": {}}

ITS_NAME = "<p>Its <i>name</i></p>"

WEATHER: dict[str, Any] = {
    "smithy": "2.0",
    "shapes": {
        "ex#Weather": {
            "type": "service",
            "version": "1",
            "operations": [{"target": "ex#GetForecast"}],
            "resources": [{"target": "ex#Station"}],
            "traits": {
                "aws.protocols#restJson1": {},
                "aws.auth#sigv4": {"name": "weather"},
                "aws.api#service": {"sdkId": "Weather", "endpointPrefix": "wx"},
            },
        },
        "ex#Station": {"type": "resource", "read": {"target": "ex#GetStation"}},
        "ex#GetForecast": {
            "type": "operation",
            "input": {"target": "ex#GetForecastInput"},
            "traits": {
                HTTP: {"method": "POST", "uri": "/forecast/{path+}"},
                "smithy.api#documentation": "<p>A <b>forecast</b></p>",
            },
        },
        "ex#GetStation": {"type": "operation", "traits": {HTTP: {"method": "GET", "uri": "/station"}}},
        "ex#GetForecastInput": {
            "type": "structure",
            "members": {
                "path": {"target": "smithy.api#String", "traits": {**REQUIRED, "smithy.api#httpLabel": {}}},
                "since": {"target": "smithy.api#Timestamp", "traits": {"smithy.api#httpQuery": "from"}},
                "more": {"target": "ex#Texts", "traits": {"smithy.api#httpQueryParams": {}}},
                "trace": {"target": "smithy.api#String", "traits": {"smithy.api#httpHeader": "X-Trace"}},
                "unit": {"target": "ex#Unit", "traits": {**REQUIRED, "smithy.api#jsonName": "u"}},
                "place": {"target": "ex#Place"},
                "at": {"target": "smithy.api#Timestamp"},
            },
        },
        "ex#Texts": {"type": "map", "key": {"target": "smithy.api#String"}, "value": {"target": "smithy.api#String"}},
        "ex#Unit": {
            "type": "enum",
            "members": {
                "C": {"target": "smithy.api#Unit", "traits": {"smithy.api#enumValue": "celsius"}},
                "F": {"target": "smithy.api#Unit"},
            },
        },
        "ex#Place": {
            "type": "structure",
            "members": {
                "name": {
                    "target": "smithy.api#String",
                    "traits": {"smithy.api#documentation": "<p>Its <i>name</i></p>"},
                },
                "near": {"target": "ex#Places"},
            },
        },
        "ex#Places": {"type": "list", "member": {"target": "ex#Place"}},
    },
}


def changed(value: Any, *path: str) -> dict[str, Any]:
    """WEATHER with `value` at `path`."""
    document = copy.deepcopy(WEATHER)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def read(document: Any) -> smithy.SmithyService:
    return smithy.parse(json.dumps(document), "weather.json")


def test_a_model_is_read_as_its_service() -> None:
    service = read(WEATHER)
    assert (service.name, service.signing_name, service.endpoint_prefix) == ("Weather", "weather", "wx")
    assert [operation.tool.name for operation in service.operations] == ["GetForecast", "GetStation"]
    assert [operation.tool.description for operation in service.operations] == ["A forecast", "GET /station"]


def test_shapes_become_json_schemas() -> None:
    name = {"type": "string", "description": "Its name"}
    assert read(WEATHER).operations[0].tool.input_schema == {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "since": {"type": "string", "format": "date-time"},
            "more": {"type": "object", "additionalProperties": {"type": "string"}},
            "trace": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "F"]},
            "place": {
                "type": "object",
                "properties": {
                    "name": name,
                    "near": {"type": "array", "items": {"type": "object"}},
                },
            },
            "at": {"type": "number"},
        },
        "required": ["path", "unit"],
    }


def test_arguments_go_where_the_model_binds_them() -> None:
    arguments: Any = {
        "path": "eu/north sea",
        "since": "2026-01-01T00:00:00Z",
        "more": {"a": "1"},
        "trace": "t",
        "unit": "celsius",
        "at": 3,
    }
    request = read(WEATHER).operations[0].request(arguments)
    assert (request.method, request.target) == ("POST", "/forecast/eu/north%20sea?from=2026-01-01T00%3A00%3A00Z&a=1")
    assert request.body == b'{"u": "celsius", "at": 3}'
    assert request.headers == {"X-Trace": "t", "Content-Type": "application/json"}


def test_a_payload_member_is_the_body() -> None:
    place = {"target": "ex#Place", "traits": {"smithy.api#httpPayload": {}}}
    operation = read(changed(place, "shapes", "ex#GetForecastInput", "members", "place")).operations[0]
    assert operation.request({"path": "a", "unit": "F", "place": {"name": "b"}}).body == b'{"name": "b"}'


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        ([], "is a list; a Smithy model in its JSON AST is an object"),
        (changed("1.0", "smithy"), "smithy: is '1.0'; supported: 2.0, as a string"),
        ({"smithy": "2.0"}, "shapes: is required, as an object"),
        ({"smithy": "2.0", "shapes": {}}, "shapes: has 0 services (none); a target needs one"),
        (
            changed({"type": "service"}, "shapes", "ex#Other"),
            "shapes: has 2 services (ex#Weather, ex#Other); a target needs one",
        ),
        (
            changed({"aws.protocols#restXml": {}}, "shapes", "ex#Weather", "traits"),
            'shapes["ex#Weather"].traits: the service speaks restXml; supported: restJson1',
        ),
        (
            changed([{"target": "ex#Gone"}], "shapes", "ex#Weather", "operations"),
            'shapes["ex#Weather"].operations[0]: ex#Gone is not a shape of this model',
        ),
        (
            changed({}, "shapes", "ex#GetForecast", "traits"),
            'shapes["ex#GetForecast"].traits["smithy.api#http"]: is required, with method and uri',
        ),
        (
            changed({"target": "ex#Gone"}, "shapes", "ex#GetForecast", "input"),
            'shapes["ex#GetForecast"].input: ex#Gone is not a structure of this model',
        ),
        (
            changed({"target": "ex#Gone"}, "shapes", "ex#GetForecastInput", "members", "place"),
            'shapes["ex#GetForecastInput"].place: ex#Gone is not a shape of this model',
        ),
        (
            changed("/forecast/{city}", "shapes", "ex#GetForecast", "traits", HTTP, "uri"),
            'shapes["ex#GetForecast"].traits["smithy.api#http"]: \'city\' is not both in the uri and an httpLabel',
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(document: Any, mistake: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(document)
    assert f"weather.json: {mistake}" in str(caught.value).splitlines()


def test_a_service_without_operations_has_no_tool() -> None:
    document = changed([], "shapes", "ex#Weather", "operations")
    del document["shapes"]["ex#Weather"]["resources"]
    with pytest.raises(DocumentError, match="has no operation, so the target would have no tool"):
        read(document)


def test_resources_that_hold_each_other_are_read_once() -> None:
    nested = changed([{"target": "ex#Station"}], "shapes", "ex#Station", "resources")
    assert [operation.tool.name for operation in read(nested).operations] == ["GetForecast", "GetStation"]


def test_shapes_may_not_lead_down_without_end() -> None:
    document = copy.deepcopy(WEATHER)
    shapes = document["shapes"]
    for level in range(400):
        member = {"target": f"ex#Level{level + 1}"}
        shapes[f"ex#Level{level}"] = {"type": "structure", "members": {"below": member}}
        shapes[f"ex#Holder{level}"] = {"type": "resource", "resources": [{"target": f"ex#Holder{level + 1}"}]}
    shapes["ex#Level400"] = {"type": "string"}
    shapes["ex#Holder400"] = {"type": "resource"}
    shapes["ex#GetForecastInput"]["members"]["place"] = {"target": "ex#Level0"}
    shapes["ex#Station"]["resources"] = [{"target": "ex#Holder0"}]
    with pytest.raises(DocumentError) as caught:
        read(document)
    assert "is more than 100 shapes deep" in str(caught.value)
    assert "is more than 100 resources deep" in str(caught.value)
