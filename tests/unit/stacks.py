"""Stacks that several tests deploy, and what they look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy

COGNITO: dict[str, Any] = {
    "gateway": {"name": "demo"},
    "identityProviders": ["cognito"],
    "targets": [{"name": "sample", "type": "sample"}],
}
AUTH0 = {**COGNITO, "identityProviders": ["auth0"], "auth0:domain": "tenant.us.auth0.com"}
OKTA = {**COGNITO, "identityProviders": ["okta"], "okta:orgName": "acme"}
AUTH0_SECRET = {"auth0:apiToken": "t"}
OKTA_SECRET = {"okta:apiToken": "t"}
ISSUER = "https://login.example.com/.well-known/openid-configuration"

OTHER_ACCOUNT = "210987654321"
OWN_FUNCTION = f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:orders"
OTHER_FUNCTION = f"arn:aws:lambda:eu-west-1:{OTHER_ACCOUNT}:function:billing"
VAULT = f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:token-vault/default"
TOOL = {"name": "find", "description": "Find an order", "inputSchema": {"type": "object"}}
LAMBDA: dict[str, Any] = {"name": "orders", "type": "lambda", "functionArn": OWN_FUNCTION, "tools": [TOOL]}
OPENAPI: dict[str, Any] = {"name": "stock", "type": "openapi", "schema": "examples/documents/inventory.openapi.json"}
MCP: dict[str, Any] = {"name": "ship", "type": "mcp", "endpoint": "https://ship.example.com/mcp"}


def authorizer(recorder: Recorder) -> dict[str, Any]:
    gateway = recorder.one(":AgentcoreGateway")
    assert gateway["authorizerType"] == "CUSTOM_JWT"
    return gateway["authorizerConfiguration"]["customJwtAuthorizer"]


def document(text: str) -> list[dict[str, Any]]:
    return json.loads(text)["Statement"]


class TargetRecorder(Recorder):
    """Knows what AgentCore's token vault answers, and keeps the sample function's code."""

    code: pulumi.AssetArchive

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ.endswith(":Function"):
            self.code = args.inputs["code"]
        found, outputs = super().new_resource(args)
        kind = args.typ.rpartition("Agentcore")[2].removesuffix("CredentialProvider").lower()
        secret = [{"secretArn": f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:vault!default/{args.name}-AbCdEf"}]
        if kind in {"apikey", "oauth2"}:
            outputs["credentialProviderArn"] = f"{VAULT}/{kind}credentialprovider/{args.name}"
            outputs["apiKeySecretArns" if kind == "apikey" else "clientSecretArns"] = secret
        return found, outputs


def stack(*targets: Mapping[str, Any], secrets: Mapping[str, str] | None = None, **keys: Any) -> TargetRecorder:
    """The program, run with these targets behind a Cognito gateway."""
    base = {"gateway": {"name": "demo"}, "identityProviders": ["cognito"], "targets": list(targets)}
    recorder = TargetRecorder()
    deploy({**base, **keys}, secrets=secrets, recorder=recorder)
    return recorder


def statements(recorder: Recorder) -> dict[str, dict[str, Any]]:
    """The execution role's statements by Sid."""
    policies = [policy for policy in recorder.all(":RolePolicy") if policy.name == "demo"]
    found = [statement for policy in policies for statement in json.loads(policy.inputs["policy"])["Statement"]]
    return {statement["Sid"]: statement for statement in found}
