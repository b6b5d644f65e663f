"""Documents as people have them: after public reports, each for a whole kind of fault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentcore_auth.documents import openapi, smithy, tools
from agentcore_auth.documents.http import CallError, HttpOperation
from agentcore_auth.documents.reading import DocumentError

REPORTED = Path(__file__).parents[1] / "data" / "openapi"


def reported(name: str) -> dict[str, HttpOperation]:
    return read(json.loads((REPORTED / name).read_text()))


def read(document: Any, target: str = "orders") -> dict[str, HttpOperation]:
    found = openapi.parse(json.dumps(document), "orders.json", target=target)
    return {operation.tool.name: operation for operation in found}


def described(paths: dict[str, Any], schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "servers": [{"url": "https://orders.example.com"}],
        "paths": paths,
        "components": {"schemas": schemas or {}},
    }


def with_parameter(place: str, schema: dict[str, Any], **rest: Any) -> dict[str, Any]:
    path = "/orders/{it}" if place == "path" else "/orders"
    parameter = {"name": "it", "in": place, "required": True, "schema": schema, **rest}
    return described({path: {"get": {"operationId": "get", "parameters": [parameter]}}})


def with_body(content: dict[str, Any], schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    return described(
        {"/orders": {"post": {"operationId": "add", "requestBody": {"required": True, "content": content}}}}, schemas
    )


def mistakes(document: Any, target: str = "orders") -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read(document, target)
    return [str(mistake) for mistake in caught.value.mistakes]


ORDER: dict[str, Any] = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
TEXT: dict[str, Any] = {"type": "string"}
LIST: dict[str, Any] = {"type": "array", "items": TEXT}


def test_a_reference_may_count_into_a_list() -> None:
    schema = reported("refs.json")["get_item"].tool.input_schema
    assert schema["properties"] == {"counter": {"type": "integer"}, "X-Access-Token": {"type": "string"}}


@pytest.mark.parametrize(
    ("reference", "leads"),
    [
        ("#/components/schemas/a%20b", True),
        ("#/components/schemas/a b", True),
        ("#/components/schemas/c~1d", True),
        ("#/components/schemas/c%2Fd", True),
        ("#/components/schemas/e~0f", True),
        ("#/components/schemas/list/prefixItems/1", True),
        ("#/components/schemas/list/prefixItems/2", False),
        ("#/components/schemas/list/prefixItems/-1", False),
        ("#/components/schemas/%E0%A4%A", False),
        ("#/components/schemas/", False),
        ("#components", False),
    ],
)
def test_a_reference_is_a_json_pointer_in_a_uri(reference: str, leads: bool) -> None:
    schemas = {"a b": TEXT, "c/d": TEXT, "e~f": TEXT, "list": {"prefixItems": [TEXT, TEXT]}}
    document = with_body({"application/json": {"schema": {"$ref": reference}}}, schemas)
    if leads:
        assert read(document)["add"].tool.input_schema["properties"] == {"body": TEXT}
    else:
        assert any(reference in mistake for mistake in mistakes(document))


def mutual(count: int) -> dict[str, Any]:
    """So many types, each of which refers to all of them."""
    properties = {f"p{index}": {"$ref": f"#/components/schemas/T{index}"} for index in range(count)}
    return {f"T{index}": {"type": "object", "properties": properties} for index in range(count)}


def test_types_that_refer_to_one_another_are_resolved_once_each() -> None:
    schema = reported("mutual10.json")["r"].tool.input_schema
    assert len(json.dumps(schema)) < 200_000


@pytest.mark.parametrize("count", [11, 20, 100])
def test_more_than_can_be_written_out_is_refused_with_the_limit(count: int) -> None:
    document = with_body({"application/json": {"schema": {"$ref": "#/components/schemas/T0"}}}, mutual(count))
    if count == 11:
        assert read(document)
    else:
        [mistake, *_] = mistakes(document)
        assert mistake.startswith('paths["/orders"].post')
        assert "20,000 schemas" in mistake or "nested too deeply" in mistake


def test_a_shared_type_keeps_its_own_description_in_each_place() -> None:
    schemas = {"Id": TEXT}
    parameters = [
        {"name": name, "in": "query", "description": name.upper(), "schema": {"$ref": "#/components/schemas/Id"}}
        for name in ("a", "b")
    ]
    document = described({"/orders": {"get": {"operationId": "get", "parameters": parameters}}}, schemas)
    properties: Any = read(document)["get"].tool.input_schema["properties"]
    assert [properties[name]["description"] for name in ("a", "b")] == ["A", "B"]


def test_an_upload_is_a_form() -> None:
    operation = reported("fastapi-upload.json")["upload_upload_post"]
    assert operation.media == "multipart/form-data"
    [name] = operation.members
    request = operation.request({name: "text"})
    assert (request.fields, request.body) == ({name: "text"}, None)


@pytest.mark.parametrize(
    ("offered", "media", "body"),
    [
        (["application/json; charset=utf-8"], "application/json", b'{"id": "a b"}'),
        (["Application/JSON"], "application/json", b'{"id": "a b"}'),
        (["application/x-www-form-urlencoded"], "application/x-www-form-urlencoded", b"id=a+b"),
        (["application/xml", "application/json"], "application/json", b'{"id": "a b"}'),
        (["application/octet-stream", "application/json"], "application/json", b'{"id": "a b"}'),
    ],
)
def test_bodies_have_the_media_types_of_awss_table(offered: list[str], media: str, body: bytes) -> None:
    operation = read(with_body({name: {"schema": ORDER} for name in offered}))["add"]
    assert operation.media == media
    request = operation.request({"id": "a b"})
    assert (request.body, request.headers["Content-Type"]) == (body, media)


def test_how_xml_is_written_is_not_known() -> None:
    operation = read(with_body({"application/xml": {"schema": ORDER}}))["add"]
    with pytest.raises(CallError, match="add takes XML, and no document says"):
        operation.request({"id": "a"})


@pytest.mark.parametrize("media", ["image/png", "application/vnd.acme+json", "application/octet-stream", "*/*"])
def test_other_media_types_are_refused(media: str) -> None:
    [mistake] = mistakes(with_body({media: {"schema": ORDER}}))
    assert mistake.startswith(f'paths["/orders"].post.requestBody.content: offers {media}; supported: application/json')


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        (with_parameter("query", TEXT, style="deepObject"), "style: is 'deepObject'"),
        (with_parameter("query", LIST, style="pipeDelimited"), "style: is 'pipeDelimited'"),
        (with_parameter("query", LIST, explode=False), "explode: has to be true in query"),
        (with_parameter("path", LIST, style="matrix"), "style: is 'matrix'"),
        (with_parameter("path", LIST, style="label"), "style: is 'label'"),
        (with_parameter("path", LIST, explode=True), "explode: has to be false in path"),
        (with_parameter("header", LIST, explode=True), "explode: has to be false in header"),
    ],
)
def test_serializers_are_refused(document: Any, mistake: str) -> None:
    [found] = mistakes(document)
    assert f".get.parameters[0].{mistake}" in found


@pytest.mark.parametrize(
    "document",
    [
        with_parameter("query", LIST),
        with_parameter("query", LIST, style="form", explode=True),
        with_parameter("query", TEXT, explode=False),
        with_parameter("path", TEXT, style="simple", explode=True),
        with_parameter("header", LIST, style="simple"),
    ],
)
def test_what_is_written_plainly_is_taken(document: Any) -> None:
    assert read(document)


def test_each_fault_of_a_generated_description_is_named_with_its_place() -> None:
    with pytest.raises(DocumentError) as caught:
        reported("names.json")
    places = {mistake.place for mistake in caught.value.mistakes}
    assert places >= {
        'paths["/orgs/{org}/repos"].trace',
        'paths["/orgs/{org}/repos"].get.operationId',
        'paths["/orgs/{org}/repos"].get.parameters[1].style',
        'paths["/orgs/{org}/repos"].get',
        'paths["/m/{id}"].get.parameters[0].style',
        'paths["/r"].get.operationId',
    }


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (
            "sem-dangling-response.json",
            'paths["/a"].get.responses.200.content["application/json"].schema.$ref',
        ),
        ("sem-same-template-twice.json", 'paths["/a/{y}"]'),
    ],
)
def test_semantic_errors_are_named_with_their_place(name: str, place: str) -> None:
    with pytest.raises(DocumentError) as caught:
        reported(name)
    assert [mistake.place for mistake in caught.value.mistakes] == [place]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            {"responses": {"200": {"$ref": "#/components/responses/Gone"}}},
            "'#/components/responses/Gone' leads nowhere",
        ),
        ({"responses": {"200": {"$ref": "answers.json"}}}, "leads out of the document"),
        ({"parameters": [{"name": "a", "in": "query", "schema": TEXT}] * 2}, "'a' stands twice"),
    ],
)
def test_more_semantic_errors(change: dict[str, Any], found: str) -> None:
    [mistake] = mistakes(described({"/orders": {"get": {"operationId": "get", **change}}}))
    assert found in mistake


@pytest.mark.parametrize(
    "change",
    [
        {"responses": {"200": {"content": {"application/json": {"example": {"$ref": "#/nowhere"}}}}}},
        {"x-generator": {"$ref": "#/nowhere"}},
        {"responses": {"422": {"content": {"application/json": {"schema": {"anyOf": [TEXT, {"type": "integer"}]}}}}}},
    ],
)
def test_what_a_tool_does_not_take_is_left_alone(change: dict[str, Any]) -> None:
    assert read(described({"/orders": {"get": {"operationId": "get", **change}}}))


@pytest.mark.parametrize(("target", "taken"), [("t" * 20, True), ("t" * 21, False)])
def test_a_tools_name_has_room_for_its_targets(target: str, taken: bool) -> None:
    name = "n" * 41
    described_tool = [{"name": name, "description": "d", "inputSchema": {"type": "object"}}]
    document = described({"/orders": {"get": {"operationId": name}}})
    model = {
        "smithy": "2.0",
        "shapes": {
            "a#S": {
                "type": "service",
                "traits": {"aws.protocols#restJson1": {}},
                "operations": [{"target": f"a#{name}"}],
            },
            f"a#{name}": {"type": "operation", "traits": {"smithy.api#http": {"method": "GET", "uri": "/"}}},
        },
    }
    readers = [
        lambda: tools.check(described_tool, "tools", target=target),
        lambda: read(document, target),
        lambda: smithy.parse(json.dumps(model), "model.json", target=target),
    ]
    for reader in readers:
        if taken:
            assert reader()
        else:
            with pytest.raises(DocumentError, match=f"models see the tool as '{target}___{name}', 65 characters"):
                reader()


def streaming(side: str) -> dict[str, Any]:
    return {
        "smithy": "2.0",
        "shapes": {
            "a#S": {"type": "service", "traits": {"aws.protocols#restJson1": {}}, "operations": [{"target": "a#Put"}]},
            "a#Put": {
                "type": "operation",
                "traits": {"smithy.api#http": {"method": "PUT", "uri": "/"}},
                side: {"target": "a#Thing"},
            },
            "a#Thing": {
                "type": "structure",
                "members": {"body": {"target": "a#Blob", "traits": {"smithy.api#httpPayload": {}}}},
            },
            "a#Blob": {"type": "blob", "traits": {"smithy.api#streaming": {}}},
        },
    }


@pytest.mark.parametrize("side", ["input", "output"])
def test_streaming_operations_are_refused(side: str) -> None:
    with pytest.raises(DocumentError) as caught:
        smithy.parse(json.dumps(streaming(side)), "model.json")
    [mistake] = caught.value.mistakes
    assert str(mistake).startswith(f"shapes[\"a#Put\"].{side}: 'body' is a stream")


def test_shapes_that_refer_to_one_another_are_resolved_once_each() -> None:
    members = {f"p{index}": {"target": f"a#T{index}"} for index in range(10)}
    shapes = {f"a#T{index}": {"type": "structure", "members": members} for index in range(10)}
    model = {
        "smithy": "2.0",
        "shapes": {
            "a#S": {"type": "service", "traits": {"aws.protocols#restJson1": {}}, "operations": [{"target": "a#Put"}]},
            "a#Put": {
                "type": "operation",
                "traits": {"smithy.api#http": {"method": "PUT", "uri": "/"}},
                "input": {"target": "a#T0"},
            },
            **shapes,
        },
    }
    [operation] = smithy.parse(json.dumps(model), "model.json").operations
    assert len(json.dumps(operation.tool.input_schema)) < 200_000
