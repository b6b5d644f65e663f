"""The aws provider server over gRPC: what it creates in moto, what it tells the engine, and that nothing is left."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from typing import Any

import pytest
from pulumi import _types as sdk_types  # pyright: ignore[reportPrivateUsage]  the SDK has no public view of its types
from pulumi.runtime.proto import provider_pb2

from sandbox.aws.agentcore import agentcore_backends
from sandbox.aws.refusals import Refusal
from sandbox.functions import find_function
from sandbox.providers.aws import AwsProvider
from sandbox.providers.values import UNKNOWN, Archive, Asset, Secret, decode, plain
from tests.sandbox.aws_fixtures import (
    CLIENT,
    DOMAIN,
    FUNCTION,
    GATEWAY,
    POOL,
    REGION,
    RESOURCE_SERVER,
    ROLE,
    ROLE_POLICY,
    TARGET,
    Aws,
    Deployed,
    Stack,
    account,
    allow,
    aws,
    function,
    function_inputs,
    gateway_inputs,
    gateway_role,
    lambda_target_inputs,
    stack,
    trust,
    urn,
)

__all__ = ["account", "aws", "stack"]  # fixtures

API_KEY = "aws:bedrock/agentcoreApiKeyCredentialProvider:AgentcoreApiKeyCredentialProvider"
OAUTH = "aws:bedrock/agentcoreOauth2CredentialProvider:AgentcoreOauth2CredentialProvider"
SECRET = "aws:secretsmanager/secret:Secret"
SECRET_VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
DISCOVERY = "https://issuer.example/.well-known/openid-configuration"
CLIENT_INPUTS = {
    "generateSecret": True,
    "allowedOauthFlows": ["client_credentials"],
    "allowedOauthFlowsUserPoolClient": True,
    "allowedOauthScopes": ["demo/read"],
    "supportedIdentityProviders": ["COGNITO"],
    "accessTokenValidity": 60,
    "tokenValidityUnits": {"accessToken": "minutes"},
}


def _oauth_config(secret: str) -> dict[str, Any]:
    client = {"clientId": "backend", "clientSecret": Secret(secret), "oauthDiscovery": {"discoveryUrl": DISCOVERY}}
    return {"credentialProviderVendor": "CustomOauth2", "oauth2ProviderConfig": {"customOauth2ProviderConfig": client}}


def _one_of_each(stack: Stack, aws: Aws, account: str) -> list[Deployed]:
    """Every type of resource once, in an order in which they can be created."""
    iam = aws.client("iam", account)
    iam.create_user(UserName="caller")
    iam.create_group(GroupName="callers")
    made = [stack.create(ROLE, "role", assumeRolePolicy=trust("lambda.amazonaws.com"), description="runs the function")]
    policy = stack.create("aws:iam/policy:Policy", "policy", policy=allow("s3:GetObject", "*"))
    made.append(policy)
    for kind, owner in (("role", made[0].id), ("user", "caller"), ("group", "callers")):
        token = f"aws:iam/{kind}PolicyAttachment:{kind.capitalize()}PolicyAttachment"
        made.append(stack.create(token, kind, **{kind: owner, "policyArn": policy.outputs["arn"]}))
    made.append(stack.create("aws:cloudwatch/logGroup:LogGroup", "log", name="/aws/lambda/echo", retentionInDays=7))
    function = stack.create(FUNCTION, "echo", timeout=10, **function_inputs(made[0].outputs["arn"]))
    role = gateway_role(stack)
    granted = stack.create(
        ROLE_POLICY, "invoke", role=role.id, policy=allow("lambda:InvokeFunction", function.outputs["arn"])
    )
    permission = stack.create(
        "aws:lambda/permission:Permission",
        "permission",
        action="lambda:InvokeFunction",
        function=function.id,
        principal=role.outputs["arn"],
        statementId="cross-account-access",
    )
    gateway = stack.create(GATEWAY, "gateway", **gateway_inputs(role, description="for tests"))
    made += _observed(stack, gateway)
    target = stack.create(TARGET, "target", **lambda_target_inputs(gateway, function.outputs["arn"]))
    pool = stack.create(POOL, "pool", deletionProtection="INACTIVE")
    scopes = [{"scopeName": "read", "scopeDescription": "to read"}]
    server = stack.create(RESOURCE_SERVER, "server", userPoolId=pool.id, identifier="demo", name="demo", scopes=scopes)
    client = stack.create(CLIENT, "client", userPoolId=pool.id, **CLIENT_INPUTS)
    domain = stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=pool.id.replace("_", "").lower())
    secret = stack.create(SECRET, "secret", name="client-secret", recoveryWindowInDays=0)
    version = stack.create(SECRET_VERSION, "version", secretId=secret.id, secretString=Secret("hunter2"))
    key = stack.create(API_KEY, "key", name="weather", apiKey=Secret("k-123"))
    oauth = stack.create(OAUTH, "oauth", name="backend", **_oauth_config("s-123"))
    engine = stack.create("aws:bedrock/agentcorePolicyEngine:AgentcorePolicyEngine", "engine", name="demo")
    cedar = "permit (principal, action, resource is AgentCore::Gateway);"
    decision = stack.create(
        "aws:bedrock/agentcorePolicy:AgentcorePolicy",
        "decision",
        name="everybody",
        policyEngineId=engine.id,
        definition={"cedar": {"statement": cedar}},
    )
    made += [function, role, granted, permission, target, pool, server, client, domain]
    return [*made, secret, version, key, oauth, engine, decision]


def _observed(stack: Stack, gateway: Deployed) -> list[Deployed]:
    """A gateway with what delivers its logs and watches over it."""
    kind = "aws:cloudwatch/logDelivery"
    arn = gateway.outputs["gatewayArn"]
    group = stack.create("aws:cloudwatch/logGroup:LogGroup", "gateway", name="/aws/vendedlogs/gateway")
    source = stack.create(f"{kind}Source:LogDeliverySource", "s", name="s", logType="TRACES", resourceArn=arn)
    place = {"destinationResourceArn": group.outputs["arn"]}
    logs = stack.create(
        f"{kind}Destination:LogDeliveryDestination", "l", name="l", deliveryDestinationConfiguration=place
    )
    xray = stack.create(f"{kind}Destination:LogDeliveryDestination", "x", name="x", deliveryDestinationType="XRAY")
    deliveries = [
        stack.create(f"{kind}:LogDelivery", each.id, deliverySourceName="s", deliveryDestinationArn=each.outputs["arn"])
        for each in (logs, xray)
    ]
    alarm = stack.create(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "alarm",
        comparisonOperator="GreaterThanThreshold",
        threshold=5,
        evaluationPeriods=1,
        metricQueries=[{"id": "refused", "expression": "SELECT SUM(UserErrors)", "period": 300, "returnData": True}],
        alarmActions=["arn:aws:sns:us-west-2:123456789012:on-call"],
    )
    return [gateway, group, source, logs, xray, *deliveries, alarm]


def test_every_type_is_created_read_back_unchanged_and_deleted(stack: Stack, aws: Aws, account: str) -> None:
    made = _one_of_each(stack, aws, account)
    assert {each.token for each in made} == {kind.token for kind in AwsProvider.resources}

    for each in made:
        live = stack.read(each)
        assert live.id == each.id, f"{each.token} is gone"
        assert plain(decode(live.inputs)) == plain(decode(each.inputs)), each.token
        missing = each.outputs.keys() - decode(live.properties).keys()
        assert not missing - decode(each.inputs).keys(), each.token

    for each in reversed(made):
        stack.delete(each)
        if each.token != SECRET_VERSION:  # goes with its secret
            assert stack.read(each).id == "", f"{each.token} is still there"


def test_outputs_are_called_what_the_sdk_calls_them(stack: Stack, aws: Aws, account: str) -> None:
    for each in _one_of_each(stack, aws, account):
        module, _, name = next(k.arguments for k in AwsProvider.resources if k.token == each.token).partition(":")
        resource: type = getattr(importlib.import_module(module), name.removesuffix("Args"))
        declared = sdk_types.resource_types(resource)
        only_outputs = declared.keys() - sdk_types.input_type_types(getattr(importlib.import_module(module), name))

        assert each.outputs.keys() <= declared.keys(), each.token
        assert only_outputs <= each.outputs.keys(), each.token


def test_an_import_names_the_pool_of_a_client(stack: Stack) -> None:
    pool = stack.create(POOL, "pool")
    client = stack.create(CLIENT, "client", userPoolId=pool.id, name="caller")

    found = stack.stub.Read(provider_pb2.ReadRequest(urn=urn(CLIENT, "client"), id=f"{pool.id}/{client.id}"))

    assert (found.id, decode(found.inputs)["userPoolId"], decode(found.inputs)["name"]) == (
        client.id,
        pool.id,
        "caller",
    )


def test_deleting_what_is_gone_already_is_no_error(stack: Stack, aws: Aws, account: str) -> None:
    made = _one_of_each(stack, aws, account)
    for _ in range(2):
        for each in reversed(made):
            stack.delete(each)


def test_a_preview_creates_nothing_and_tells_what_is_not_known_yet(stack: Stack, aws: Aws, account: str) -> None:
    inputs = stack.check(GATEWAY, "gateway", {"name": "demo", "authorizerType": "AWS_IAM", "roleArn": UNKNOWN})
    request = provider_pb2.CreateRequest(urn=urn(GATEWAY, "gateway"), properties=inputs, preview=True)
    answer = stack.stub.Create(request)
    seen = decode(answer.properties)

    assert answer.id == ""
    assert seen["gatewayArn"] == seen["roleArn"] == UNKNOWN
    assert seen["name"] == "demo"
    assert aws.client("bedrock-agentcore-control", account).list_gateways()["items"] == []


def test_a_gateway_is_identified_as_the_service_does_it(stack: Stack, account: str) -> None:
    made = stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack), name="Demo-Cognito")).outputs
    name, _, suffix = made["gatewayId"].rpartition("-")

    assert name == "demo-cognito"
    assert len(suffix) == 10
    assert made["gatewayArn"] == f"arn:aws:bedrock-agentcore:{REGION}:{account}:gateway/{made['gatewayId']}"
    assert made["gatewayUrl"] == f"https://{made['gatewayId']}.gateway.bedrock-agentcore.{REGION}.amazonaws.com"


def test_the_authorizer_reaches_the_api_in_its_own_spelling(stack: Stack, aws: Aws, account: str) -> None:
    match = {"claimMatchOperator": "EQUALS", "claimMatchValue": {"matchValueString": "app-1"}}
    claim = {"inboundTokenClaimName": "azp", "inboundTokenClaimValueType": "STRING"}
    jwt = {
        "discoveryUrl": DISCOVERY,
        "allowedAudiences": ["gateway123"],
        "allowedScopes": ["invoke:gateway"],
        "customClaims": [claim | {"authorizingClaimMatchValue": match}],
    }
    inputs = gateway_inputs(gateway_role(stack), authorizerConfiguration={"customJwtAuthorizer": jwt})
    made = stack.create(GATEWAY, "gateway", **inputs)

    live = aws.client("bedrock-agentcore-control", account).get_gateway(gatewayIdentifier=made.id)

    assert live["authorizerConfiguration"]["customJWTAuthorizer"] == {
        "discoveryUrl": DISCOVERY,
        "allowedAudience": ["gateway123"],
        "allowedScopes": ["invoke:gateway"],
        "customClaims": [claim | {"authorizingClaimMatchValue": match}],
    }


def test_a_tool_schema_of_any_depth_reaches_the_api_as_json_schema(stack: Stack, aws: Aws, account: str) -> None:
    made = function(stack)
    role = gateway_role(stack)
    stack.create(ROLE_POLICY, "invoke", role=role.id, policy=allow("lambda:InvokeFunction", made.outputs["arn"]))
    gateway = stack.create(GATEWAY, "gateway", **gateway_inputs(role))
    deep = {"properties": {"unit": {"type": "string"}}, "required": ["unit"]}
    place = {"name": "place", "type": "object", "required": True, "propertiesJson": json.dumps(deep)}
    days = {"name": "days", "type": "array", "items": {"type": "array", "items": {"type": "integer"}}}
    where = {"name": "where", "type": "object", "properties": [place]}
    schema = {"type": "object", "properties": [where, days]}
    tool = {"name": "forecast", "description": "of the weather", "inputSchema": schema}
    kind = {"lambdaArn": made.outputs["arn"], "toolSchema": {"inlinePayloads": [tool]}}
    inputs = lambda_target_inputs(gateway, "", targetConfiguration={"mcp": {"lambda": kind}})
    target = stack.create(TARGET, "target", **inputs)

    live = aws.client("bedrock-agentcore-control", account).get_gateway_target(
        gatewayIdentifier=gateway.id, targetId=target.id
    )

    [definition] = live["targetConfiguration"]["mcp"]["lambda"]["toolSchema"]["inlinePayload"]
    assert definition["inputSchema"] == {
        "type": "object",
        "properties": {
            "where": {
                "type": "object",
                "properties": {"place": {"type": "object", **deep}},
                "required": ["place"],
            },
            "days": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        },
    }


@pytest.mark.parametrize(
    ("changed", "replaced"),
    [
        ({"description": "another"}, False),
        (
            {"authorizerConfiguration": {"customJwtAuthorizer": {"discoveryUrl": DISCOVERY, "allowedClients": ["b"]}}},
            False,
        ),
        ({"name": "demo-okta"}, True),
        ({"authorizerType": "AWS_IAM"}, True),
        ({"region": "eu-central-1"}, True),
    ],
)
def test_what_replaces_a_gateway(stack: Stack, changed: dict[str, Any], replaced: bool) -> None:
    inputs = gateway_inputs(gateway_role(stack))
    gateway = stack.create(GATEWAY, "gateway", **inputs)

    decision = stack.diff(gateway, **inputs | changed)

    assert decision.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert bool(decision.replaces) is replaced
    assert decision.deleteBeforeReplace is (replaced and "name" not in changed)


def test_no_change_is_no_diff(stack: Stack, aws: Aws, account: str) -> None:
    for each in _one_of_each(stack, aws, account):
        given = {k: v for k, v in decode(each.inputs).items() if k not in decode(each.inputs).get("__defaults", [])}
        decision = stack.diff(each, **{k: v for k, v in given.items() if k != "__defaults"})
        assert decision.changes == provider_pb2.DiffResponse.DIFF_NONE, (each.token, list(decision.detailedDiff))


def test_another_kind_of_target_is_another_target(stack: Stack) -> None:
    gateway = stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack)))
    inputs = {"name": "docs", "gatewayIdentifier": gateway.id}
    openapi = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": "{}"}}}}
    target = stack.create(TARGET, "target", **inputs, targetConfiguration=openapi)

    changed = {"mcp": {"openApiSchema": {"inlinePayload": {"payload": '{"openapi": "3.1.0"}'}}}}
    other = {"mcp": {"mcpServer": {"endpoint": "https://mcp.example/mcp"}}}

    assert not stack.diff(target, **inputs, targetConfiguration=changed).replaces
    assert stack.diff(target, **inputs, targetConfiguration=other).replaces


def test_an_update_of_a_gateway_replaces_all_of_its_settings(stack: Stack, aws: Aws, account: str) -> None:
    inputs = gateway_inputs(gateway_role(stack))
    gateway = stack.create(GATEWAY, "gateway", **inputs, description="old", exceptionLevel="DEBUG", tags={"a": "1"})

    updated = stack.update(gateway, **inputs, tags={"b": "2"})

    api = aws.client("bedrock-agentcore-control", account)
    live = api.get_gateway(gatewayIdentifier=gateway.id)
    assert "exceptionLevel" not in live
    assert not live.get("description")
    assert api.list_tags_for_resource(resourceArn=updated.outputs["gatewayArn"])["tags"] == {"b": "2"}


def test_a_changed_function_runs_the_new_code(stack: Stack, aws: Aws, account: str) -> None:
    old = function(stack)
    role = decode(old.inputs)["role"]

    assert stack.diff(old, **function_inputs(role)).changes == provider_pb2.DiffResponse.DIFF_NONE
    new = stack.update(old, **function_inputs(role, "def handler(event, context): return 1"))

    assert new.outputs["codeSha256"] != old.outputs["codeSha256"]
    assert new.outputs["arn"] == old.outputs["arn"]
    assert aws.client("lambda", account).get_function(FunctionName=old.id)["Configuration"]["CodeSize"] > 0


def test_equal_code_makes_equal_packages(stack: Stack) -> None:
    first, second = function(stack, "first"), function(stack, "second")

    assert first.outputs["codeSha256"] == second.outputs["codeSha256"]


def test_code_of_a_folder_is_packed_with_its_subfolders(stack: Stack, tmp_path: Any) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "index.py").write_text("def handler(event, context): return event")
    (tmp_path / "lib" / "help.py").write_text("")
    code = Archive({"app": Archive(path=str(tmp_path)), "notes.txt": Asset(text="x")})
    role = stack.create(ROLE, "role", assumeRolePolicy=trust("lambda.amazonaws.com"))
    stack.create(FUNCTION, "packed", **function_inputs(role.outputs["arn"]) | {"code": code, "name": "packed"})

    package = find_function(f"arn:aws:lambda:{REGION}:{role.outputs['arn'].split(':')[4]}:function:packed").code_bytes
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert sorted(archive.namelist()) == ["app/index.py", "app/lib/help.py", "notes.txt"]


def test_changed_scopes_are_updated_in_place(stack: Stack, aws: Aws, account: str) -> None:
    pool = stack.create(POOL, "pool")
    inputs = {"userPoolId": pool.id, "identifier": "demo", "name": "demo"}
    scopes = [{"scopeName": name, "scopeDescription": name} for name in ("read", "write")]
    server = stack.create(RESOURCE_SERVER, "server", **inputs, scopes=scopes[:1])

    decision = stack.diff(server, **inputs, scopes=scopes)
    updated = stack.update(server, **inputs, scopes=scopes)

    assert list(decision.detailedDiff) == ["scopes[1]"]
    assert not decision.replaces
    assert updated.outputs["scopeIdentifiers"] == ["demo/read", "demo/write"]
    live = aws.client("cognito-idp", account).describe_resource_server(UserPoolId=pool.id, Identifier="demo")
    assert [each["ScopeName"] for each in live["ResourceServer"]["Scopes"]] == ["read", "write"]


def test_secrets_stay_secret_in_the_state(stack: Stack) -> None:
    pool = stack.create(POOL, "pool")
    scopes = [{"scopeName": "read", "scopeDescription": "to read"}]
    stack.create(RESOURCE_SERVER, "server", userPoolId=pool.id, identifier="demo", name="demo", scopes=scopes)

    client = stack.create(CLIENT, "client", userPoolId=pool.id, **CLIENT_INPUTS)
    oauth = stack.create(OAUTH, "oauth", name="backend", **_oauth_config("s-123"))
    refreshed = decode(stack.read(client).properties)

    assert isinstance(client.outputs["clientSecret"], Secret)
    assert refreshed["clientSecret"] == client.outputs["clientSecret"]
    assert "s-123" not in repr(oauth.outputs)
    assert "s-123" not in repr(decode(oauth.inputs))


def test_a_credential_is_found_by_its_provider_and_follows_an_update(stack: Stack, account: str) -> None:
    key = stack.create(API_KEY, "key", name="weather", apiKey=Secret("k-123"))
    oauth = stack.create(OAUTH, "oauth", name="backend", **_oauth_config("s-123"))
    backend = agentcore_backends[account][REGION]
    keys, clients = backend.api_keys, backend.oauth_clients
    arn = key.outputs["credentialProviderArn"]

    assert arn.endswith(":token-vault/default/apikeycredentialprovider/weather")
    assert keys.secret(keys.find(arn)) == "k-123"
    stack.update(key, name="weather", apiKey=Secret("k-456"))
    assert keys.secret(keys.find(arn)) == "k-456"
    client = clients.find(oauth.outputs["credentialProviderArn"])
    assert clients.secret(client) == "s-123"
    [config] = client["oauth2ProviderConfigOutput"].values()
    assert config == {"clientId": "backend", "oauthDiscovery": {"discoveryUrl": DISCOVERY}}
    stack.delete(key)
    with pytest.raises(Refusal, match="not found"):
        keys.find(arn)


def test_a_gateways_workload_identity_goes_with_it(stack: Stack, aws: Aws, account: str) -> None:
    gateway = stack.create(GATEWAY, "gateway", **gateway_inputs(gateway_role(stack)))
    api = aws.client("bedrock-agentcore-control", account)

    held = api.list_workload_identities()["workloadIdentities"]
    stack.delete(gateway)

    assert [each["workloadIdentityArn"] for each in held] == [
        gateway.outputs["workloadIdentityDetails"][0]["workloadIdentityArn"]
    ]
    assert api.list_workload_identities()["workloadIdentities"] == []
