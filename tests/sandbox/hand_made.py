"""A gateway with one Lambda target, made by hand through AWS's API: for tests of the data plane, not of the program."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agentcore_auth.tokens.client import request_token

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sku": {"type": "string", "description": "The article's number"},
        "places": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"shelf": {"type": "object", "properties": {"row": {"type": "integer"}}}},
                "required": ["shelf"],
            },
        },
    },
    "required": ["sku"],
}
_SETTINGS = (
    "name",
    "roleArn",
    "protocolType",
    "authorizerType",
    "authorizerConfiguration",
    "exceptionLevel",
    "policyEngineConfiguration",
)
"""What a gateway made here may have."""


@dataclass(frozen=True)
class HandMade:
    """The gateway, the client that it lets in, and the names of what is behind it."""

    aws: Callable[[str], Any]
    mcp_url: str
    gateway_id: str
    role: str
    function_arn: str
    token_endpoint: str
    client: Mapping[str, str]

    def token(self, scope: str | None = None) -> str:
        secret = self.client["ClientSecret"]
        return request_token(self.token_endpoint, self.client["ClientId"], secret, scope=scope).access_token

    def set_policy(self, *statements: Mapping[str, Any]) -> None:
        """Let the execution role do exactly this."""
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.aws("iam").put_role_policy(RoleName=self.role, PolicyName="targets", PolicyDocument=document)

    def change_gateway(self, **changes: Any) -> None:
        """UpdateGateway replaces everything, so all that is to stay goes along."""
        control = self.aws("bedrock-agentcore-control")
        there = control.get_gateway(gatewayIdentifier=self.gateway_id)
        kept = {name: there[name] for name in _SETTINGS if name in there}
        control.update_gateway(gatewayIdentifier=self.gateway_id, **{**kept, **changes})

    def set_code(self, code: str, **settings: Any) -> None:
        """Replace the function's `index.py`, and settings of it."""
        api = self.aws("lambda")
        api.update_function_code(FunctionName=self.function_arn, ZipFile=archive(code))
        api.update_function_configuration(FunctionName=self.function_arn, **settings)


def make(
    aws: Callable[[str], Any], code: str, lists: Mapping[str, Any] | None = None, **gateway_settings: Any
) -> HandMade:
    """Pool, client, role, function, gateway and target; the client has the scopes `tools/use` and `tools/see`, the
    gateway wants the first, or what `lists` has instead.
    """
    unique = uuid.uuid4().hex[:8]
    idp = aws("cognito-idp")
    pool = idp.create_user_pool(PoolName=unique)["UserPool"]["Id"]
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("use", "see")]
    idp.create_resource_server(UserPoolId=pool, Identifier="tools", Name="tools", Scopes=scopes)
    idp.create_user_pool_domain(UserPoolId=pool, Domain=f"test-{unique}")
    client = idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName="agent",
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["tools/use", "tools/see"],
    )["UserPoolClient"]
    role = f"gateway-{unique}"
    principals = {"Service": ["bedrock-agentcore.amazonaws.com", "lambda.amazonaws.com"]}
    trust = {"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"}
    iam = aws("iam")
    role_arn = iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    function_arn = aws("lambda").create_function(
        FunctionName=f"tools-{unique}",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role_arn,
        Code={"ZipFile": archive(code)},
        Environment={"Variables": {"SHELF": "7"}},
        Timeout=300,
    )["FunctionArn"]
    invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function_arn}
    iam.put_role_policy(
        RoleName=role,
        PolicyName="targets",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [invoke]}),
    )
    control = aws("bedrock-agentcore-control")
    discovery = f"https://cognito-idp.us-west-2.amazonaws.com/{pool}/.well-known/openid-configuration"
    lists = lists or {"allowedClients": [client["ClientId"]], "allowedScopes": ["tools/use"]}
    if "authorizerType" not in gateway_settings:
        judged = {"customJWTAuthorizer": {"discoveryUrl": discovery, **lists}}
        gateway_settings |= {"authorizerType": "CUSTOM_JWT", "authorizerConfiguration": judged}
    gateway = control.create_gateway(name=f"hand-{unique}", roleArn=role_arn, protocolType="MCP", **gateway_settings)
    tool = {"name": "stock", "description": "How much there is", "inputSchema": SCHEMA}
    control.create_gateway_target(
        gatewayIdentifier=gateway["gatewayId"],
        name="store",
        targetConfiguration={"mcp": {"lambda": {"lambdaArn": function_arn, "toolSchema": {"inlinePayload": [tool]}}}},
        credentialProviderConfigurations=[{"credentialProviderType": "GATEWAY_IAM_ROLE"}],
    )
    return HandMade(
        aws=aws,
        mcp_url=f"{gateway['gatewayUrl']}/mcp",
        gateway_id=gateway["gatewayId"],
        role=role,
        function_arn=function_arn,
        token_endpoint=f"https://test-{unique}.auth.us-west-2.amazoncognito.com/oauth2/token",
        client=client,
    )


def archive(code: str) -> bytes:
    """A deployment package with this `index.py`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("index.py", code)
    return packed.getvalue()
