"""Properties between Pulumi's spelling and the AWS API's."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timezone
from typing import Any

import botocore.session
import pytest

from sandbox.providers.aws.shapes import as_known, member_of, to_api
from sandbox.providers.base import ProviderError
from sandbox.providers.values import Archive, Asset


def _input(service: str, operation: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


GATEWAY = _input("bedrock-agentcore-control", "CreateGateway")
CLIENT = _input("cognito-idp", "CreateUserPoolClient")
ROLE: Any = botocore.session.get_session().get_service_model("iam").shape_for("Role")
FUNCTION = _input("lambda", "CreateFunction")


@pytest.mark.parametrize(
    ("shape", "name", "member"),
    [
        (GATEWAY, "roleArn", "roleArn"),
        (CLIENT, "allowedOauthFlows", "AllowedOAuthFlows"),
        (CLIENT, "callbackUrls", "CallbackURLs"),
        (CLIENT, "allowedOauthFlowsUserPoolClient", "AllowedOAuthFlowsUserPoolClient"),
        (CLIENT, "secret", None),
    ],
)
def test_a_property_means_the_member_of_the_same_words(shape: Any, name: str, member: str | None) -> None:
    assert member_of(shape, name) == member


def test_a_value_is_spelt_as_the_api_does_at_any_depth() -> None:
    jwt = {"discoveryUrl": "u", "allowedAudiences": ["a"], "customClaims": [{"inboundTokenClaimName": "azp"}]}

    assert to_api(
        GATEWAY, {"authorizerConfiguration": {"customJwtAuthorizer": jwt}, "tags": {"allowedAudiences": "x"}}
    ) == {
        "authorizerConfiguration": {
            "customJWTAuthorizer": {
                "discoveryUrl": "u",
                "allowedAudience": ["a"],
                "customClaims": [{"inboundTokenClaimName": "azp"}],
            }
        },
        "tags": {"allowedAudiences": "x"},
    }


def test_a_property_that_the_api_does_not_have_is_named_with_its_path() -> None:
    with pytest.raises(ProviderError, match=r"protocolConfiguration\.mcp\.speed: .* has no such member"):
        to_api(GATEWAY, {"protocolConfiguration": {"mcp": {"speed": 1}}})


def test_a_live_value_is_read_as_far_as_the_state_knows_it() -> None:
    live = {"authorizerConfiguration": {"customJWTAuthorizer": {"discoveryUrl": "u", "allowedAudience": ["a", "b"]}}}

    assert as_known(
        GATEWAY, live, {"authorizerConfiguration": {"customJwtAuthorizer": {"allowedAudiences": ["a"]}}}
    ) == {"authorizerConfiguration": {"customJwtAuthorizer": {"allowedAudiences": ["a", "b"]}}}
    assert as_known(GATEWAY, live, {"description": "gone"}) == {}


def test_what_the_state_does_not_know_of_a_structure_is_spelt_by_rule() -> None:
    live = {"AccessToken": "minutes"}

    assert as_known(CLIENT.members["TokenValidityUnits"], live, None) == {"accessToken": "minutes"}


def test_tags_are_a_map_even_where_the_api_has_a_list_of_keys_and_values() -> None:
    tags, listed = {"b": "2", "a": "1"}, [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]

    assert to_api(ROLE, {"tags": tags}) == {"Tags": listed}
    assert as_known(ROLE.members["Tags"], listed, None) == tags


@pytest.mark.parametrize(
    ("known", "live", "seen"),
    [
        ('{ "Version": "2012-10-17" }', {"Version": "2012-10-17"}, '{ "Version": "2012-10-17" }'),
        ('{"Version": "2008-10-17"}', {"Version": "2012-10-17"}, '{"Version": "2012-10-17"}'),
        (None, {"Version": "2012-10-17"}, '{"Version": "2012-10-17"}'),
    ],
)
def test_a_policy_document_is_the_known_text_where_it_says_the_same(known: Any, live: Any, seen: str) -> None:
    assert as_known(ROLE.members["AssumeRolePolicyDocument"], live, known) == seen


def test_a_time_is_text() -> None:
    assert as_known(ROLE.members["CreateDate"], datetime(2026, 1, 2, tzinfo=timezone.utc), None) == (
        "2026-01-02T00:00:00+00:00"
    )


def test_an_archive_is_a_deployment_package() -> None:
    package = to_api(FUNCTION, {"code": Archive({"index.py": Asset(text="x = 1")})})["Code"]["ZipFile"]

    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.read("index.py") == b"x = 1"
