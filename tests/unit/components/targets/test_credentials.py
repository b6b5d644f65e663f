"""What targets of each kind and their credentials register, and which of them are refused."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.targets import KINDS
from components.targets.credentials import credentials_of
from tests.unit.pulumi_mocks import ACCOUNT, Recorder
from tests.unit.stacks import MCP, OPENAPI, OTHER_ACCOUNT, stack, statements

ISSUER = "https://login.example.com"
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"
SECRET = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:acme/ship-AbCdEf"
OAUTH: dict[str, Any] = {
    "type": "oauth",
    "discoveryUrl": DISCOVERY,
    "clientId": "gw",
    "secretRef": "shipSecret",
    "scopes": ["s"],
}
EXTERNAL = {**OAUTH, "secretRef": None, "secretArn": SECRET, "secretJsonKey": "clientSecret"}
SERVER = {
    "issuer": ISSUER,
    "authorizationEndpoint": f"{ISSUER}/authorize",
    "tokenEndpoint": f"{ISSUER}/token",
}
KEY = {"type": "apiKey", "secretRef": "key"}
EXTERNAL_KEY = {"type": "apiKey", "secretArn": SECRET, "secretJsonKey": "apiKey"}
SMITHY = {"name": "stock", "type": "smithy", "model": "examples/documents/schedules.smithy.json"}
API = {
    "name": "desk",
    "type": "apiGateway",
    "restApiId": "a1b2c3",
    "stage": "prod",
    "filters": [{"path": "/tickets/{id}", "methods": ["GET"]}, {"path": "/notes/*", "methods": ["GET", "POST"]}],
}
VPC = {"vpcIdentifier": "vpc-01234567", "subnetIds": ["subnet-01234567"]}
LATTICE = {"resourceConfigurationIdentifier": "rcfg-0123456789abcdef0"}
SECRETS = {"shipSecret": "hush", "key": "hush"}


def deployed(target: dict[str, Any], **keys: Any) -> Recorder:
    used = {name: value for name, value in SECRETS.items() if f"'{name}'" in str(target)}
    return stack(target, secrets=used, **keys)


def registered(target: dict[str, Any]) -> dict[str, Any]:
    return dict(deployed(target).one(":AgentcoreGatewayTarget"))


def provider(credentials: dict[str, Any], kind: str = "Oauth2") -> dict[str, Any]:
    target = {**MCP, "credentials": {key: value for key, value in credentials.items() if value is not None}}
    return dict(deployed(target).one(f":Agentcore{kind}CredentialProvider"))


def test_every_pair_that_aws_takes_is_taken_and_no_other() -> None:
    """AgentCore developer guide, "gateway-outbound-auth"."""
    tags = {"NoCredentials": "none", "ApiKey": "apiKey", "OAuth": "oauth", "Iam": "iam", "ServiceRole": "iam"}
    pairs = {kind.__name__: {tags[each.__name__] for each in credentials_of(kind)} for kind in KINDS}
    assert pairs == {
        "LambdaTarget": {"iam"},
        "SmithyTarget": {"iam", "oauth"},
        "OpenApiTarget": {"none", "oauth", "apiKey", "iam"},
        "McpTarget": {"none", "oauth", "apiKey", "iam"},
        "ApiGatewayTarget": {"none", "apiKey", "iam"},
        "SampleTarget": set(),
    }


def test_a_smithy_target_with_an_access_token_asks_the_role_for_no_service() -> None:
    recorder = deployed({**SMITHY, "credentials": OAUTH})
    assert set(statements(recorder)) == {"GetWorkloadTokens", "GetOAuthTokens", "ReadCredentials"}


def test_an_mcp_server_takes_an_api_key() -> None:
    shown = registered({**MCP, "credentials": KEY})["credentialProviderConfiguration"]
    assert shown["apiKey"]["credentialLocation"] == "HEADER"


@pytest.mark.parametrize(
    "target",
    [
        {**MCP, "endpoint": "https://abc.lambda-url.us-west-2.on.aws/mcp"},
        {**MCP, "endpoint": "https://tools.acme.example/mcp"},
        OPENAPI,
    ],
)
def test_where_no_address_tells_it_the_stack_file_says_what_a_signed_call_is(target: dict[str, Any]) -> None:
    function = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:stock"
    actions = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
    signed = {"type": "iam", "service": "lambda", "actions": actions, "resources": [function]}
    recorder = deployed({**target, "credentials": signed})
    (statement,) = statements(recorder).values()
    assert (statement["Action"], statement["Resource"]) == (actions, [function])
    shown = recorder.one(":AgentcoreGatewayTarget")["credentialProviderConfiguration"]
    assert shown == {"gatewayIamRole": {"service": "lambda"}}


def test_a_stage_of_an_api_is_called_by_what_the_filters_choose() -> None:
    recorder = deployed(API)
    target = recorder.one(":AgentcoreGatewayTarget")
    assert target["targetConfiguration"]["mcp"]["apiGateway"] == {
        "restApiId": "a1b2c3",
        "stage": "prod",
        "apiGatewayToolConfiguration": {
            "toolFilters": [
                {"filterPath": "/tickets/{id}", "methods": ["GET"]},
                {"filterPath": "/notes/*", "methods": ["GET", "POST"]},
            ]
        },
    }
    assert target["credentialProviderConfiguration"] == {"gatewayIamRole": {}}
    stage = f"arn:aws:execute-api:us-west-2:{ACCOUNT}:a1b2c3/prod"
    assert statements(recorder)["CallDesk"]["Resource"] == [
        f"{stage}/GET/tickets/*",
        f"{stage}/GET/notes/*",
        f"{stage}/POST/notes/*",
    ]
    assert "apigateway:GET" in recorder.one(":Policy")["policy"]


def test_a_stage_that_is_called_without_the_role_asks_it_for_nothing() -> None:
    assert statements(deployed({**API, "credentials": {"type": "none"}})) == {}


@pytest.mark.parametrize(
    ("credentials", "vendor", "form", "settings"),
    [
        (OAUTH, "CustomOauth2", "custom", {"oauthDiscovery": {"discoveryUrl": DISCOVERY}}),
        (
            {
                **OAUTH,
                "discoveryUrl": None,
                "authorizationServer": SERVER,
                "clientAuthentication": "CLIENT_SECRET_POST",
            },
            "CustomOauth2",
            "custom",
            {
                "oauthDiscovery": {"authorizationServerMetadata": SERVER},
                "clientAuthenticationMethod": "CLIENT_SECRET_POST",
            },
        ),
        ({**OAUTH, "discoveryUrl": None, "vendor": "GithubOauth2"}, "GithubOauth2", "github", {}),
        (
            {**OAUTH, "discoveryUrl": None, "vendor": "MicrosoftOauth2", "tenantId": "t"},
            "MicrosoftOauth2",
            "microsoft",
            {"tenantId": "t"},
        ),
        (
            {**OAUTH, "discoveryUrl": None, "vendor": "Auth0Oauth2", "authorizationServer": SERVER},
            "Auth0Oauth2",
            "included",
            SERVER,
        ),
        (
            {**OAUTH, "grantType": "TOKEN_EXCHANGE"},
            "CustomOauth2",
            "custom",
            {
                "oauthDiscovery": {"discoveryUrl": DISCOVERY},
                "onBehalfOfTokenExchangeConfig": {
                    "grantType": "TOKEN_EXCHANGE",
                    "tokenExchangeGrantTypeConfig": {"actorTokenContent": "NONE"},
                },
            },
        ),
    ],
)
def test_an_issuer_is_described_as_its_vendor_s_form_wants_it(
    credentials: dict[str, Any], vendor: str, form: str, settings: dict[str, Any]
) -> None:
    made = provider(credentials)
    assert made["credentialProviderVendor"] == vendor
    assert made["oauth2ProviderConfig"] == {
        f"{form}Oauth2ProviderConfig": {"clientId": "gw", "clientSecret": "hush", **settings}
    }


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ({"customParameters": {"audience": "a"}}, {"customParameters": {"audience": "a"}}),
        ({"grantType": "TOKEN_EXCHANGE"}, {"grantType": "TOKEN_EXCHANGE"}),
        (
            {"grantType": "AUTHORIZATION_CODE", "returnUrl": "https://a.example/done"},
            {"grantType": "AUTHORIZATION_CODE", "defaultReturnUrl": "https://a.example/done"},
        ),
    ],
)
def test_a_target_says_how_its_tokens_are_asked_for(keys: dict[str, Any], shown: dict[str, Any]) -> None:
    credential = registered({**MCP, "credentials": {**OAUTH, **keys}})["credentialProviderConfiguration"]["oauth"]
    assert credential == {
        "providerArn": credential["providerArn"],
        "scopes": ["s"],
        "grantType": "CLIENT_CREDENTIALS",
        **shown,
    }


def test_a_secret_that_exists_is_named_and_read_by_nobody_but_the_role() -> None:
    key = provider(EXTERNAL_KEY, "ApiKey")
    assert (key["apiKeySecretSource"], key["apiKeySecretConfig"]) == (
        "EXTERNAL",
        {"secretId": SECRET, "jsonKey": "apiKey"},
    )
    assert "apiKey" not in key
    custom = provider(EXTERNAL)["oauth2ProviderConfig"]["customOauth2ProviderConfig"]
    assert (custom["clientSecretSource"], custom["clientSecretConfig"]) == (
        "EXTERNAL",
        {"secretId": SECRET, "jsonKey": "clientSecret"},
    )
    assert "clientSecret" not in custom
    recorder = deployed({**MCP, "credentials": EXTERNAL_KEY})
    assert statements(recorder)["ReadCredentials"]["Resource"] == [SECRET]


def test_a_target_s_details_are_registered_as_the_api_has_them() -> None:
    details = {"passHeaders": ["X-Desk"], "listingMode": "DYNAMIC", "privateEndpoint": {"managedVpcResource": VPC}}
    target = registered({**MCP, **details})
    assert target["metadataConfiguration"] == {"allowedRequestHeaders": ["X-Desk"]}
    assert target["targetConfiguration"]["mcp"]["mcpServer"]["listingMode"] == "DYNAMIC"
    assert target["privateEndpoint"] == {
        "managedVpcResource": {**VPC, "endpointIpAddressType": "IPV4", "securityGroupIds": []}
    }
    lattice = {"selfManagedLatticeResource": LATTICE}
    assert registered({**OPENAPI, "privateEndpoint": lattice})["privateEndpoint"] == lattice


def test_only_the_gateways_of_its_providers_offer_a_target() -> None:
    oidc = {"entra": {"discoveryUrl": DISCOVERY, "allowedAudience": ["a"]}}
    recorder = stack(
        {**MCP, "providers": ["entra"]},
        {"name": "sample", "type": "sample"},
        identityProviders=["cognito", "entra"],
        oidc=oidc,
    )
    placed = [(each.inputs["gatewayIdentifier"][5:8], each.inputs["name"]) for each in recorder.all("GatewayTarget")]
    assert sorted(placed) == [("cog", "sample"), ("ent", "sample"), ("ent", "ship")]


@pytest.mark.parametrize(
    ("target", "mistake"),
    [
        ({**SMITHY, "credentials": KEY}, r"credentials: type is apiKey; valid: iam, oauth"),
        ({**API, "credentials": OAUTH}, r"credentials: type is oauth; valid: none, iam, apiKey"),
        ({**SMITHY}, r"actions: is required, and missing"),
        (
            {**SMITHY, "credentials": OAUTH, "actions": ["s3:GetObject"]},
            r"actions: is for calls with the execution role",
        ),
        (
            {**MCP, "credentials": {"type": "iam", "service": "lambda", "actions": ["lambda:InvokeFunction"]}},
            "resources",
        ),
        (
            {
                **MCP,
                "endpoint": "https://a.lambda-url.us-west-2.on.aws",
                "credentials": {"type": "iam", "service": "x"},
            },
            r"credentials: needs actions: \[lambda:InvokeFunctionUrl, lambda:InvokeFunction\]",
        ),
        (
            {**OPENAPI, "credentials": {"type": "iam", "service": "s3", "actions": ["s3:*"], "resources": ["*"]}},
            r"credentials\.actions\[0\]: 's3:\*' is wider than least privilege",
        ),
        ({**MCP, "credentials": {**OAUTH, "authorizationServer": SERVER}}, r"exactly one of discoveryUrl.*has both"),
        ({**MCP, "credentials": {**OAUTH, "vendor": "GithubOauth2"}}, r"discoveryUrl: does not go with GithubOauth2"),
        ({**MCP, "credentials": {**OAUTH, "tenantId": "t"}}, r"tenantId: is for vendor: MicrosoftOauth2"),
        ({**MCP, "credentials": {**OAUTH, "grantType": "AUTHORIZATION_CODE"}}, r"returnUrl: .*required there"),
        ({**MCP, "credentials": {**OAUTH, "secretArn": SECRET, "secretJsonKey": "k"}}, r"it has secretRef, secretArn"),
        ({**MCP, "credentials": {**EXTERNAL_KEY, "secretJsonKey": None}}, r"secretJsonKey: is required, and missing"),
        ({**MCP, "credentials": {**EXTERNAL_KEY, "secretArn": SECRET[:-7]}}, r"secretArn: .*whole ARN"),
        (
            {**MCP, "credentials": {**EXTERNAL_KEY, "secretArn": SECRET.replace("us-west-2", "eu-west-1")}},
            (
                r"secretArn: is a secret of eu-west-1, .*replicate-secret-to-regions --region eu-west-1 "
                r"--secret-id acme/ship --add-replica-regions Region=us-west-2"
            ),
        ),
        (
            {**MCP, "credentials": {**EXTERNAL_KEY, "secretArn": SECRET.replace(ACCOUNT, OTHER_ACCOUNT)}},
            rf"secretArn: is a secret of the account {OTHER_ACCOUNT}, and the gateways are in {ACCOUNT}: put a copy",
        ),
        ({**API, "filters": [{"path": "/all/{proxy+}", "methods": ["GET"]}]}, r"filters\[0\]\.path: .*without \{proxy"),
        (
            {**API, "overrides": [{"path": "/tickets", "method": "GET", "name": "find"}]},
            r"overrides\[0\]: no filter chooses GET /tickets",
        ),
        ({**MCP, "passHeaders": ["authorization"]}, r"passHeaders\[0\]: .*none of its own"),
        ({**MCP, "passHeaders": ["X-Amzn-Trace-Id"]}, r"passHeaders\[0\]"),
        ({**MCP, "passHeaders": ["X-Desk", "x-desk"]}, r"passHeaders: x-desk stands there more than once"),
        (
            {**MCP, "providers": ["congito"]},
            r"providers\[0\]: 'congito' is not among identityProviders; did you mean cog",
        ),
        ({**MCP, "privateEndpoint": {}}, r"privateEndpoint: needs exactly one of managedVpcResource, selfManaged"),
        (
            {
                **MCP,
                "listingMode": "DYNAMIC",
                "credentials": {**OAUTH, "grantType": "AUTHORIZATION_CODE", "returnUrl": "a:b"},
            },
            r"listingMode: DYNAMIC does not go with grantType",
        ),
    ],
)
def test_what_aws_would_refuse_is_refused_before_anything_is_changed(target: dict[str, Any], mistake: str) -> None:
    credentials = {key: value for key, value in target.get("credentials", {}).items() if value is not None}
    given = {**target, "credentials": credentials} if credentials else target
    with pytest.raises(pulumi.RunError, match=f"nothing was changed:\n(.*\n)*.*{mistake}"):
        deployed(given)


def test_a_gateway_without_a_tool_is_refused() -> None:
    oidc = {"entra": {"discoveryUrl": DISCOVERY, "allowedAudience": ["a"]}}
    with pytest.raises(pulumi.RunError, match="targets: none is offered at entra"):
        stack({**MCP, "providers": ["cognito"]}, identityProviders=["cognito", "entra"], oidc=oidc)


def test_semantic_search_knows_no_tools_that_are_asked_for_every_time() -> None:
    with pytest.raises(pulumi.RunError, match=r"listingMode: DYNAMIC does not go with gateway\.searchType"):
        stack({**MCP, "listingMode": "DYNAMIC"}, gateway={"name": "demo", "searchType": "SEMANTIC"})


@pytest.mark.parametrize(
    "header",
    ["X-Tenant", "traceparent", "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant", "Content-Disposition", "from-where"],
)
def test_headers_that_agentcore_passes_on_are_taken(header: str) -> None:
    assert registered({**MCP, "passHeaders": [header]})["metadataConfiguration"]["allowedRequestHeaders"] == [header]
