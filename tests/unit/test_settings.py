"""A stack file is right as a whole, or every mistake in it is named at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idp.cognito import Cognito
from settings import ConfigurationError, Settings, load

ROLE = "arn:aws:iam::210987654321:role/deployer"
OTHER = "210987654321"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:lookup"
OTHER_FUNCTION = f"arn:aws:lambda:us-west-2:{OTHER}:function:lookup"
ISSUER = "https://login.example.com/.well-known/openid-configuration"
ENTRA_TENANT = "https://login.microsoftonline.com/TENANT/v2.0/.well-known/openid-configuration"
TOOL = {"name": "lookup", "description": "Looks a city up", "inputSchema": {"type": "object", "properties": {}}}
GOOD: dict[str, Any] = {
    "aws:region": "us-west-2",
    "gateway": {"name": "demo"},
    "identityProviders": ["cognito"],
    "targets": [{"name": "echo", "type": "sample"}],
}
AUTH0 = {"auth0:domain": "tenant.us.auth0.com", "auth0:apiToken": "t"}
OKTA = {"okta:orgName": "acme", "okta:apiToken": "t"}
SECRET = {"auth0:apiToken", "auth0:clientSecret", "okta:apiToken", "key"}


def loaded(changes: dict[str, Any], project: Path = Path()) -> Settings:
    """The settings of the good stack file with these changes; None takes a key out."""
    values = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    flat = {
        key if ":" in key else f"agentcore-auth:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in values.items()
    }
    secret_keys = {key if ":" in key else f"agentcore-auth:{key}" for key in SECRET}
    return load(flat, secret_keys=secret_keys, environment={}, project=project)


def mistakes(changes: dict[str, Any], project: Path = Path()) -> dict[str, str]:
    """Path -> sentence of every mistake that the changes make."""
    with pytest.raises(ConfigurationError) as failure:
        loaded(changes, project)
    return {mistake.path: mistake.sentence for mistake in failure.value.mistakes}


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


def target(**keys: Any) -> dict[str, Any]:
    return {"targets": [{"name": "tool", **keys}]}


def smithy(**keys: Any) -> dict[str, Any]:
    return target(
        type="smithy",
        model="s3://schemas/model.json",
        **{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/*"], **keys},
    )


def function(arn: str) -> dict[str, Any]:
    return target(type="lambda", functionArn=arn, tools=[TOOL])


def interceptors(*given: dict[str, Any]) -> dict[str, Any]:
    return {"gateway": {"name": "demo", "interceptors": list(given)}}


def openapi(**credentials: Any) -> dict[str, Any]:
    return target(type="openapi", schema="s3://schemas/api.json", credentials=credentials)


# (changes, path of the mistake, a part of its sentence)
BAD: list[tuple[dict[str, Any], str, str]] = [
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
    (
        {
            **target(type="lambda", functionArn=FUNCTION.replace("123456789012", "210987654321"), tools=[TOOL]),
            "crossAccount": {"210987654321": {"assumeRoleArn": ROLE}},
            "aws:assumeRoles": [{"roleArn": ROLE}],
        },
        "aws:assumeRoles",
        "aws:profile",
    ),
    ({"identityProviders": ["entra"]}, "identityProviders[0]", "by oidc.entra"),
    ({"cognito": {"accessTokenMinutes": 4}}, "cognito.accessTokenMinutes", "greater than or equal to 5"),
    ({"cognito": {"accessTokenMinutes": 1441}}, "cognito.accessTokenMinutes", "less than or equal to 1440"),
    ({"cognito": {"accessTokenMinutes": "60"}}, "cognito.accessTokenMinutes", "valid integer"),
    ({"cognito": {"domainPrefix": "my-aws-pool"}}, "cognito.domainPrefix", "'aws'"),
    ({"cognito": {"domainPrefix": "us-west-2_gmSGKKGr9"}}, "cognito.domainPrefix", "without its underscore"),
    ({"identityProviders": ["okta"], **OKTA, "okta:orgName": "ORG"}, "okta:orgName", "placeholder ORG"),
    (
        {"identityProviders": ["auth0"], **AUTH0, "auth0:domain": "TENANT.auth0.com"},
        "auth0:domain",
        "placeholder TENANT",
    ),
    (
        {
            "identityProviders": ["entra"],
            "oidc": {"entra": {"discoveryUrl": ENTRA_TENANT, "allowedAudience": ["a"]}},
        },
        "oidc.entra.discoveryUrl",
        "placeholder TENANT",
    ),
    ({"cognito": {"domainPrefix": "Pool"}}, "cognito.domainPrefix", "a-z"),
    ({"cognito": {"scopes": ["a/b"]}}, "cognito.scopes[0]", "no slash"),
    ({"cognito": {"scopes": []}}, "cognito.scopes", "is empty"),
    ({"cognito": {"clients": {"a": {"scopes": ["x"]}}}}, "cognito.clients.a.scopes", "valid: read, write"),
    ({"cognito": {"clients": {}}}, "cognito.clients", "is empty"),
    ({"cognito": {"clients": {}, "allowedClients": ["by-hand"]}}, "cognito.allowedClients", "set userPoolId"),
    (target(endpoint="https://a"), "targets[0]", "type is missing; valid: lambda,"),
    *(
        (
            {"oidc": {"a": {"discoveryUrl": ISSUER, "customClaims": [{"name": "app", "equals": "x"}, other]}}},
            "oidc.a.customClaims",
            says,
        )
        for other, says in (
            ({"name": "app", "equals": "y"}, "lets nobody in: app would have to be x and y at once"),
            ({"name": "app", "contains": "x"}, "lets nobody in: app would have to be x and a list at once"),
        )
    ),
    ({"cognito": {"userPoolId": "eu-west-1_abc"}}, "cognito.userPoolId", "aws:region is us-west-2"),
    ({"cognito": {"userPoolId": "us-west-2_a", "tier": "LITE"}}, "cognito.tier", "exists already"),
    ({"identityProviders": ["auth0"]}, "auth0:domain", "is required"),
    ({"identityProviders": ["auth0"], "auth0:domain": "t.auth0.com"}, "auth0:clientSecret", "auth0:apiToken, or"),
    (
        {"identityProviders": ["auth0"], **AUTH0, "auth0:domain": "https://t.auth0.com/"},
        "auth0:domain",
        "write t.auth0.com",
    ),
    ({"identityProviders": ["auth0"], **AUTH0, "auth0": {"audience": ""}}, "auth0.audience", "an audience"),
    ({"identityProviders": ["auth0"], **AUTH0, "auth0": {"scopes": ["a", "a"]}}, "auth0.scopes", "more than once"),
    ({"identityProviders": ["auth0"], **AUTH0, "auth0": {"scopes": ["a b"]}}, "auth0.scopes[0]", "no space"),
    (
        {
            "identityProviders": ["auth0"],
            **AUTH0,
            "auth0": {"tokenDialect": "access_token_authz", "clients": {"a": {}, "b": {}}},
        },
        "auth0.tokenDialect",
        "choose rfc9068_profile_authz",
    ),
    (
        {"identityProviders": ["auth0"], **AUTH0, "auth0": {"createApi": False, "accessTokenSeconds": 60}},
        "auth0.accessTokenSeconds",
        "exists already",
    ),
    ({"identityProviders": ["okta"]}, "okta:orgName", "is required"),
    ({"identityProviders": ["okta"], "okta:orgName": "acme"}, "okta:apiToken", "okta:accessToken"),
    (
        {"identityProviders": ["okta"], "okta:orgName": "acme", "okta:clientId": "c", "okta:privateKey": "k"},
        "okta:apiToken",
        "or okta:clientId and okta:privateKey and okta:privateKeyId and okta:scopes",
    ),
    ({"identityProviders": ["okta"], **OKTA, "okta:orgName": "https://acme.okta.com"}, "okta:orgName", "scheme"),
    ({"identityProviders": ["okta"], **OKTA, "okta:orgName": "acme.okta.com"}, "okta:orgName", "write only acme "),
    ({"identityProviders": ["okta"], **OKTA, "okta:baseUrl": "https://okta.com/"}, "okta:baseUrl", "write okta.com"),
    ({"identityProviders": ["okta"], **OKTA, "okta:baseUrl": "okta com"}, "okta:baseUrl", "not a host name"),
    ({"identityProviders": ["okta"], **OKTA, "okta": {"scopes": ["a", "email"]}}, "okta.scopes[1]", "Okta reserves"),
    (
        {"identityProviders": ["okta"], **OKTA, "gateway": {"name": "g" * 40}, "okta": {"clients": {"c" * 55: {}}}},
        f"okta.clients.{'c' * 55}",
        "has 101 characters; Okta takes 100",
    ),
    ({"identityProviders": ["okta"], **OKTA, "okta": {"authorizationServer": "own"}}, "okta.audience", "is required"),
    (
        {
            "identityProviders": ["okta"],
            **OKTA,
            "okta": {"authorizationServer": "own", "audience": "api://a", "createScopes": False},
        },
        "okta.createScopes",
        "no scopes yet",
    ),
    ({"oidc": {"cognito": {"discoveryUrl": "https://a/.well-known/openid-configuration"}}}, "oidc.cognito", "built-in"),
    ({"oidc": {"a": {"discoveryUrl": "https://a", "allowedClients": ["c"]}}}, "oidc.a.discoveryUrl", "/.well-known/"),
    (
        {"oidc": {"a": {"discoveryUrl": "https://a/.well-known/openid-configuration"}}},
        "oidc.a",
        "every token of that issuer would be let in",
    ),
    (
        {"oidc": {"a": {"discoveryUrl": "https://a/.well-known/openid-configuration", "allowedAudience": []}}},
        "oidc.a.allowedAudience",
        "is empty",
    ),
    (
        {
            "oidc": {
                "a": {"discoveryUrl": "https://a/.well-known/openid-configuration", "customClaims": [{"name": "app"}]}
            }
        },
        "oidc.a.customClaims[0]",
        "exactly one of",
    ),
    (
        {
            "oidc": {
                "a": {
                    "discoveryUrl": "https://a/.well-known/openid-configuration",
                    "customClaims": [{"name": "client_id", "equals": "x"}],
                }
            }
        },
        "oidc.a.customClaims[0].name",
        "for client_id: allowedClients",
    ),
    ({"targets": []}, "targets", "is empty"),
    ({"targets": "[" * 9000 + "]" * 9000}, "targets", "is nested too deeply to be read"),
    ({"targets": '["\\ud800"]'}, "targets", "is not JSON"),
    (
        {"targets": [{"name": f"t{number}", "type": "sample"} for number in range(101)]},
        "targets",
        "has more entries than the 100 that AWS allows here",
    ),
    (
        {"gateway": {"name": "demo", "instructions": "x" * 2049}},
        "gateway.instructions",
        "should have at most 2048 characters",
    ),
    ({"targets": [{"name": "t", "type": "lamda"}]}, "targets[0]", "valid: lambda, smithy"),
    ({"targets": [{"name": "t--x", "type": "sample"}]}, "targets[0].name", "single hyphens"),
    ({"targets": [{"name": "t", "type": "sample"}] * 2}, "targets", "2 targets are named 't'"),
    (target(type="lambda", functionArn=FUNCTION), "targets[0]", "it has none"),
    (target(type="lambda", functionArn=FUNCTION, tools=[]), "targets[0].tools", ""),
    (target(type="lambda", functionArn="lookup", tools=[TOOL]), "targets[0].functionArn", "arn:aws:lambda:"),
    (
        target(type="lambda", functionArn="arn:aws:s3:::bucket", tools=[TOOL]),
        "targets[0].functionArn",
        "a Lambda function's ARN",
    ),
    (target(type="lambda", functionArn=FUNCTION, tools=[TOOL, TOOL]), "targets[0].tools", "lookup"),
    (target(type="lambda", functionArn=FUNCTION, toolsFile="absent.json"), "targets[0].toolsFile", "there is no file"),
    (target(type="smithy", model="s3://b-1/m.json", resources=["*"]), "targets[0].actions", "is required"),
    (smithy(actions=["s3:GetObject", "s3:**"]), "targets[0].actions[1]", "mode: tutorial"),
    (smithy(resources=["*"]), "targets[0].resources[0]", "mode: tutorial"),
    (smithy(resources=["arn:aws:s3:::b/*", "arn:aws-cn:s3:::*"]), "targets[0].resources[1]", "mode: tutorial"),
    (target(type="mcp", endpoint="http://plain.example"), "targets[0].endpoint", "https://"),
    (
        target(type="mcp", endpoint="https://a.example/mcp", credentials={"type": "iam", "service": "s3"}),
        "targets[0].endpoint",
        "AgentCore Runtime",
    ),
    (target(type="openapi", schema="s3://schemas/${aws:username}"), "targets[0].schema", "without *, ? and ${"),
    (target(type="openapi", schema="a.json", bucketOwner="210987654321"), "targets[0].bucketOwner", "document in S3"),
    (target(type="openapi", schema="s3://a-b/c", bucketOwner="1"), "targets[0].bucketOwner", "account id"),
    (
        {"gateway": {"name": "demo", "kmsKeyArn": f"arn:aws:kms:eu-west-1:123456789012:key/{'a' * 36}"}},
        "gateway.kmsKeyArn",
        "is a key of eu-west-1, and aws:region is us-west-2",
    ),
    (
        interceptors(*({"functionArn": FUNCTION, "at": [*more, "response"]} for more in (["request"], []))),
        "gateway.interceptors",
        "more than one is at response; a gateway takes one for each point",
    ),
    (interceptors({"functionArn": FUNCTION, "at": []}), "gateway.interceptors[0].at", "empty"),
    (interceptors({"functionArn": FUNCTION, "at": ["requests"]}), "gateway.interceptors[0].at[0]", "request"),
    (
        interceptors({"functionArn": "orders", "at": ["request"]}),
        "gateway.interceptors[0].functionArn",
        "function's ARN",
    ),
    (
        interceptors({"functionArn": FUNCTION.replace("aws", "aws-cn"), "at": ["request"]}),
        "gateway.interceptors[0].functionArn",
        "a function of the partition aws-cn",
    ),
    (
        {
            "crossAccount": {OTHER: {"assumeRoleArn": ROLE}},
            **interceptors({"functionArn": f"{OTHER_FUNCTION}:$LATEST", "at": ["request"]}),
        },
        "gateway.interceptors[0].functionArn",
        "ends in :$LATEST",
    ),
    (target(type="openapi", schema="s3://*/*"), "targets[0].schema", "without *, ? and ${"),
    (target(type="openapi", schema="s3://schemas/*"), "targets[0].schema", "without *, ? and ${"),
    (target(type="openapi", schema="s3://schemas/"), "targets[0].schema", "s3://<bucket>/<key>"),
    (
        target(type="smithy", model="s3://", actions=["s3:GetObject"], resources=["*"]),
        "targets[0].model",
        "s3://<bucket>/<key>",
    ),
    (openapi(type="apiKey"), "targets[0].credentials", "exactly one of secretRef, secretArn, providerArn"),
    (openapi(type="apiKey", secretRef="absent"), "targets[0].credentials.secretRef", "there is no key 'absent'"),
    (openapi(type="apiKey", secretRef="plain") | {"plain": "x"}, "targets[0].credentials.secretRef", "is not secret"),
    (openapi(type="oauth", scopes=[]), "targets[0].credentials.clientId", "is required"),
    (openapi(type="iam", service="s3"), "targets[0].credentials", "needs actions and resources"),
    (openapi(type="jwt"), "targets[0].credentials", "type is jwt; valid: none, oauth, apiKey, iam"),
    ({"crossAccount": {"42": {"assumeRoleArn": ROLE}}}, "crossAccount.42", "twelve digits"),
    ({"crossAccount": {OTHER: {"assumeRoleArn": ROLE}}}, f"crossAccount.{OTHER}", "functions here: none"),
    (
        {"crossAccount": {OTHER: {"assumeRoleArn": ROLE}}, **function(FUNCTION)},
        f"crossAccount.{OTHER}",
        "functions here: 123456789012",
    ),
    (
        {"crossAccount": {"123456789012": {"assumeRoleArn": ROLE}}, **function(FUNCTION)},
        "crossAccount.123456789012.assumeRoleArn",
        f"a role of the account {OTHER}",
    ),
    (
        {"crossAccount": {OTHER: {"assumeRoleArn": ROLE}}, **function(f"{OTHER_FUNCTION}:$LATEST")},
        "targets[0].functionArn",
        "takes no policy",
    ),
    (function(FUNCTION.replace("aws:", "aws-cn:", 1)), "targets[0].functionArn", "us-west-2 is in aws"),
    ({"aws:region": "cn-north-1", **function(FUNCTION)}, "targets[0].functionArn", "cn-north-1 is in aws-cn"),
    ({"aws:region": "us-gov-west-1", **function(FUNCTION)}, "targets[0].functionArn", "is in aws-us-gov"),
    ({"aws:region": "cn-north-1"}, "identityProviders[0]", "Cognito's token endpoint in cn-north-1"),
    ({"aws:region": "us-gov-west-1"}, "identityProviders[0]", "Cognito's token endpoint in us-gov-west-1"),
    ({"callers": {"attachTo": {"roles": [ROLE]}}}, "callers.attachTo.roles[0]", "no path"),
    ({"callers": {"attachTo": {"users": ["u" * 65]}}}, "callers.attachTo.users[0]", "64 at most"),
    ({"callers": {"attachTo": {"groups": ["g" * 129]}}}, "callers.attachTo.groups[0]", "128 at most"),
    (
        target(name="t" * 90, type="openapi", schema="s3://a-b/c", credentials={"type": "apiKey", "secretRef": "key"})
        | {"gateway": {"name": "g" * 40}},
        "targets[0].name",
        "would have 139 characters; AWS takes 128",
    ),
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
    ({"executionRole": {"path": "team"}}, "executionRole.path", "begins and ends with a slash"),
    ({"executionRole": {"arn": ROLE, "path": "/a/"}}, "executionRole.path", "arn names one that exists"),
    (
        {"executionRole": {"arn": ROLE, "permissionsBoundaryArn": "arn:aws:iam::210987654321:policy/b"}},
        "executionRole.permissionsBoundaryArn",
        "arn names one that exists",
    ),
    ({"executionRole": {"arn": "arn:aws:iam::210987654321:role/*"}}, "executionRole.arn", "is not a role's ARN"),
    ({"executionRole": {"path": "/*/"}}, "executionRole.path", "has no *, ? or $"),
    ({"executionRole": {"path": "/a?/"}}, "executionRole.path", "has no *, ? or $"),
    ({"executionRole": {"path": "/${aws:username}/"}}, "executionRole.path", "has no *, ? or $"),
    ({"tags": {"aws:x": "y"}}, "tags.aws:x", "AWS keeps for itself"),
    ({"tags": {"": "y"}}, "tags.", "AWS takes 1 to 128"),
    ({"tags": {"k" * 129: "y"}}, f"tags.{'k' * 129}", "129 characters"),
    ({"tags": {"a": "y" * 257}}, "tags.a", "257 characters"),
    ({"tags": {str(number): "y" for number in range(51)}}, "tags", "51 tags"),
    ({"tags": {"a": 1}}, "tags.a", "valid string"),
    ({"key": "plain text"}, "key", "no secretRef names it"),
]


LONGEST: list[dict[str, Any]] = [
    {"targets": [{"name": f"t{number}", "type": "sample"} for number in range(100)]},
    {"identityProviders": ["okta"], **OKTA, "gateway": {"name": "g" * 40}, "okta": {"clients": {"c" * 54: {}}}},
    {"callers": {"attachTo": {"roles": ["r" * 64], "users": ["a.b@c+d=e,f_g-h"], "groups": ["g" * 128]}}},
    {"tags": {f"{number:0128}": "y" * 256 for number in range(50)}},
]


@pytest.mark.parametrize("changes", LONGEST, ids=list(map(str, range(len(LONGEST)))))
def test_what_fills_a_limit_is_accepted(changes: dict[str, Any]) -> None:
    loaded(changes)


GRANTED: list[dict[str, Any]] = [
    {"mode": "tutorial", **smithy(actions=["*", "s3:**"], resources=["*", "arn:aws:dynamodb:*:*:*"])},
    {"crossAccount": {OTHER: {"assumeRoleArn": ROLE}}, **function(OTHER_FUNCTION)},
    {"crossAccount": {OTHER: {"assumeRoleArn": ROLE}}, **function(f"{OTHER_FUNCTION}:live")},
    function(f"{FUNCTION}:$LATEST"),
    function(FUNCTION.replace("us-west-2", "eu-west-1")),
    {
        "aws:region": "cn-north-1",
        "identityProviders": ["auth0"],
        **AUTH0,
        **function(FUNCTION.replace("aws", "aws-cn", 1)),
    },
    {"identityProviders": ["okta"], **OKTA, "okta:baseUrl": "oktapreview.com"},
    {"identityProviders": ["okta"], **OKTA, "okta": {"scopes": ["email"], "createScopes": False}},
]


@pytest.mark.parametrize("changes", GRANTED, ids=list(map(str, range(len(GRANTED)))))
def test_what_only_looks_like_a_mistake_is_accepted(changes: dict[str, Any]) -> None:
    loaded(changes)


@pytest.mark.parametrize(("changes", "path", "sentence"), BAD, ids=[f"{path} {part}" for _, path, part in BAD])
def test_a_mistake_is_named_with_its_place_and_what_is_valid(changes: dict[str, Any], path: str, sentence: str) -> None:
    found = mistakes(changes)
    assert path in found, found
    assert sentence in found[path]


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


def test_a_tools_file_is_read_and_checked(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps([TOOL]))
    settings = loaded(target(type="lambda", functionArn=FUNCTION, toolsFile="tools.json"), tmp_path)
    assert json.loads(settings.documents["tool"]) == [TOOL]
    (tmp_path / "tools.json").write_text('[{"name": "a b"}]')
    found = mistakes(target(type="lambda", functionArn=FUNCTION, toolsFile="tools.json"), tmp_path)
    assert "tools.json" in found["targets[0].toolsFile"]
