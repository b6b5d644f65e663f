from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml

from agentcore_auth.documents import openapi
from agentcore_auth.documents.http import CallError, HttpOperation
from agentcore_auth.documents.reading import DocumentError

PETS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example/v1/"}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "All pets",
                "parameters": [
                    {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "X-Trace", "in": "header", "description": "For logs", "schema": {"type": "string"}},
                ],
            },
            "post": {
                "operationId": "addPet",
                "description": "Add one",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
                },
            },
        },
        "/pets/{petId}": {
            "parameters": [{"$ref": "#/components/parameters/petId"}],
            "get": {"operationId": "getPet"},
            "put": {
                "operationId": "setTags",
                "requestBody": {"content": {"application/json": {"schema": {"type": "array"}}}},
            },
        },
    },
    "components": {
        "parameters": {"petId": {"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}},
        "schemas": {
            "Pet": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "parent": {"$ref": "#/components/schemas/Pet"}},
            }
        },
    },
}


def read(document: Any, source: str = "pets.json") -> dict[str, HttpOperation]:
    return {operation.tool.name: operation for operation in openapi.parse(json.dumps(document), source)}


def changed(value: Any, *path: Any) -> dict[str, Any]:
    """PETS with `value` at `path`."""
    document = copy.deepcopy(PETS)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def without(*path: Any) -> dict[str, Any]:
    document = copy.deepcopy(PETS)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return document


def test_every_operation_is_a_tool() -> None:
    operations = read(PETS)
    assert list(operations) == ["listPets", "addPet", "getPet", "setTags"]
    assert [operation.tool.description for operation in operations.values()] == [
        "All pets",
        "Add one",
        "GET /pets/{petId}",
        "PUT /pets/{petId}",
    ]
    assert operations["listPets"].tool.input_schema == {
        "type": "object",
        "properties": {
            "tag": {"type": "array", "items": {"type": "string"}},
            "X-Trace": {"type": "string", "description": "For logs"},
        },
        "required": [],
    }


def test_references_are_resolved_and_a_schema_in_itself_ends() -> None:
    assert read(PETS)["addPet"].tool.input_schema == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "parent": {"type": "object"},
        },
        "required": ["name"],
    }


def test_arguments_go_where_the_description_says() -> None:
    operations = read(PETS)
    listing = operations["listPets"].request({"tag": ["a b", "c"], "X-Trace": "t"})
    assert (listing.method, listing.target, listing.body) == ("GET", "/pets?tag=a+b&tag=c", None)
    assert listing.headers == {"X-Trace": "t"}
    assert operations["getPet"].request({"petId": "a/b"}).target == "/pets/a%2Fb"
    adding = operations["addPet"].request({"name": "Rex"})
    assert (adding.target, adding.body, adding.headers) == (
        "/pets",
        b'{"name": "Rex"}',
        {"Content-Type": "application/json"},
    )
    assert operations["setTags"].request({"petId": "1", "body": ["x"]}).body == b'["x"]'
    assert operations["addPet"].server == "https://pets.example/v1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({}, "addPet misses 'name'"), ({"name": "a", "age": 1}, "addPet has no argument 'age'")],
)
def test_arguments_that_do_not_fit_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(CallError, match=message):
        read(PETS)["addPet"].request(arguments)


def test_an_argument_with_two_places_goes_to_both() -> None:
    body = {"type": "object", "properties": {"petId": {"type": "integer"}, "name": {"type": "string"}}}
    document = changed(
        {"content": {"application/json": {"schema": body}}}, "paths", "/pets/{petId}", "put", "requestBody"
    )
    request = read(document)["setTags"].request({"petId": "7", "name": "Rex"})
    assert (request.target, request.body) == ("/pets/7", b'{"petId": "7", "name": "Rex"}')


def test_the_nearest_server_is_called() -> None:
    document = changed([{"url": "https://eu.pets.example"}], "paths", "/pets", "get", "servers")
    assert read(document)["listPets"].server == "https://eu.pets.example"
    variables = [{"url": "https://{region}.pets.example", "variables": {"region": {"default": "us"}}}]
    assert read(changed(variables, "servers"))["getPet"].server == "https://us.pets.example"


def test_yaml_reads_as_json_does() -> None:
    document = changed("2026-01-01", "info", "version")
    document["paths"]["/pets"]["get"]["responses"] = {200: {"description": "ok"}}
    text = yaml.safe_dump(document).replace("'2026-01-01'", "2026-01-01")
    assert openapi.parse(text, "pets.yaml") == openapi.parse(json.dumps(document), "pets.json")


IN_BODY = 'paths["/pets"].post.requestBody.content["application/json"].schema.properties'


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        ([], "is a list; an OpenAPI description is an object"),
        (changed("2.0", "swagger"), "swagger: Swagger 2.0 is not supported; convert it to OpenAPI 3.0 or 3.1"),
        (changed("3.2.0", "openapi"), "openapi: is '3.2.0'; supported: 3.0.x and 3.1.x, as a string"),
        (without("openapi"), "openapi: is missing; supported: 3.0.x and 3.1.x, as a string"),
        (without("info", "version"), "info.version: is required, as a string"),
        (without("servers"), "servers: is required: a gateway needs to know where the API is"),
        (changed([], "servers"), "servers: is an empty list; it lists servers"),
        (
            changed("http://pets.example", "servers", 0, "url"),
            "servers[0].url: 'http://pets.example' is not an address that begins with https://",
        ),
        (changed("/v1", "servers", 0, "url"), "servers[0].url: '/v1' is not an address that begins with https://"),
        (
            changed("https://{host}/", "servers", 0, "url"),
            "servers[0].variables.host: is used in the url and has no default",
        ),
        (changed({}, "paths"), "paths: has no operation in it, so the target would have no tool"),
        (without("paths"), "paths: is required, as an object"),
        (
            without("paths", "/pets", "get", "operationId"),
            'paths["/pets"].get.operationId: is required: it becomes the tool\'s name',
        ),
        (
            changed("getPet", "paths", "/pets", "get", "operationId"),
            "paths[\"/pets/{petId}\"].get.operationId: 'getPet' is also the operationId of /pets get",
        ),
        (
            changed("list pets", "paths", "/pets", "get", "operationId"),
            (
                "paths[\"/pets\"].get.operationId: 'list pets' is not 1 to 64 letters, digits, underscores and "
                "hyphens; it becomes the tool's name"
            ),
        ),
        (
            changed("body", "paths", "/pets", "get", "parameters", 0, "in"),
            "paths[\"/pets\"].get.parameters[0].in: is 'body'; valid: path, query, header, cookie",
        ),
        (
            without("paths", "/pets", "get", "parameters", 0, "schema"),
            'paths["/pets"].get.parameters[0].schema: is required; content instead of a schema is not supported',
        ),
        (
            changed([], "paths", "/pets/{petId}", "parameters"),
            "paths[\"/pets/{petId}\"].get.parameters: 'petId': the path names it, so they contradict each other",
        ),
        (
            changed(False, "components", "parameters", "petId", "required"),
            'paths["/pets/{petId}"].parameters[0].required: has to be true for a parameter in the path',
        ),
        (
            changed("#/components/schemas/Dog", "components", "schemas", "Pet", "properties", "parent", "$ref"),
            f"{IN_BODY}.parent.$ref: '#/components/schemas/Dog' leads nowhere",
        ),
        (
            changed("pet.json", "components", "schemas", "Pet", "properties", "parent", "$ref"),
            f"{IN_BODY}.parent.$ref: 'pet.json' leads out of the document, which is sent alone",
        ),
        (
            changed([], "components", "schemas", "Pet", "properties", "name", "oneOf"),
            f"{IN_BODY}.name.oneOf: is not supported by AgentCore in what a tool takes",
        ),
        (
            changed({"image/png": {}}, "paths", "/pets", "post", "requestBody", "content"),
            (
                'paths["/pets"].post.requestBody.content: offers image/png; supported: application/json, '
                "application/x-www-form-urlencoded, multipart/form-data, application/xml"
            ),
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(document: Any, mistake: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(document)
    assert f"pets.json: {mistake}" in str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2", "line 2, column 2: not YAML: expected ',' or ']', but got ':'"),
        ("a: !!python/object:os.system x", "line 1, column 4: not YAML: could not determine a constructor"),
        ("&a [*a]", "is nested more than 100 levels deep"),
        ("&a {b: *a}", "is nested more than 100 levels deep"),
        ("[" * 2000 + "]" * 2000, "is nested more than 100 levels deep"),
        ("[" * 101 + "]" * 101, "is nested more than 100 levels deep"),
        ("[" * 100 + "]" * 100, "is a list; an OpenAPI description is an object"),
    ],
)
def test_what_is_not_yaml_is_refused(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        openapi.parse(text, "pets.yml")
    assert message in str(caught.value)


def test_references_may_not_lead_down_without_end() -> None:
    step = {f"S{level}": {"properties": {"x": {"$ref": f"#/components/schemas/S{level + 1}"}}} for level in range(600)}
    schemas = {**step, "S600": {"type": "string"}, "Pet": {"$ref": "#/components/schemas/S0"}}
    with pytest.raises(
        DocumentError, match=r"post\.requestBody: is nested too deeply once its references are followed"
    ):
        read(changed(schemas, "components", "schemas"))
