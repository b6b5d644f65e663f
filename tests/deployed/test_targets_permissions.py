"""Each statement of the execution role is needed: taken out, the tools that it is for are refused; put back, they work.

One stack with a target of every kind, deployed once; the role is changed behind the program's back, through IAM.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from agentcore_auth import iam
from agentcore_auth.iam import execution_role_name
from sandbox.caller import ToolResult, call_tool
from sandbox.services import Services
from tests.deployed.conftest import Deploy, Deployment

NAME = "kinds"
OWN, OTHER = "123456789012", "210987654321"
REGION = "us-west-2"
RUNTIME = f"arn:aws:bedrock-agentcore:{REGION}:{OWN}:runtime/forecasts-0123456789"
TRUST_LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST_OWN = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OWN}:root"}, "Action": "sts:AssumeRole"}
POST = "CLIENT_SECRET_POST"
# What the tools take, so that secretRef targets have the same in the stack; NOTE is in Secrets Manager only.
EXTERNAL_KEY, EXTERNAL_SECRET, NOTE = "sandbox-inventory-key", "sandbox-shipping-secret", "kinds-external-note"
VPC = {"vpcIdentifier": "vpc-01234567", "subnetIds": ["subnet-01234567"]}
CODE = "def handler(event, context):\n    return {'got': event}\n"
TOOL = {
    "name": "find",
    "description": "Find",
    "inputSchema": {"type": "object", "properties": {"q": {"type": "string"}}},
}
API = {
    "openapi": "3.0.3",
    "info": {"title": "Inventory", "version": "1"},
    "servers": [{"url": "https://inventory.sandbox.example"}],
    "paths": {
        "/articles/{sku}": {
            "get": {
                "operationId": "getArticle",
                "parameters": [{"name": "sku", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "The article"}},
            }
        }
    },
}
OPEN_API = {**API, "servers": [{"url": "https://inventory.sandbox.example/open"}]}


def model(name: str, operation: str, uri: str, member: str, traits: dict[str, Any]) -> dict[str, Any]:
    """A Smithy model of one operation, whose only member is in its path."""
    required = {"smithy.api#required": {}, "smithy.api#httpLabel": {}}
    return {
        "smithy": "2.0",
        "shapes": {
            f"a#{name}": {
                "type": "service",
                "operations": [{"target": f"a#{operation}"}],
                "traits": {"aws.protocols#restJson1": {}, **traits},
            },
            f"a#{operation}": {
                "type": "operation",
                "input": {"target": "a#Request"},
                "traits": {"smithy.api#http": {"method": "GET", "uri": uri}},
            },
            "a#Request": {
                "type": "structure",
                "members": {member: {"target": "smithy.api#String", "traits": required}},
            },
        },
    }


AWS_TRAITS = {
    "aws.auth#sigv4": {"name": "lambda"},
    "aws.api#service": {"sdkId": "Lambda", "endpointPrefix": "lambda"},
}
RULES = {"rules": [{"type": "endpoint", "endpoint": {"url": "https://inventory.sandbox.example"}}]}
DOCUMENTS = {
    "inventory.json": API,
    "open.json": OPEN_API,
    "functions.smithy.json": model(
        "Lambda", "GetFunction", "/2015-03-31/functions/{FunctionName}", "FunctionName", AWS_TRAITS
    ),
    "articles.smithy.json": model(
        "Articles", "GetArticle", "/articles/{sku}", "sku", {"smithy.rules#endpointRuleSet": RULES}
    ),
}

PEN = {"sku": "pen"}
# The tool to call, and the statements of the role that its call needs.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "lambda": ("own___find", {"q": "a"}),
    "another account's lambda": ("other___find", {"q": "a"}),
    "sample": ("sample___echo", {"message": "hello"}),
    "smithy": ("functions___GetFunction", {"FunctionName": "kinds-own"}),
    "smithy, OAuth": ("articles___GetArticle", PEN),
    "openapi, API key": ("inventory___getArticle", PEN),
    "openapi, none": ("inventory-open___getArticle", PEN),
    "openapi, OAuth": ("inventory-token___getArticle", PEN),
    "openapi, IAM": ("inventory-signed___getArticle", PEN),
    "mcp, OAuth": ("shipping___ship", {"order": "7"}),
    "mcp, the caller's token": ("shipping-as___ship", {"order": "7"}),
    "mcp, none": ("open___forecast", PEN),
    "mcp, API key": ("keyed___forecast", PEN),
    "mcp, IAM": ("forecasts___forecast", PEN),
    "mcp, IAM, function URL": ("address___forecast", PEN),
    "API Gateway": ("desk___findArticle", PEN),
    "API Gateway, API key": ("desk-key___findArticle", PEN),
    "API Gateway, none": ("desk-open___openArticle", PEN),
}
_KEY, _TOKEN = ("GetWorkloadTokens", "GetApiKeys", "ReadCredentials"), ("GetWorkloadTokens", "GetOAuthTokens")
NEEDED = [
    ("lambda", "InvokeFunctions"),
    ("another account's lambda", "InvokeFunctions"),
    ("sample", "InvokeFunctions"),
    ("smithy", "CallFunctions"),
    *(("openapi, API key", sid) for sid in _KEY),
    *(("mcp, OAuth", sid) for sid in (*_TOKEN, "ReadCredentials")),
    ("openapi, IAM", "CallInventorySigned"),
    ("mcp, API key", "ReadCredentials"),
    ("mcp, IAM", "CallForecasts"),
    ("mcp, IAM, function URL", "CallAddress"),
    ("API Gateway", "CallDesk"),
]


@dataclass(frozen=True)
class Deployed:
    """The stack, its gateway and a token for it, and the execution role's policy."""

    deployment: Deployment
    mcp_url: str
    token: str
    iam: Any

    def call(self, kind: str) -> ToolResult:
        """Call the tool of this kind of target."""
        tool, arguments = CALLS[kind]
        return call_tool(self.mcp_url, self.token, tool, arguments)

    @contextmanager
    def without(self, sid: str) -> Generator[None]:
        """The execution role without the statement of this Sid."""
        role = execution_role_name(NAME)
        (policy,) = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = self.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        kept = [statement for statement in document["Statement"] if statement["Sid"] != sid]
        assert len(kept) == len(document["Statement"]) - 1, f"no statement {sid}"
        self._put(role, policy, {**document, "Statement": kept})
        yield
        self._put(role, policy, document)

    def _put(self, role: str, policy: str, document: dict[str, Any]) -> None:
        self.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))


def client(services: Services, service: str, account: str = OWN) -> Any:
    secret = services.credentials["AWS_SECRET_ACCESS_KEY"]
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key=secret, region_name=REGION)
    return session.client(service, endpoint_url=services.aws)


def role(services: Services, account: str, name: str, trust: dict[str, Any]) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    created = client(services, "iam", account).create_role(RoleName=name, AssumeRolePolicyDocument=document)
    return created["Role"]["Arn"]


def function(services: Services, account: str, name: str) -> str:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("f.py", CODE)
    created = client(services, "lambda", account).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="f.handler",
        Role=role(services, account, name, TRUST_LAMBDA),
        Code={"ZipFile": archive.getvalue()},
    )
    return created["FunctionArn"]


@dataclass(frozen=True)
class Backends:
    """What exists at AWS before the stack: functions, an address of one, an API, a secret, another account's role."""

    own: str
    other: str
    address: str
    deployer: str
    url: str
    api: str
    secret: str


def backends(services: Services) -> Backends:
    own, other = function(services, OWN, "kinds-own"), function(services, OTHER, "kinds-other")
    address = function(services, OWN, "kinds-address")
    url = client(services, "lambda").create_function_url_config(FunctionName="kinds-address", AuthType="AWS_IAM")
    gateway = client(services, "apigateway")
    api = gateway.create_rest_api(name="desk")["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    for path, operation in (("articles", "getArticle"), ("open/articles", "openArticle")):
        parent = root["id"]
        for part in (*path.split("/"), "{sku}"):
            parent = gateway.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"]
        method = {"restApiId": api, "resourceId": parent, "httpMethod": "GET", "authorizationType": "AWS_IAM"}
        gateway.put_method(**method, operationName=operation)
    document = json.dumps({"clientSecret": EXTERNAL_SECRET, "key": EXTERNAL_KEY, "note": NOTE})
    secret = client(services, "secretsmanager").create_secret(Name="kinds/external", SecretString=document)
    deployer = role(services, OTHER, "kinds-deployer", TRUST_OWN)
    writing = json.dumps(iam.document([iam.allow("Write", iam.FUNCTION_POLICY_ACTIONS, [other])]))
    client(services, "iam", OTHER).put_role_policy(RoleName="kinds-deployer", PolicyName="p", PolicyDocument=writing)
    return Backends(own, other, address, deployer, str(url["FunctionUrl"]), str(api), str(secret["ARN"]))


def configuration(made: Backends) -> dict[str, Any]:
    endpoint = f"https://bedrock-agentcore.{REGION}.amazonaws.com/runtimes/{RUNTIME}/invocations"
    path = endpoint.replace(RUNTIME, RUNTIME.replace(":", "%3A").replace("/", "%2F"))
    login = "https://login.sandbox.example"
    server = {"issuer": login, "authorizationEndpoint": f"{login}/authorize", "tokenEndpoint": f"{login}/token"}
    oauth = {"type": "oauth", "clientId": "agentcore-gateway", "secretRef": "shippingSecret", "scopes": ["ship"]}
    found = {**oauth, "discoveryUrl": f"{login}/.well-known/openid-configuration"}
    for_inventory = {"customParameters": {"audience": "inventory.sandbox.example"}}
    external = {"secretArn": made.secret, "secretJsonKey": "clientSecret"}
    kept_elsewhere = {key: value for key, value in found.items() if key != "secretRef"} | external
    exchanged = {"scopes": ["ship", "as-caller"], "grantType": "TOKEN_EXCHANGE", "clientAuthentication": POST}
    key = {"type": "apiKey", "secretRef": "inventoryKey", "parameterName": "x-api-key"}
    external_key = {**key, "secretRef": None, "secretArn": made.secret, "secretJsonKey": "key"}
    invoke = {"type": "iam", "service": "execute-api", "actions": ["execute-api:Invoke"]}
    stage = f"arn:aws:execute-api:{REGION}:{OWN}:{made.api}/prod"
    url_actions = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
    inventory, shipping = "https://inventory.sandbox.example", "https://shipping.sandbox.example/mcp"
    api = {"type": "apiGateway", "restApiId": made.api, "stage": "prod"}
    named = [{"path": "/articles/{sku}", "method": "GET", "name": "findArticle"}]
    articles = {"filters": [{"path": "/articles/*", "methods": ["GET"]}], "overrides": named}
    signed_api = {**invoke, "resources": [f"{stage}/GET/open/articles/*"]}
    targets: list[dict[str, Any]] = [
        {"name": "own", "type": "lambda", "functionArn": made.own, "tools": [TOOL]},
        {"name": "other", "type": "lambda", "functionArn": made.other, "tools": [TOOL]},
        {"name": "sample", "type": "sample"},
        {
            "name": "functions",
            "type": "smithy",
            "model": "functions.smithy.json",
            "actions": ["lambda:GetFunction"],
            "resources": [made.own],
        },
        {
            "name": "articles",
            "type": "smithy",
            "model": "articles.smithy.json",
            "credentials": {**oauth, "authorizationServer": server, **for_inventory},
        },
        {
            "name": "inventory",
            "type": "openapi",
            "schema": "inventory.json",
            "credentials": key,
            "passHeaders": ["X-Desk"],
        },
        {"name": "inventory-open", "type": "openapi", "schema": "open.json"},
        {
            "name": "inventory-token",
            "type": "openapi",
            "schema": "inventory.json",
            "credentials": {**kept_elsewhere, **for_inventory},
        },
        {"name": "inventory-signed", "type": "openapi", "schema": "stage.json", "credentials": signed_api},
        {"name": "shipping", "type": "mcp", "endpoint": shipping, "credentials": found},
        {"name": "shipping-as", "type": "mcp", "endpoint": shipping, "credentials": {**found, **exchanged}},
        {"name": "open", "type": "mcp", "endpoint": f"{inventory}/open/mcp", "listingMode": "DYNAMIC"},
        {
            "name": "keyed",
            "type": "mcp",
            "endpoint": f"{inventory}/mcp",
            "credentials": external_key,
            "privateEndpoint": {"managedVpcResource": VPC},
        },
        {
            "name": "forecasts",
            "type": "mcp",
            "endpoint": path,
            "credentials": {"type": "iam", "service": "bedrock-agentcore"},
        },
        {
            "name": "address",
            "type": "mcp",
            "endpoint": f"{made.url}/mcp",
            "credentials": {"type": "iam", "service": "lambda", "actions": url_actions, "resources": [made.address]},
        },
        {"name": "desk", **api, **articles},
        {"name": "desk-key", **api, **articles, "credentials": key},
        {
            "name": "desk-open",
            **api,
            "filters": [{"path": "/open/articles/{sku}", "methods": ["GET"]}],
            "credentials": {"type": "none"},
        },
    ]
    return {
        "gateway": {"name": NAME, "exceptionLevel": "DEBUG"},
        "identityProviders": ["cognito"],
        "crossAccount": {OTHER: {"assumeRoleArn": made.deployer}},
        "targets": [_without_none(target) for target in targets],
    }


def _without_none(target: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = target.get("credentials", {})
    return target | ({"credentials": {key: each for key, each in shown.items() if each is not None}} if shown else {})


@pytest.fixture(scope="module")
def deployment(running_services: Services, deploy_for_module: Deploy) -> Deployment:
    made = backends(running_services)
    stage = {**API, "servers": [{"url": f"https://{made.api}.execute-api.{REGION}.amazonaws.com/prod/open"}]}
    for name, document in {**DOCUMENTS, "stage.json": stage}.items():
        (deploy_for_module.project / name).write_text(json.dumps(document))
    secrets = {"inventoryKey": EXTERNAL_KEY, "shippingSecret": EXTERNAL_SECRET}
    return deploy_for_module(configuration(made), secrets=secrets)


@pytest.fixture
def deployed(services: Services, deployment: Deployment) -> Deployed:
    url = deployment.outputs.gateway("cognito").mcp_url
    return Deployed(deployment, url, deployment.token("cognito"), client(services, "iam"))


@pytest.mark.parametrize("kind", CALLS)
def test_a_tool_of_every_kind_of_target_answers(deployed: Deployed, kind: str) -> None:
    answer = deployed.call(kind)
    assert not answer.failed, answer.text


@pytest.mark.parametrize(("kind", "sid"), NEEDED)
def test_without_its_statement_a_tool_is_refused_and_with_it_again_it_works(
    deployed: Deployed, kind: str, sid: str
) -> None:
    with deployed.without(sid):
        refused = deployed.call(kind)
    assert refused.failed, refused.text
    assert not deployed.call(kind).failed


def test_every_statement_of_the_role_is_needed_by_a_tool(deployed: Deployed) -> None:
    name = execution_role_name(NAME)
    (policy,) = deployed.iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = deployed.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    assert {statement["Sid"] for statement in document["Statement"]} == {sid for _, sid in NEEDED}


def test_another_account_s_function_refuses_a_role_that_its_policy_does_not_admit(
    deployed: Deployed, services: Services
) -> None:
    owner = client(services, "lambda", OTHER)
    role_arn = f"arn:aws:iam::{OWN}:role/{execution_role_name(NAME)}"
    (statement,) = json.loads(owner.get_policy(FunctionName="kinds-other")["Policy"])["Statement"]
    assert statement["Sid"] == f"cross-account-access-{NAME}"
    assert role_arn in json.dumps(statement["Principal"])
    owner.remove_permission(FunctionName="kinds-other", StatementId=f"cross-account-access-{NAME}")
    try:
        assert deployed.call("another account's lambda").failed
    finally:
        owner.add_permission(
            FunctionName="kinds-other",
            StatementId=f"cross-account-access-{NAME}",
            Action="lambda:InvokeFunction",
            Principal=role_arn,
        )
    assert not deployed.call("another account's lambda").failed


def test_a_tool_sees_the_headers_that_its_target_passes_on_and_no_others(deployed: Deployed) -> None:
    headers = {"X-Desk": "north", "X-Floor": "2"}
    answers = [
        call_tool(deployed.mcp_url, deployed.token, f"{name}___getArticle", PEN, headers=headers)
        for name in ("inventory", "inventory-open")
    ]
    assert ["north" in answer.text for answer in answers] == [True, False]


def test_a_secret_that_exists_is_nowhere_in_the_stack(deployed: Deployed) -> None:
    """What its credential provider has, beside the ARN and the key of the JSON document."""
    made = [each for each in deployed.deployment.resources if "CredentialProvider" in each["type"]]
    (keyed,) = (each for each in made if each["urn"].endswith("-keyed"))
    assert keyed["inputs"]["apiKeySecretConfig"]["jsonKey"] == "key"
    assert "apiKey" not in keyed["inputs"]
    assert EXTERNAL_KEY not in json.dumps(keyed)
    (token,) = (each for each in made if each["urn"].endswith("-inventory-token"))
    issuer = token["inputs"]["oauth2ProviderConfig"]["customOauth2ProviderConfig"]
    assert issuer["clientSecretConfig"]["jsonKey"] == "clientSecret"
    assert "clientSecret" not in issuer


@pytest.fixture(scope="module")
def preview(deployment: Deployment) -> str:
    """What `pulumi preview --json --show-sames` prints of the stack as it is deployed."""
    return deployment.preview_document(deployment.config)


def test_a_secret_that_exists_is_in_no_preview_no_output_and_no_state_but_for_what_the_stack_s_own_secrets_are(
    deployed: Deployed, preview: str
) -> None:
    outputs = json.dumps(deployed.deployment.stack.document(show_secrets=True))
    state = json.loads(deployed.deployment.stack.run_cli("stack", "export", "--show-secrets"))
    for secret in (EXTERNAL_KEY, EXTERNAL_SECRET, NOTE):
        assert secret not in preview
        assert secret not in outputs
    holders = {
        secret: {
            each["urn"].rpartition("::")[2] for each in state["deployment"]["resources"] if secret in json.dumps(each)
        }
        for secret in (EXTERNAL_KEY, EXTERNAL_SECRET, NOTE)
    }
    assert holders == {
        EXTERNAL_KEY: {f"{NAME}-inventory", f"{NAME}-desk-key"},
        EXTERNAL_SECRET: {f"{NAME}-articles", f"{NAME}-shipping", f"{NAME}-shipping-as"},
        NOTE: set(),
    }


def test_a_second_deployment_changes_nothing(preview: str) -> None:
    assert set(json.loads(preview)["changeSummary"]) == {"same"}
