"""The package's schema says all that the models say, and its inputs are read by the same models."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast, get_args

import pulumi
import pytest

from components.targets import KINDS
from configuration.annotations import fields_of
from idp import PROVIDERS
from package.arguments import COMPONENTS
from package.inputs import STAND_IN, given
from package.schema import package_schema

SCHEMA = package_schema()
RESOURCES: dict[str, Any] = {name.rpartition(":")[2]: each for name, each in SCHEMA["resources"].items()}
TYPES: dict[str, Any] = {name.rpartition(":")[2]: each for name, each in SCHEMA["types"].items()}


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of every component and type."""
    for name, resource in RESOURCES.items():
        for kind in ("inputProperties", "properties"):
            yield from ((f"{name}.{key}", each) for key, each in resource[kind].items())
    for name, definition in TYPES.items():
        yield from ((f"{name}.{key}", each) for key, each in definition.get("properties", {}).items())


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            if key == "$ref":
                yield str(item)
            yield from references(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from references(item)


def test_there_is_a_component_for_each_provider_the_role_the_gateway_and_everything() -> None:
    providers = {f"{section.__name__}Provider" for section in PROVIDERS.values() if section.issues_tokens}
    assert set(RESOURCES) == {"Gateways", "ExecutionRole", "JwtGateway", *providers}


def test_every_component_type_and_property_is_described() -> None:
    assert all(resource["description"] for resource in RESOURCES.values())
    assert all(each.get("description") or "enum" in each for each in TYPES.values())


def test_the_values_of_enums_have_names() -> None:
    names = [value["name"] for each in TYPES.values() for value in each.get("enum", ())]
    assert names
    assert all(isinstance(name, str) for name in names)
    assert [name for name, each in properties() if not each["description"]] == []


def test_every_reference_leads_to_a_type() -> None:
    known = {f"#/types/{name}" for name in SCHEMA["types"]} | {"pulumi.json#/Any"}
    assert set(references(SCHEMA)) <= known


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_takes_what_its_model_takes(component: str) -> None:
    assert set(RESOURCES[component]["inputProperties"]) == {key for key, _ in fields_of(COMPONENTS[component])}


# Each row: a property, and what its schema holds beside the description.
SHAPES: list[tuple[str, str, dict[str, Any]]] = [
    ("Gateways", "mode", {"default": "pinned", "plain": True}),
    ("Gateways", "secrets", {"secret": True, "type": "object"}),
    ("Gateways", "gateway", {"$ref": "#/types/agentcore-auth:index:GatewaySettings", "plain": True}),
    ("CognitoProvider", "accessTokenMinutes", {"default": 60, "type": "integer", "plain": True}),
    ("CognitoProvider", "createResourceServer", {"default": True, "type": "boolean", "plain": True}),
    ("ExecutionRole", "functionArns", {"type": "array", "items": {"type": "string"}}),
    ("JwtGateway", "roleArn", {"type": "string"}),
]


@pytest.mark.parametrize(("component", "key", "shape"), SHAPES)
def test_defaults_secrets_and_what_has_to_be_known_before(component: str, key: str, shape: dict[str, Any]) -> None:
    found = RESOURCES[component]["inputProperties"][key]
    assert {name: found.get(name) for name in shape} == shape
    assert ("plain" in found) is ("plain" in shape)


def test_an_input_may_be_an_output_only_where_its_model_says_so() -> None:
    outputs = {name for name, each in properties() if "plain" not in each and "Settings." in name}
    assert outputs == {f"{each}Settings.functionArn" for each in ("LambdaTarget", "FunctionTarget", "Interceptor")}


def test_the_secret_of_a_client_is_secret() -> None:
    assert TYPES["ClientOutputs"]["properties"]["clientSecret"]["secret"] is True


def test_a_union_has_one_optional_property_for_each_kind() -> None:
    target = TYPES["GatewaysTargets"]
    assert target["required"] == ["name"]
    of_all = {"name", "description", "providers"}
    assert set(target["properties"]) == of_all | {get_args(kind.model_fields["type"].annotation)[0] for kind in KINDS}
    assert "name" not in TYPES["LambdaTargetSettings"]["properties"]


TARGET = {"name": "sky", "lambda": {"functionArn": "arn", "tools": [{"name": "a", "n": 2.0}]}}

# Each row: the inputs, and the document that the model takes.
DOCUMENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"mode": "tutorial"}, {"mode": "tutorial"}),
    ({"cognito": {"accessTokenMinutes": 30.0}}, {"cognito": {"accessTokenMinutes": 30}}),
    (
        {"targets": [TARGET]},
        {"targets": [{"name": "sky", "type": "lambda", "functionArn": "arn", "tools": [{"name": "a", "n": 2}]}]},
    ),
    (
        {"targets": [{"name": "t", "mcp": {"endpoint": "e", "credentials": {"oauth": {"scopes": ["s"]}}}}]},
        {"targets": [{"name": "t", "type": "mcp", "endpoint": "e", "credentials": {"type": "oauth", "scopes": ["s"]}}]},
    ),
    ({"targets": [{"name": "t", "sample": {}}]}, {"targets": [{"name": "t", "type": "sample"}]}),
]


@pytest.mark.parametrize(("inputs", "document"), DOCUMENTS)
def test_inputs_become_what_a_stack_file_would_hold(inputs: dict[str, Any], document: dict[str, Any]) -> None:
    found = given(COMPONENTS["Gateways"], inputs)
    assert found.document == document
    assert found.mistakes == []


# Each row: inputs with a mistake, and what is said of it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"targets": [{"name": "t"}]}, "targets[0]: needs exactly one of apiGateway, lambda,"),
    ({"targets": [{"name": "t", "sample": {}, "mcp": {}}]}, "targets[0]: needs exactly one of"),
    ({"targets": [{"name": "t", "sample": {}, "endpoint": "e"}]}, "targets[0]: has no property endpoint: put it under"),
]


@pytest.mark.parametrize(("inputs", "said"), WRONG)
def test_what_is_no_kind_is_told_where_it_stands(inputs: dict[str, Any], said: str) -> None:
    assert str(given(COMPONENTS["Gateways"], inputs).mistakes[0]).startswith(said)


def test_the_arn_of_a_function_may_be_an_output_and_nothing_else() -> None:
    async def read() -> None:
        arn = pulumi.Output.from_input("arn")
        inputs = {"targets": [{"name": "t", "lambda": {"functionArn": arn}}], "mode": arn}
        found = given(COMPONENTS["Gateways"], inputs, "aws-us-gov")
        assert found.function_arns == {("targets", 0): arn}
        assert found.document["targets"][0]["functionArn"] == STAND_IN.format(partition="aws-us-gov")
        assert [each.path for each in found.mistakes] == ["mode"]
        interceptors = {"interceptors": [{"functionArn": arn, "at": ["request"]}], "description": arn}
        watched = given(COMPONENTS["Gateways"], {"gateway": interceptors})
        assert watched.function_arns == {("interceptors", 0): arn}
        assert [each.path for each in watched.mistakes] == ["gateway.description"]

    asyncio.run(read())
