"""Somebody else's program: their function behind a gateway, out of three components and without a stack file of ours.

Names are its own throughout. The project's folder has to be on the Python path.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from agentcore_auth.documents.reading import Tool
from components.arguments import GatewayOptions, Stack
from components.execution_role import ExecutionRole
from components.gateway import JwtGateway
from components.iam import current_scope
from components.targets.lambda_ import function_target
from idp.cognito import Cognito, CognitoClient
from idp.cognito.component import CognitoProvider

LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
HANDLER = "def handler(event, context):\n    return {'city': event['city'], 'sky': 'clear'}\n"
FORECAST = Tool(
    name="forecast",
    description="The sky over a city",
    input_schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)

region = pulumi.Config("aws").require("region")
function_role = aws.iam.Role(
    "forecast", assume_role_policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [LAMBDA]})
)
function = aws.lambda_.Function(
    "forecast",
    runtime="python3.13",
    handler="forecast.handler",
    code=pulumi.AssetArchive({"forecast.py": pulumi.StringAsset(HANDLER)}),
    role=function_role.arn,
)

forecast = function_target("sky", function.arn, [FORECAST], "What the sky is like")
pool = CognitoProvider(
    "weather-people",
    Cognito(scopes=("look",), clients={"kiosk": CognitoClient()}),
    resource_server="weather",
    region=region,
)
role = ExecutionRole("weather-calls", Stack(current_scope(region), ["weather"]), forecast.permissions)
gateway = JwtGateway(
    "weather",
    authorizer=pool.authorizer("pinned"),
    role_arn=role.arn,
    targets=[forecast],
    permissions=role.policies,
    options=GatewayOptions(search_type="SEMANTIC"),
)

pulumi.export("mcpUrl", gateway.mcp_url)
pulumi.export("tokenEndpoint", pool.token_endpoint)
pulumi.export("kiosk", pool.applications["kiosk"].client_id)
