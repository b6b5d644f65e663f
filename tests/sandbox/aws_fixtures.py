"""For tests of the sandbox's AWS: moto in this process, the provider over it, an account of its own for each test."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import grpc
import pytest
import uvicorn
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.aws.installation import install
from sandbox.aws_api import AwsApi
from sandbox.credentials import AWS_SECRET_KEY
from sandbox.providers.aws import AwsProvider
from sandbox.providers.base import serve
from sandbox.providers.values import Archive, Asset, Properties, decode, encode

REGION = "us-west-2"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
FUNCTION = "aws:lambda/function:Function"
GATEWAY = "aws:bedrock/agentcoreGateway:AgentcoreGateway"
TARGET = "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget"
POOL = "aws:cognito/userPool:UserPool"
RESOURCE_SERVER = "aws:cognito/resourceServer:ResourceServer"
CLIENT = "aws:cognito/userPoolClient:UserPoolClient"
DOMAIN = "aws:cognito/userPoolDomain:UserPoolDomain"


@dataclass(frozen=True)
class Deployed:
    """One resource as the engine would remember it."""

    token: str
    name: str
    id: str
    inputs: Struct
    state: Struct

    @property
    def outputs(self) -> Properties:
        """The state's properties; secrets as `Secret`."""
        return decode(self.state)


class Stack:
    """Drives the provider with raw requests, as an engine does, over a connection of its own."""

    def __init__(self, port: int, config: Mapping[str, Any]) -> None:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(config), acceptSecrets=True))

    def check(self, token: str, name: str, inputs: Mapping[str, Any], old: Struct | None = None) -> Struct:
        """The checked inputs; fails where the provider finds mistakes."""
        request = provider_pb2.CheckRequest(urn=urn(token, name), news=encode(inputs), olds=old, randomSeed=b"seed")
        answer = self.stub.Check(request)
        assert not answer.failures, [failure.reason for failure in answer.failures]
        return answer.inputs

    def create(self, token: str, name: str, /, **inputs: Any) -> Deployed:
        """Check, then create."""
        checked = self.check(token, name, inputs)
        made = self.stub.Create(provider_pb2.CreateRequest(urn=urn(token, name), properties=checked))
        return Deployed(token, name, made.id, checked, made.properties)

    def diff(self, old: Deployed, /, **inputs: Any) -> provider_pb2.DiffResponse:
        """What new inputs would do to a resource."""
        news = self.check(old.token, old.name, inputs, old.inputs)
        request = provider_pb2.DiffRequest(
            urn=urn(old.token, old.name), id=old.id, olds=old.state, old_inputs=old.inputs, news=news
        )
        return self.stub.Diff(request)

    def update(self, old: Deployed, /, **inputs: Any) -> Deployed:
        """Check, then update in place."""
        news = self.check(old.token, old.name, inputs, old.inputs)
        request = provider_pb2.UpdateRequest(
            urn=urn(old.token, old.name), id=old.id, olds=old.state, old_inputs=old.inputs, news=news
        )
        return Deployed(old.token, old.name, old.id, news, self.stub.Update(request).properties)

    def read(self, old: Deployed) -> provider_pb2.ReadResponse:
        """A refresh."""
        request = provider_pb2.ReadRequest(
            urn=urn(old.token, old.name), id=old.id, properties=old.state, inputs=old.inputs
        )
        return self.stub.Read(request)

    def delete(self, old: Deployed) -> None:
        request = provider_pb2.DeleteRequest(
            urn=urn(old.token, old.name), id=old.id, properties=old.state, old_inputs=old.inputs
        )
        self.stub.Delete(request)

    def invoke(self, token: str, /, **arguments: Any) -> Properties:
        answer = self.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return"))


@dataclass(frozen=True)
class Aws:
    """Where moto and the provider listen."""

    endpoint_url: str
    port: int

    def client(self, service: str, account: str) -> Any:
        """A boto3 client of an account, without the provider's checks."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=account,
            aws_secret_access_key=AWS_SECRET_KEY,
        )


@cache
def _served() -> tuple[Aws, grpc.Server]:
    """Serves as long as the process lives: an end that nobody needs can only go wrong."""
    install()
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle's algorithm on
    listener.bind(("127.0.0.1", 0))
    api = uvicorn.Server(uvicorn.Config(AwsApi(), lifespan="off", log_config=None))
    threading.Thread(target=api.run, args=([listener],), daemon=True).start()
    endpoint_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server, port = serve(AwsProvider(endpoint_url))
    return Aws(endpoint_url, port), server


@pytest.fixture(scope="session")
def aws() -> Aws:
    return _served()[0]


@pytest.fixture
def account() -> str:
    """An account that no other test knows, so that tests do not see each other's resources."""
    return str(random.SystemRandom().randrange(10**11, 10**12))


@pytest.fixture
def stack(aws: Aws, account: str) -> Generator[Stack]:
    stack = Stack(aws.port, {"region": REGION, "accessKey": account})
    yield stack
    stack.channel.close()


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::agentcore-auth::{token}::{name}"


def trust(service: str, **condition: Any) -> str:
    """A trust policy for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    conditions = {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | conditions]})


def allow(action: str, resource: str) -> str:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def function(stack: Stack, name: str = "echo", code: str = "def handler(event, context): return event") -> Deployed:
    """A function with its role."""
    role = stack.create(ROLE, f"{name}-role", assumeRolePolicy=trust("lambda.amazonaws.com"))
    return stack.create(FUNCTION, name, **function_inputs(role.outputs["arn"], code))


def function_inputs(role_arn: str, code: str = "def handler(event, context): return event") -> Properties:
    archive = Archive({"index.py": Asset(text=code)})
    return {"role": role_arn, "runtime": "python3.12", "handler": "index.handler", "code": archive}


def gateway_role(stack: Stack, name: str = "gateway-role", /, **condition: Any) -> Deployed:
    """An execution role, without permissions."""
    return stack.create(ROLE, name, name=name, assumeRolePolicy=trust("bedrock-agentcore.amazonaws.com", **condition))


def gateway_inputs(role: Deployed, /, **inputs: Any) -> Properties:
    """A gateway that takes one client's tokens."""
    jwt = {"discoveryUrl": "https://issuer.example/.well-known/openid-configuration", "allowedClients": ["client"]}
    return {
        "name": "demo-cognito",
        "roleArn": role.outputs["arn"],
        "authorizerType": "CUSTOM_JWT",
        "protocolType": "MCP",
        "authorizerConfiguration": {"customJwtAuthorizer": jwt},
    } | inputs


def lambda_target_inputs(gateway: Deployed, function_arn: str, **inputs: Any) -> Properties:
    """A target with one tool of one argument."""
    schema = {"type": "object", "properties": [{"name": "text", "type": "string", "required": True}]}
    tool = {"name": "echo", "description": "gives back what it gets", "inputSchema": schema}
    kind = {"lambdaArn": function_arn, "toolSchema": {"inlinePayloads": [tool]}}
    return {
        "name": "sample",
        "gatewayIdentifier": gateway.id,
        "targetConfiguration": {"mcp": {"lambda": kind}},
        "credentialProviderConfiguration": {"gatewayIamRole": {}},
    } | inputs


def refused(code: str, message: str) -> Any:
    """A context in which AWS refuses something: the error's code, and a pattern of its message."""
    return pytest.raises(
        grpc.RpcError, match=rf"An error occurred \({code}\) when calling the \w+ operation: .*{message}"
    )
