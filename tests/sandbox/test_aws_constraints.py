"""Requests are refused for their form by AWS's own service models."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from sandbox.providers.aws.constraints import enforce

AGENTCORE = "bedrock-agentcore-control"
OAUTH_PROVIDER = "arn:aws:bedrock-agentcore:us-west-2:123456789012:token-vault/default/oauth2credentialprovider/x"
GATEWAY = {"name": "demo-cognito", "roleArn": "arn:aws:iam::123456789012:role/demo", "authorizerType": "NONE"}


def _model(service: str, operation: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(operation)


def _jwt(**fields: Any) -> dict[str, Any]:
    document = {"discoveryUrl": "https://issuer.example/.well-known/openid-configuration"} | fields
    return {"authorizerConfiguration": {"customJWTAuthorizer": document}}


def _claim(name: str, value: dict[str, Any]) -> dict[str, Any]:
    match = {"claimMatchOperator": "EQUALS", "claimMatchValue": value}
    return {
        "inboundTokenClaimName": name,
        "inboundTokenClaimValueType": "STRING",
        "authorizingClaimMatchValue": match,
    }


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        (AGENTCORE, "CreateGateway", GATEWAY),
        (AGENTCORE, "CreateGateway", GATEWAY | {"name": "a" * 48}),
        (AGENTCORE, "CreateGateway", GATEWAY | _jwt(allowedScopes=["https://api.example/read", "x" * 255])),
        (AGENTCORE, "CreateGateway", GATEWAY | _jwt(customClaims=[_claim("https:/x.y", {"matchValueString": "a-b"})])),
        ("cognito-idp", "CreateUserPoolDomain", {"Domain": "a", "UserPoolId": "us-west-2_a"}),
        ("cognito-idp", "CreateGroup", {"GroupName": "Прÿ", "UserPoolId": "us-west-2_a"}),
        ("iam", "TagRole", {"RoleName": "r", "Tags": [{"Key": "Kosten 1", "Value": "müller@x"}]}),
        ("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "x" * 65536}),
        (AGENTCORE, "TagResource", {"resourceArn": OAUTH_PROVIDER, "tags": {"a": "1"}}),
    ],
)
def test_well_formed_requests_pass(service: str, operation: str, request_: dict[str, Any]) -> None:
    enforce(request_, _model(service, operation))


@pytest.mark.parametrize(
    ("service", "operation", "request_", "message"),
    [
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | {"name": "demo_cognito"},
            (
                "Value 'demo_cognito' at 'name' failed to satisfy constraint: Member must satisfy regular expression "
                "pattern: ([0-9a-zA-Z][-]?){1,48}"
            ),
        ),
        (AGENTCORE, "CreateGateway", GATEWAY | {"name": "a" * 49}, "at 'name' failed"),
        (AGENTCORE, "CreateGateway", GATEWAY | {"name": "a--b"}, "at 'name' failed"),
        (AGENTCORE, "CreateGateway", GATEWAY | {"name": "demo\n"}, "at 'name' failed"),
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | {"authorizerType": "JWT"},
            (
                "Value 'JWT' at 'authorizerType' failed to satisfy constraint: Member must satisfy enum value set: "
                "[CUSTOM_JWT, AWS_IAM, NONE, AUTHENTICATE_ONLY]"
            ),
        ),
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | {"description": ""},
            "Value at 'description' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            AGENTCORE,
            "CreateGateway",
            {"name": "x", "authorizerType": "NONE"},
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | _jwt(allowedClients=[]),
            (
                "at 'authorizerConfiguration.customJWTAuthorizer.allowedClients' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1"
            ),
        ),
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | _jwt(discoveryUrl="https://issuer.example/"),
            "authorizerConfiguration.customJWTAuthorizer.discoveryUrl",
        ),
        (AGENTCORE, "CreateGateway", GATEWAY | _jwt(allowedScopes=["a b"]), "allowedScopes.1.member"),
        (AGENTCORE, "CreateGateway", GATEWAY | _jwt(allowedScopes=["ok", "x" * 256]), "allowedScopes.2.member"),
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | _jwt(customClaims=[_claim("client-id", {"matchValueString": "a"})]),
            "customClaims.1.member.inboundTokenClaimName",
        ),
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | _jwt(customClaims=[_claim("azp", {"matchValueString": "a/b"})]),
            "claimMatchValue.matchValueString",
        ),
        (
            AGENTCORE,
            "CreateGateway",
            GATEWAY | _jwt(customClaims=[_claim("azp", {"matchValueString": "a", "matchValueStringList": ["a"]})]),
            "Member must hold exactly one of [matchValueString, matchValueStringList]",
        ),
        (AGENTCORE, "CreateGateway", GATEWAY | {"authorizerConfiguration": {}}, "Member must hold exactly one of"),
        ("cognito-idp", "CreateUserPoolDomain", {"Domain": "Demo", "UserPoolId": "us-west-2_a"}, "at 'Domain' failed"),
        ("cognito-idp", "CreateUserPoolDomain", {"Domain": "demo-", "UserPoolId": "us-west-2_a"}, "at 'Domain'"),
        ("iam", "TagRole", {"RoleName": "r", "Tags": [{"Key": "a", "Value": "<b>"}]}, "Tags.1.member.Value"),
        ("iam", "CreateRole", {"RoleName": "x" * 65, "AssumeRolePolicyDocument": "{}"}, "less than or equal to 64"),
        ("lambda", "CreateFunction", {"Timeout": 0}, "Value '0' at 'Timeout' failed"),
    ],
)
def test_malformed_requests_are_refused(service: str, operation: str, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as refused:
        enforce(request_, _model(service, operation))

    assert message in refused.value.response["Error"]["Message"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ClientError, match=r"3 validation errors detected: .*name.*; .*roleArn.*; .*exceptionLevel"):
        enforce(
            {"name": "-", "roleArn": "role", "authorizerType": "NONE", "exceptionLevel": "INFO"},
            _model(AGENTCORE, "CreateGateway"),
        )


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code"),
    [
        ("iam", "GetRole", {"RoleName": ""}, "ValidationError"),
        ("cognito-idp", "DescribeUserPool", {"UserPoolId": "x"}, "InvalidParameterException"),
        ("secretsmanager", "GetSecretValue", {"SecretId": ""}, "ValidationException"),
    ],
)
def test_each_service_has_its_own_code_for_it(service: str, operation: str, request_: Any, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        enforce(request_, _model(service, operation))

    assert refused.value.response["Error"]["Code"] == code


def test_sensitive_values_are_not_repeated() -> None:
    with pytest.raises(ClientError) as refused:
        enforce({"SecretId": "s", "SecretString": "hunter2" * 10_000}, _model("secretsmanager", "PutSecretValue"))

    assert "hunter2" not in str(refused.value)
