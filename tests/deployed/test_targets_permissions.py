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
MODEL = {
    "smithy": "2.0",
    "shapes": {
        "aws#Lambda": {
            "type": "service",
            "operations": [{"target": "aws#GetFunction"}],
            "traits": {
                "aws.protocols#restJson1": {},
                "aws.auth#sigv4": {"name": "lambda"},
                "aws.api#service": {"sdkId": "Lambda", "endpointPrefix": "lambda"},
            },
        },
        "aws#GetFunction": {
            "type": "operation",
            "input": {"target": "aws#GetFunctionRequest"},
            "traits": {"smithy.api#http": {"method": "GET", "uri": "/2015-03-31/functions/{FunctionName}"}},
        },
        "aws#GetFunctionRequest": {
            "type": "structure",
            "members": {
                "FunctionName": {
                    "target": "smithy.api#String",
                    "traits": {"smithy.api#required": {}, "smithy.api#httpLabel": {}},
                }
            },
        },
    },
}

# The tool to call, and the statements of the role that its call needs.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "lambda": ("own___find", {"q": "a"}),
    "another account's lambda": ("other___find", {"q": "a"}),
    "sample": ("sample___echo", {"message": "hello"}),
    "smithy": ("functions___GetFunction", {"FunctionName": "kinds-own"}),
    "openapi, API key": ("inventory___getArticle", {"sku": "pen"}),
    "mcp, OAuth": ("shipping___ship", {"order": "7"}),
    "mcp, IAM": ("forecasts___forecast", {"sku": "pen"}),
}
NEEDED = [
    ("lambda", "InvokeFunctions"),
    ("another account's lambda", "InvokeFunctions"),
    ("sample", "InvokeFunctions"),
    ("smithy", "CallFunctions"),
    ("openapi, API key", "GetWorkloadTokens"),
    ("openapi, API key", "GetApiKeys"),
    ("openapi, API key", "ReadCredentials"),
    ("mcp, OAuth", "GetWorkloadTokens"),
    ("mcp, OAuth", "GetOAuthTokens"),
    ("mcp, OAuth", "ReadCredentials"),
    ("mcp, IAM", "CallForecasts"),
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


def configuration(own: str, other: str, deployer: str) -> dict[str, Any]:
    endpoint = f"https://bedrock-agentcore.{REGION}.amazonaws.com/runtimes/{RUNTIME}/invocations"
    path = endpoint.replace(RUNTIME, RUNTIME.replace(":", "%3A").replace("/", "%2F"))
    oauth = {
        "type": "oauth",
        "discoveryUrl": "https://login.sandbox.example/.well-known/openid-configuration",
        "clientId": "agentcore-gateway",
        "secretRef": "shippingSecret",
        "scopes": ["ship"],
    }
    key = {"type": "apiKey", "secretRef": "inventoryKey", "parameterName": "x-api-key"}
    smithy = {"actions": ["lambda:GetFunction"], "resources": [own]}
    signed = {"type": "iam", "service": "bedrock-agentcore"}
    return {
        "gateway": {"name": NAME, "exceptionLevel": "DEBUG"},
        "identityProviders": ["cognito"],
        "crossAccount": {OTHER: {"assumeRoleArn": deployer}},
        "targets": [
            {"name": "own", "type": "lambda", "functionArn": own, "tools": [TOOL]},
            {"name": "other", "type": "lambda", "functionArn": other, "tools": [TOOL]},
            {"name": "sample", "type": "sample"},
            {"name": "functions", "type": "smithy", "model": "functions.smithy.json", **smithy},
            {"name": "inventory", "type": "openapi", "schema": "inventory.json", "credentials": key},
            {
                "name": "shipping",
                "type": "mcp",
                "endpoint": "https://shipping.sandbox.example/mcp",
                "credentials": oauth,
            },
            {"name": "forecasts", "type": "mcp", "endpoint": path, "credentials": signed},
        ],
    }


@pytest.fixture(scope="module")
def deployment(running_services: Services, deploy_for_module: Deploy) -> Deployment:
    (deploy_for_module.project / "inventory.json").write_text(json.dumps(API))
    (deploy_for_module.project / "functions.smithy.json").write_text(json.dumps(MODEL))
    own, other = function(running_services, OWN, "kinds-own"), function(running_services, OTHER, "kinds-other")
    config = configuration(own, other, role(running_services, OTHER, "kinds-deployer", TRUST_OWN))
    writing = json.dumps(iam.document([iam.allow("Write", iam.FUNCTION_POLICY_ACTIONS, [other])]))
    client(running_services, "iam", OTHER).put_role_policy(
        RoleName="kinds-deployer", PolicyName="p", PolicyDocument=writing
    )
    secrets = {"inventoryKey": "sandbox-inventory-key", "shippingSecret": "sandbox-shipping-secret"}
    return deploy_for_module(config, secrets=secrets)


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


def test_a_second_deployment_changes_nothing(deployed: Deployed) -> None:
    assert set(deployed.deployment.preview().changes) == {"same"}
