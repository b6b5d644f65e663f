"""Keys that are handed on as they are: each reaches the property that it is for, and is absent unless it is given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy
from tests.unit.stacks import LAMBDA, OWN_FUNCTION

EVERYTHING: dict[str, Any] = {
    "gateway": {"name": "demo"},
    "identityProviders": ["cognito", "auth0", "okta"],
    "auth0:domain": "tenant.us.auth0.com",
    "okta:orgName": "acme",
    "targets": [{"name": "sample", "type": "sample"}],
}
SECRETS = {"auth0:apiToken": "t", "okta:apiToken": "t"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"


# Section, key, value -> the resource's type and the path to its property; the value without the key, and with it.
HANDED_ON: list[tuple[str, str, Any, str, str, Any, Any]] = [
    ("gateway", "description", "Tools", ":AgentcoreGateway", "description", None, "Tools"),
    ("gateway", "exceptionLevel", "DEBUG", ":AgentcoreGateway", "exceptionLevel", None, "DEBUG"),
    ("gateway", "kmsKeyArn", KEY, ":AgentcoreGateway", "kmsKeyArn", None, KEY),
    (
        "gateway",
        "searchType",
        "SEMANTIC",
        ":AgentcoreGateway",
        "protocolConfiguration",
        None,
        {"mcp": {"searchType": "SEMANTIC"}},
    ),
    (
        "gateway",
        "instructions",
        "Ask first",
        ":AgentcoreGateway",
        "protocolConfiguration",
        None,
        {"mcp": {"instructions": "Ask first"}},
    ),
    (
        "gateway",
        "interceptors",
        [{"functionArn": OWN_FUNCTION, "at": ["request", "response"], "passHeaders": True}],
        ":AgentcoreGateway",
        "interceptorConfigurations",
        None,
        [
            {
                "interceptor": {"lambda": {"arn": OWN_FUNCTION}},
                "interceptionPoints": ["REQUEST", "RESPONSE"],
                "inputConfiguration": {"passRequestHeaders": True},
            }
        ],
    ),
    ("executionRole", "path", "/agents/", ":Role", "path", "/", "/agents/"),
    ("executionRole", "permissionsBoundaryArn", BOUNDARY, ":Role", "permissionsBoundary", None, BOUNDARY),
    ("cognito", "deletionProtection", True, ":UserPool", "deletionProtection", "INACTIVE", "ACTIVE"),
    ("cognito", "tier", "PLUS", ":UserPool", "userPoolTier", None, "PLUS"),
    ("cognito", "accessTokenMinutes", 7, ":UserPoolClient", "accessTokenValidity", 60, 7),
    ("cognito", "resourceServer", "tools", "cognito/resourceServer:ResourceServer", "identifier", "demo", "tools"),
    ("cognito", "domainPrefix", "tools", ":UserPoolDomain", "domain", "demo-cognito-id", "tools"),
    ("auth0", "accessTokenSeconds", 600, "auth0:index/resourceServer:ResourceServer", "tokenLifetime", None, 600),
    ("okta", "accessTokenMinutes", 7, ":ServerPolicyRule", "accessTokenLifetimeMinutes", 60, 7),
]


@pytest.fixture(scope="module")
def by_default() -> Recorder:
    return deploy(EVERYTHING, secrets=SECRETS)


def values(recorder: Recorder, type_: str, name: str) -> list[Any]:
    """The property in every resource of the type that the key is about; the sample function has a role of its own."""
    return [each.inputs.get(name) for each in recorder.all(type_) if each.name != "demo-sample"]


@pytest.mark.parametrize(
    ("section", "key", "value", "type_", "name", "default", "given"),
    HANDED_ON,
    ids=[f"{section}.{key}" for section, key, *_ in HANDED_ON],
)
def test_a_key_reaches_its_property_and_only_if_it_is_given(
    by_default: Recorder, section: str, key: str, value: Any, type_: str, name: str, default: Any, given: Any
) -> None:
    recorder = deploy({**EVERYTHING, section: {**EVERYTHING.get(section, {}), key: value}}, secrets=SECRETS)
    count = len(EVERYTHING["identityProviders"]) if type_ == ":AgentcoreGateway" else 1
    assert values(by_default, type_, name) == [default] * count
    assert values(recorder, type_, name) == [given] * count


def test_token_lifetimes_at_cognito_are_counted_in_minutes(by_default: Recorder) -> None:
    assert by_default.one(":UserPoolClient")["tokenValidityUnits"] == {"accessToken": "minutes"}


def test_the_caller_reads_further_buckets_and_uses_the_gateways_key() -> None:
    configuration = {
        **EVERYTHING,
        "callers": {"schemaBuckets": ["schemas"]},
        "gateway": {"name": "demo", "kmsKeyArn": KEY},
    }
    policy = json.loads(deploy(configuration, secrets=SECRETS).one(":Policy")["policy"])
    resources = {statement["Sid"]: statement["Resource"] for statement in policy["Statement"]}
    assert resources["ReadSchemas"] == ["arn:aws:s3:::schemas/*"]
    assert resources["UseGatewayKey"] == [KEY]


def test_every_target_has_the_description_that_it_was_given() -> None:
    api = {"name": "stock", "type": "openapi", "schema": "examples/documents/inventory.openapi.json"}
    targets = [
        {"name": "sample", "type": "sample"},
        LAMBDA,
        {
            "name": "schedules",
            "type": "smithy",
            "model": "examples/documents/schedules.smithy.json",
            "actions": ["scheduler:GetSchedule"],
            "resources": [f"arn:aws:scheduler:us-west-2:{ACCOUNT}:schedule/default/restock"],
        },
        {**api, "description": None},
        {"name": "ship", "type": "mcp", "endpoint": "https://ship.example.com/mcp"},
    ]
    described = [{"description": f"About {each['name']}", **each} for each in targets]
    recorder = deploy({**EVERYTHING, "identityProviders": ["cognito"], "targets": described})
    found = {each.inputs["name"]: each.inputs.get("description") for each in recorder.all(":AgentcoreGatewayTarget")}
    assert found == {
        "sample": "About sample",
        "orders": "About orders",
        "schedules": "About schedules",
        "stock": None,
        "ship": "About ship",
    }
