"""A stack file is right as a whole, or every mistake in it is named at once; those of a section are tested with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idp.cognito import Cognito
from settings import ConfigurationError, load
from tests.unit.stack_files import (
    AUTH0,
    FUNCTION,
    GOOD,
    ISSUER,
    OKTA,
    TOOL,
    Bad,
    assert_named,
    each_of,
    loaded,
    mistakes,
)


def test_a_small_stack_file_is_enough() -> None:
    settings = loaded({})
    assert settings.gateway_names == {"cognito": "demo-cognito"}
    assert settings.providers == {"cognito": Cognito()}
    assert Cognito().scopes == ("read", "write")
    assert settings.mode == "pinned"


def test_a_gateway_keeps_its_name_when_another_provider_is_switched_on() -> None:
    alone = loaded({}).gateway_names["cognito"]
    among_others = loaded({"identityProviders": ["auth0", "cognito", "okta"], **AUTH0, **OKTA}).gateway_names["cognito"]
    assert alone == among_others


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(loaded({}).gateway, "name", "other")  # noqa: B010 - as an assignment it is a type error


BAD: list[Bad] = [
    ({"aws:region": None}, "aws:region", "pulumi config set aws:region"),
    ({"aws:region": "oregon"}, "aws:region", "not an AWS region"),
    ({"gatway": {}}, "gatway", "did you mean gateway?"),
    ({"gateway": {"name": "demo", "descripton": "x"}}, "gateway.descripton", "did you mean description?"),
    ({"gateway": None}, "gateway", "is required"),
    ({"gateway": {"name": "Demo"}}, "gateway.name", "lower-case"),
    ({"gateway": {"name": "de--mo"}}, "gateway.name", "single hyphens"),
    ({"gateway": {"name": "demo-"}}, "gateway.name", "none of them at an end"),
    ({"gateway": {"name": "d" * 41}}, "gateway.name", "AWS takes 48"),
    ({"gateway": "demo"}, "gateway", "should be an object"),
    ({"mode": "strict"}, "mode", "'pinned', 'tutorial'"),
    ({"identityProviders": []}, "identityProviders", "is empty"),
    ({"identityProviders": None}, "identityProviders", "is required"),
    ({"identityProviders": "cognito"}, "identityProviders", "should be a valid"),
    ({"identityProviders": ["cognito", "cognito"]}, "identityProviders", "more than once"),
    ({"identityProviders": ["congito"]}, "identityProviders[0]", "did you mean cognito?"),
    (
        {
            "oidc": {name: {"discoveryUrl": ISSUER, "allowedClients": ["c"]} for name in ("corp", "corp-eu")},
            "identityProviders": ["corp", "corp-eu"],
            "targets": [{"name": "eu-orders", "type": "sample"}, {"name": "orders", "type": "sample"}],
        },
        "targets",
        "come to one name",
    ),
    ({"identityProviders": ["entra"]}, "identityProviders[0]", "by oidc.entra"),
    ({"targets": []}, "targets", "is empty"),
    ({"targets": "[" * 9000 + "]" * 9000}, "targets", "is nested too deeply to be read"),
    ({"targets": '["\\ud800"]'}, "targets", "is not JSON"),
    (
        {"targets": [{"name": f"t{number}", "type": "sample"} for number in range(101)]},
        "targets",
        "has more entries than the 100 that AWS allows here",
    ),
    ({"targets": [{"name": "t", "type": "sample"}] * 2}, "targets", "2 targets are named 't'"),
    (
        {
            "targets": [
                {"name": f"t{n}", "type": "lambda", "functionArn": f"{FUNCTION[:-6]}{'f' * 60}{n}", "tools": [TOOL]}
                for n in range(100)
            ]
        },
        "targets",
        "IAM takes 10,240: put some of the targets into another stack",
    ),
    (
        # What the interceptors ask of the role is in the same policy.
        {
            "gateway": {
                "name": "demo",
                "interceptors": [{"functionArn": f"{FUNCTION}{'f' * 10_240}", "at": ["request"]}],
            }
        },
        "targets",
        "IAM takes 10,240: put some of the targets into another stack",
    ),
    ({"tags": {"aws:x": "y"}}, "tags.aws:x", "AWS keeps for itself"),
    ({"tags": {"": "y"}}, "tags.", "AWS takes 1 to 128"),
    ({"tags": {"k" * 129: "y"}}, f"tags.{'k' * 129}", "129 characters"),
    ({"tags": {"a": "y" * 257}}, "tags.a", "257 characters"),
    ({"tags": {str(number): "y" for number in range(51)}}, "tags", "51 tags"),
    ({"tags": {"a": 1}}, "tags.a", "valid string"),
    ({"key": "plain text"}, "key", "no secretRef names it"),
]


@each_of(BAD)
def test_a_mistake_is_named_with_its_place_and_what_is_valid(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)


LONGEST: list[dict[str, Any]] = [
    {"targets": [{"name": f"t{number}", "type": "sample"} for number in range(100)]},
    {"tags": {f"{number:0128}": "y" * 256 for number in range(50)}},
]


@pytest.mark.parametrize("changes", LONGEST)
def test_what_fills_a_limit_is_accepted(changes: dict[str, Any]) -> None:
    loaded(changes)


def test_all_mistakes_stand_in_one_message() -> None:
    found = mistakes({"aws:region": None, "gateway": {"name": "Demo"}, "identityProviders": [], "target": []})
    assert set(found) == {"aws:region", "gateway.name", "identityProviders", "target"}


def test_a_secret_does_not_stand_in_a_structured_key() -> None:
    flat = {f"agentcore-auth:{key}": json.dumps(value) for key, value in GOOD.items()}
    with pytest.raises(ConfigurationError, match="targets: is secret; put the secret into a key of its own"):
        load(flat, secret_keys={"agentcore-auth:targets"}, environment={}, project=Path())


def test_a_provider_secret_in_plain_text_is_refused() -> None:
    flat = {
        "auth0:clientSecret": "plain",
        "auth0:clientId": "id",
        "auth0:domain": "t.auth0.com",
        "aws:region": "us-west-2",
    }
    flat |= {f"agentcore-auth:{key}": json.dumps(GOOD[key]) for key in ("gateway", "targets")}
    flat["agentcore-auth:identityProviders"] = '["auth0"]'
    with pytest.raises(ConfigurationError, match="auth0:clientSecret: stands in the stack file in plain text"):
        load(flat, secret_keys=set(), environment={}, project=Path())


def test_provider_credentials_may_come_from_the_environment() -> None:
    flat = {f"agentcore-auth:{key}": json.dumps(value) for key, value in GOOD.items() if ":" not in key}
    flat |= {"aws:region": "us-west-2", "agentcore-auth:identityProviders": '["auth0", "okta"]'}
    environment = {
        "AUTH0_DOMAIN": "t.auth0.com",
        "AUTH0_API_TOKEN": "x",
        "OKTA_ORG_NAME": "acme",
        "OKTA_API_TOKEN": "x",
    }
    settings = load(flat, secret_keys=set(), environment=environment, project=Path())
    assert settings.hosts == {"auth0": "t.auth0.com", "okta": "acme.okta.com"}
