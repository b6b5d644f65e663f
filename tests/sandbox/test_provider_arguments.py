"""Inputs are checked against the argument classes of the SDK."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.providers.arguments import argument_class, check, computed, noting_defaults
from sandbox.providers.values import UNKNOWN, Archive, Asset, Secret

GATEWAY = "pulumi_aws.bedrock:AgentcoreGatewayArgs"
ROLE = "pulumi_aws.iam:RoleArgs"
FUNCTION = "pulumi_aws.lambda_:FunctionArgs"
LEAST = {"authorizerType": "NONE", "roleArn": "arn:aws:iam::123456789012:role/r"}


def _authorizer(**fields: Any) -> dict[str, Any]:
    jwt = {"discoveryUrl": "https://issuer.example/.well-known/openid-configuration"} | fields
    return {**LEAST, "authorizerConfiguration": {"customJwtAuthorizer": jwt}}


@pytest.mark.parametrize(
    ("arguments", "inputs"),
    [
        (GATEWAY, LEAST),
        (GATEWAY, _authorizer(allowedClients=["a"], customClaims=UNKNOWN)),
        (GATEWAY, {**LEAST, "roleArn": UNKNOWN, "tags": {"a": Secret("b")}, "__defaults": ["name"]}),
        (ROLE, {"assumeRolePolicy": Secret("{}"), "maxSessionDuration": 3600}),
        (FUNCTION, {"role": "r", "code": Archive({"a": Asset(text="")}), "environment": {"variables": {"a": "b"}}}),
        (FUNCTION, {"role": "r", "runtime": "python3.12"}),
    ],
)
def test_inputs_as_the_sdk_declares_them_pass(arguments: str, inputs: dict[str, Any]) -> None:
    assert check(arguments, inputs) == []


@pytest.mark.parametrize(
    ("arguments", "inputs", "path", "reason"),
    [
        (GATEWAY, {**LEAST, "descripton": "x"}, "descripton", 'did you mean "description"?'),
        (GATEWAY, {"authorizerType": "NONE"}, "roleArn", "is required"),
        (
            GATEWAY,
            _authorizer(allowedAudience=["a"]),
            "authorizerConfiguration.customJwtAuthorizer.allowedAudience",
            'did you mean "allowedAudiences"?',
        ),
        (
            GATEWAY,
            _authorizer(allowedScopes=["a", 1]),
            "authorizerConfiguration.customJwtAuthorizer.allowedScopes[1]",
            "a string is needed, not a number",
        ),
        (
            GATEWAY,
            _authorizer(allowedScopes="a"),
            "authorizerConfiguration.customJwtAuthorizer.allowedScopes",
            "a list is needed, not a string",
        ),
        (
            GATEWAY,
            {**LEAST, "authorizerConfiguration": ["x"]},
            "authorizerConfiguration",
            "an object is needed, not a list",
        ),
        (GATEWAY, {**LEAST, "tags": ["x"]}, "tags", "a map is needed, not a list"),
        (GATEWAY, {**LEAST, "tags": {"a": Secret(1)}}, "tags.a", "a string is needed, not a number"),
        (ROLE, {"assumeRolePolicy": "{}", "maxSessionDuration": True}, "maxSessionDuration", "a number is needed"),
        (FUNCTION, {"role": "r", "code": Asset(text="")}, "code", "is needed, not a Asset"),
    ],
)
def test_a_mistake_is_named_with_its_path(arguments: str, inputs: dict[str, Any], path: str, reason: str) -> None:
    [mistake] = check(arguments, inputs)

    assert mistake.property == path
    assert reason in mistake.reason


def test_an_object_with_a_missing_field_deep_inside_is_found() -> None:
    claim = {"inboundTokenClaimName": "azp", "inboundTokenClaimValueType": "STRING"}

    [mistake] = check(GATEWAY, _authorizer(customClaims=[claim]))

    assert mistake.property.endswith("customClaims[0].authorizingClaimMatchValue")


@pytest.mark.parametrize(
    ("arguments", "name", "stays"),
    [
        ("pulumi_auth0:ResourceServerArgs", "tokenLifetime", True),
        ("pulumi_auth0:ResourceServerArgs", "identifier", False),
        ("pulumi_auth0:ClientArgs", "clientMetadata", False),
        ("pulumi_okta.auth:ServerArgs", "description", False),
        ("pulumi_aws.cognito:UserPoolClientArgs", "accessTokenValidity", True),
        (GATEWAY, "exceptionLevel", False),
    ],
)
def test_what_has_a_value_without_being_given_is_computed(arguments: str, name: str, stays: bool) -> None:
    assert (name in computed(arguments)) is stays


@pytest.mark.parametrize(
    ("arguments", "inputs", "noted"),
    [
        (ROLE, {"path": "/"}, {"__defaults": [], "path": "/"}),
        (ROLE, {"tags": {"a": "b"}}, {"__defaults": [], "tags": {"a": "b"}}),
        (ROLE, {"tags": UNKNOWN}, {"__defaults": [], "tags": UNKNOWN}),
        (
            "pulumi_auth0:ResourceServerScopesArgs",
            {"scopes": [{"name": "a"}, Secret({"name": "b"})]},
            {"__defaults": [], "scopes": [{"__defaults": [], "name": "a"}, Secret({"__defaults": [], "name": "b"})]},
        ),
        (
            FUNCTION,
            {"environment": {"variables": {"a": "b"}}, "code": Archive({"a": Asset(text="")})},
            {
                "__defaults": [],
                "environment": {"__defaults": [], "variables": {"a": "b"}},
                "code": Archive({"a": Asset(text="")}),
            },
        ),
    ],
)
def test_every_object_but_no_map_has_a_list_of_defaults(
    arguments: str, inputs: dict[str, Any], noted: dict[str, Any]
) -> None:
    assert noting_defaults(inputs, argument_class(arguments)) == noted
