"""The command that mends a gateway: whole, quoted, and only for a token that the gateway's own issuer signed."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from botocore.loaders import Loader

from agentcore_auth.authorizer.causes import Cause, Finding
from agentcore_auth.authorizer.model import JUDGED_KEYS, OTHER_KEYS
from agentcore_auth.tokens.repair import KEPT, is_gateway, may_be_repaired, update_command
from tests.unit.service_models import shape

URL = "https://kc.acme.example/realms/agents/.well-known/openid-configuration"
MENDED = {"discoveryUrl": URL, "allowedClients": ["gw-client"]}
GATEWAY: dict[str, Any] = {
    "gatewayArn": "arn:aws:bedrock-agentcore:eu-west-1:123456789012:gateway/tools-a1b2c3d4e5",
    "gatewayId": "tools-a1b2c3d4e5",
    "gatewayUrl": "https://tools-a1b2c3d4e5.gateway.bedrock-agentcore.eu-west-1.amazonaws.com",
    "name": "tools",
    "description": '-it\'s the "gateway" of $(whoami)\n; file:///etc/passwd',
    "roleArn": "arn:aws:iam::123456789012:role/tools",
    "protocolType": "MCP",
    "protocolConfiguration": {"mcp": {"searchType": "SEMANTIC"}},
    "authorizerType": "CUSTOM_JWT",
    "authorizerConfiguration": {
        "customJWTAuthorizer": {
            "discoveryUrl": URL,
            "allowedAudience": ["gw"],
            "allowedScopes": ["read", "write"],
            "advertisedScopeMapping": {"read": "gw/read", "write": "gw/write"},
            "privateEndpoint": {"selfManagedLatticeResource": {"resourceConfigurationIdentifier": "rcfg-0123"}},
        }
    },
    "exceptionLevel": "DEBUG",
    "status": "READY",
    "createdAt": "2026-11-25T10:00:00Z",
}


def arguments(command: str) -> dict[str, Any]:
    words = shlex.split(command)
    assert words[:3] == ["aws", "bedrock-agentcore-control", "update-gateway"]
    assert words[3:6] == ["--region", "eu-west-1", "--cli-input-json"]
    assert len(words) == 7
    return json.loads(words[6])


def test_the_command_repeats_all_that_the_gateway_has() -> None:
    given = arguments(update_command(GATEWAY, MENDED))
    kept = {key: GATEWAY[key] for key in GATEWAY if key in KEPT and key != "authorizerConfiguration"}
    assert given.pop("authorizerConfiguration") == {
        "customJWTAuthorizer": {
            **MENDED,
            "privateEndpoint": {"selfManagedLatticeResource": {"resourceConfigurationIdentifier": "rcfg-0123"}},
        }
    }
    assert given == {"gatewayIdentifier": "tools-a1b2c3d4e5", **kept}


def test_scopes_are_advertised_as_long_as_they_are_allowed() -> None:
    given = arguments(update_command(GATEWAY, {**MENDED, "allowedScopes": ["read"]}))
    assert given["authorizerConfiguration"]["customJWTAuthorizer"]["advertisedScopeMapping"] == {"read": "gw/read"}


def test_what_is_kept_is_what_aws_takes_and_gives() -> None:
    operations = Loader().load_service_model("bedrock-agentcore-control", "service-2")["operations"]
    taken = shape("bedrock-agentcore-control", operations["UpdateGateway"]["input"]["shape"])["members"]
    given = shape("bedrock-agentcore-control", operations["GetGateway"]["output"]["shape"])["members"]
    assert set(KEPT) == set(taken) & set(given)
    assert set(taken) - set(given) == {"gatewayIdentifier"}
    authorizer = shape("bedrock-agentcore-control", "CustomJWTAuthorizerConfiguration")["members"]
    assert {*JUDGED_KEYS, *OTHER_KEYS} == set(authorizer)


@pytest.mark.parametrize(
    ("causes", "may"),
    [
        ([Cause.AUDIENCE_ABSENT], True),
        ([Cause.PASTED_ALONG, Cause.CLIENT_ID_DIFFERS], True),
        ([Cause.SIGNATURE_WRONG, Cause.AUDIENCE_ABSENT], False),
        ([Cause.OTHER_ISSUER, Cause.AUDIENCE_DIFFERS], False),
        ([Cause.DISCOVERY_UNREACHABLE, Cause.AUDIENCE_DIFFERS], False),
        ([], False),
    ],
)
def test_a_gateway_is_opened_only_for_what_its_own_issuer_signed(causes: list[Cause], may: bool) -> None:
    assert may_be_repaired([Finding(cause, "") for cause in causes]) is may


def test_what_get_gateway_prints_is_a_gateway_and_an_authorizer_alone_is_none() -> None:
    assert is_gateway(GATEWAY)
    assert not is_gateway(GATEWAY["authorizerConfiguration"])
    assert not is_gateway({**GATEWAY, "gatewayArn": "arn:aws:s3:::bucket"})
    assert not is_gateway({**GATEWAY, "name": None})
    assert not is_gateway({**GATEWAY, "authorizerConfiguration": {"discoveryUrl": "https://a.example"}})
    lists = {**GATEWAY["authorizerConfiguration"]["customJWTAuthorizer"], "advertisedScopeMapping": ["x"]}
    assert not is_gateway({**GATEWAY, "authorizerConfiguration": {"customJWTAuthorizer": lists}})
