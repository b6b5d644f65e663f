"""What the program registers for targets of each kind, run as it is."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from agentcore_auth.documents import tools
from tests.unit.project import PROJECT
from tests.unit.pulumi_mocks import ACCOUNT, Recorder
from tests.unit.stacks import (
    LAMBDA,
    MCP,
    OPENAPI,
    OTHER_ACCOUNT,
    OTHER_FUNCTION,
    OWN_FUNCTION,
    VAULT,
    stack,
    statements,
)

DOCUMENTS = PROJECT / "examples/documents"
DISCOVERY = "https://login.example.com/.well-known/openid-configuration"


def target(recorder: Recorder) -> dict[str, Any]:
    """What the only target calls, and how: its configuration's one member and its credentials."""
    inputs = recorder.one(":AgentcoreGatewayTarget")
    return {**inputs["targetConfiguration"]["mcp"], "credentials": inputs.get("credentialProviderConfiguration")}


def test_a_function_is_called_with_the_execution_role() -> None:
    recorder = stack(LAMBDA)
    assert target(recorder) == {
        "lambda": {
            "lambdaArn": OWN_FUNCTION,
            "toolSchema": {
                "inlinePayloads": [
                    {"name": "find", "description": "Find an order", "inputSchema": {"type": "object"}},
                ]
            },
        },
        "credentials": {"gatewayIamRole": {}},
    }
    assert statements(recorder)["InvokeFunctions"]["Resource"] == [OWN_FUNCTION]


def test_a_function_s_tools_come_from_a_file_or_from_s3() -> None:
    file = {**LAMBDA, "tools": None, "toolsFile": "examples/documents/order-tools.json"}
    payloads = target(stack(file))["lambda"]["toolSchema"]["inlinePayloads"]
    written = tools.parse((DOCUMENTS / "order-tools.json").read_text(), "order-tools.json")
    assert [payload["name"] for payload in payloads] == [tool.name for tool in written]
    s3 = {**LAMBDA, "tools": None, "toolsS3": "s3://schemas/orders.json"}
    assert target(stack(s3))["lambda"]["toolSchema"] == {"s3": {"uri": "s3://schemas/orders.json"}}


def test_a_smithy_model_is_sent_as_it_is_and_its_actions_are_allowed() -> None:
    schedule = f"arn:aws:scheduler:us-west-2:{ACCOUNT}:schedule/default/restock"
    allowed = {"actions": ["scheduler:GetSchedule"], "resources": [schedule]}
    model = "examples/documents/schedules.smithy.json"
    smithy = {"name": "stock", "type": "smithy", "model": model, **allowed}
    recorder = stack(smithy)
    assert target(recorder) == {
        "smithyModel": {"inlinePayload": {"payload": (DOCUMENTS / "schedules.smithy.json").read_text()}},
        "credentials": {"gatewayIamRole": {}},
    }
    statement = statements(recorder)["CallStock"]
    assert (statement["Action"], statement["Resource"]) == (["scheduler:GetSchedule"], [schedule])


def test_an_api_key_goes_into_the_vault_and_from_there_to_the_api() -> None:
    key = {"type": "apiKey", "secretRef": "stockKey", "parameterName": "x-api-key", "prefix": "Key"}
    recorder = stack({**OPENAPI, "credentials": key}, secrets={"stockKey": "hush"})
    provider = recorder.one(":AgentcoreApiKeyCredentialProvider")
    assert "hush" in str(provider["apiKey"])
    used = target(recorder)
    assert used["openApiSchema"] == {"inlinePayload": {"payload": (DOCUMENTS / "inventory.openapi.json").read_text()}}
    assert used["credentials"] == {
        "apiKey": {
            "providerArn": f"{VAULT}/apikeycredentialprovider/demo-stock",
            "credentialLocation": "HEADER",
            "credentialParameterName": "x-api-key",
            "credentialPrefix": "Key",
        }
    }
    assert used["credentials"]["apiKey"]["providerArn"] in statements(recorder)["GetApiKeys"]["Resource"]


def test_client_credentials_go_into_the_vault_and_their_tokens_to_the_server() -> None:
    oauth = {"type": "oauth", "discoveryUrl": DISCOVERY, "clientId": "gw", "secretRef": "shipSecret", "scopes": ["s"]}
    recorder = stack({**MCP, "credentials": oauth}, secrets={"shipSecret": "hush"})
    provider = recorder.one(":AgentcoreOauth2CredentialProvider")
    assert provider["credentialProviderVendor"] == "CustomOauth2"
    custom = provider["oauth2ProviderConfig"]["customOauth2ProviderConfig"]
    assert custom["oauthDiscovery"] == {"discoveryUrl": DISCOVERY}
    assert "hush" in str(custom["clientSecret"])
    used = target(recorder)
    assert used["mcpServer"] == {"endpoint": "https://ship.example.com/mcp"}
    assert used["credentials"] == {
        "oauth": {
            "providerArn": f"{VAULT}/oauth2credentialprovider/demo-ship",
            "scopes": ["s"],
            "grantType": "CLIENT_CREDENTIALS",
        }
    }
    assert set(statements(recorder)) == {"GetWorkloadTokens", "GetOAuthTokens", "ReadCredentials"}


def test_an_existing_credential_provider_is_used_and_none_is_created() -> None:
    existing = f"{VAULT}/apikeycredentialprovider/stock"
    recorder = stack({**OPENAPI, "credentials": {"type": "apiKey", "providerArn": existing}})
    assert not recorder.all("CredentialProvider")
    assert target(recorder)["credentials"]["apiKey"]["providerArn"] == existing
    assert statements(recorder)["ReadCredentials"]["Resource"] == [
        f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:bedrock-agentcore-identity!default/apikey/stock-??????"
    ]


def test_a_server_without_credentials_is_sent_none_and_asks_the_role_for_nothing() -> None:
    recorder = stack(MCP)
    assert target(recorder) == {"mcpServer": {"endpoint": "https://ship.example.com/mcp"}, "credentials": None}
    assert statements(recorder) == {}


def test_a_signed_endpoint_is_called_with_the_execution_role() -> None:
    runtime = f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:runtime/notes-0123456789"
    address = f"https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/{runtime.replace(':', '%3A')}/invocations"
    address = address.replace("runtime/notes", "runtime%2Fnotes")
    recorder = stack({**MCP, "endpoint": address, "credentials": {"type": "iam", "service": "bedrock-agentcore"}})
    assert target(recorder)["credentials"] == {"gatewayIamRole": {"service": "bedrock-agentcore"}}
    assert statements(recorder)["CallShip"]["Resource"] == [runtime, f"{runtime}/runtime-endpoint/DEFAULT"]


def test_a_signed_endpoint_whose_permission_nobody_can_tell_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"targets\[0\]\.endpoint: does not tell which permission"):
        stack({**MCP, "credentials": {"type": "iam", "service": "execute-api"}})


def test_the_sample_is_one_function_with_a_role_of_its_own() -> None:
    recorder = stack({"name": "sample", "type": "sample"}, {"name": "again", "type": "sample"})
    function = recorder.one(":Function")
    (file,) = recorder.code.assets.items()
    assert file[0] == "echo.py"
    assert isinstance(file[1], pulumi.StringAsset)
    assert "def handler(" in file[1].text
    assert function["runtime"] == "python3.13"
    roles = {role.name: json.loads(role.inputs["assumeRolePolicy"])["Statement"] for role in recorder.all(":Role")}
    assert [each["Principal"] for each in roles["demo-sample"]] == [{"Service": "lambda.amazonaws.com"}]
    assert len(recorder.all(":AgentcoreGatewayTarget")) == 2
    assert len(statements(recorder)["InvokeFunctions"]["Resource"]) == 1


def test_gateways_share_backends_and_each_has_its_targets() -> None:
    oidc = {"entra": {"discoveryUrl": DISCOVERY, "allowedAudience": ["a"]}}
    recorder = stack(LAMBDA, {"name": "sample", "type": "sample"}, identityProviders=["cognito", "entra"], oidc=oidc)
    assert len(recorder.all(":Function")) == 1
    placed = [
        (each.inputs["gatewayIdentifier"], each.inputs["name"]) for each in recorder.all(":AgentcoreGatewayTarget")
    ]
    assert sorted(placed) == [
        ("demo-cognito-0123456789", "orders"),
        ("demo-cognito-0123456789", "sample"),
        ("demo-entra-0123456789", "orders"),
        ("demo-entra-0123456789", "sample"),
    ]


def test_targets_come_after_every_policy_of_the_role() -> None:
    cross = {OTHER_ACCOUNT: {"assumeRoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/deployer"}}
    recorder = stack({**LAMBDA, "functionArn": OTHER_FUNCTION}, crossAccount=cross)
    kinds = [each.type.rpartition(":")[2] for each in recorder.resources]
    assert max(kinds.index("RolePolicy"), kinds.index("Permission")) < kinds.index("AgentcoreGatewayTarget")
