"""A program of somebody else's on the package: everything by one component, and a gateway of its own out of three.

`pulumi package add` generates a class for each component; `remote` stands for them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws


def remote(component: str, name: str, inputs: Mapping[str, Any], *outputs: str) -> Any:
    """A component of the package, whose outputs are attributes, spelled as in the schema."""
    names = dict.fromkeys(outputs)
    return pulumi.ComponentResource(f"agentcore-auth:index:{component}", name, {**names, **inputs}, remote=True)


LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
HANDLER = "def handler(event, context):\n    return {'city': event['city'], 'sky': 'clear'}\n"
WATCHER = """def handler(event, context):
    request = {'body': event['mcp']['gatewayRequest']['body']}
    return {'interceptorOutputVersion': '1.0', 'mcp': {'transformedGatewayRequest': request}}
"""
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FORECAST = {"name": "forecast", "description": "The sky over a city", "inputSchema": CITY}

config = pulumi.Config()
assumed = aws.iam.Role(
    "forecast", assume_role_policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [LAMBDA]})
)
function, watcher = (
    aws.lambda_.Function(
        name,
        runtime="python3.13",
        handler=f"{name}.handler",
        code=pulumi.AssetArchive({f"{name}.py": pulumi.StringAsset(code)}),
        role=assumed.arn,
    )
    for name, code in (("forecast", HANDLER), ("watcher", WATCHER))
)
sky = {"functionArn": function.arn, "tools": [FORECAST]}
stations = {
    "endpoint": "https://stations.example.com/mcp",
    "credentials": {
        "oauth": {
            "discoveryUrl": "https://login.example.com/.well-known/openid-configuration",
            "clientId": "weather",
            "secretRef": "stationsSecret",
            "scopes": ["read"],
        }
    },
}
everything = remote(
    "Gateways",
    "weather",
    {
        "gateway": {"name": "weather", "interceptors": [{"functionArn": watcher.arn, "at": ["request"]}]},
        "identityProviders": ["cognito"],
        "cognito": {"scopes": ["look"], "accessTokenMinutes": 30},
        "targets": [{"name": "sky", "lambda": sky}, {"name": "stations", "mcp": stations}],
        "secrets": {"stationsSecret": config.require_secret("stationsSecret")},
        "executionRole": {"path": config.get("rolePath") or "/"},
    },
    "gateways",
    "identityProviders",
)

people = remote(
    "OktaProvider",
    "weather-people",
    {"gatewayName": "weather-people", "scopes": ["look"]},
    "authorizer",
    "tokenEndpoint",
)
role = remote(
    "ExecutionRole", "weather-people", {"gatewayNames": ["weather-people"], "functionArns": [function.arn]}, "arn"
)
gateway = remote(
    "JwtGateway",
    "weather-people",
    {"authorizer": people.authorizer, "roleArn": role.arn, "targets": [{"name": "sky", **sky}]},
    "mcpUrl",
    "authorizer",
)

pulumi.export("gateways", everything.gateways)
pulumi.export("identityProviders", everything.identityProviders)
pulumi.export("people", {"mcpUrl": gateway.mcpUrl, "authorizer": gateway.authorizer})
