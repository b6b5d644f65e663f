"""Properties between Pulumi's spelling and the AWS API's."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from sandbox.providers.aws.shapes import as_known, member_of, to_api
from sandbox.providers.base import ProviderError


def _input(service: str, operation: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


GATEWAY = _input("bedrock-agentcore-control", "CreateGateway")
CLIENT = _input("cognito-idp", "CreateUserPoolClient")


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
