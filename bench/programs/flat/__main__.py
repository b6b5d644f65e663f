"""The resources of stack `dev` as they are written without components, settings or checks."""

import json

import pulumi
import pulumi_aws as aws

NAME = "agentcore-dev"
TAGS = {"environment": "dev"}
CODE = "def handler(event, context):\n    return {'message': str(event['message'])}\n"


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allowing(resource: str, *actions: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def assumed_by(service: str, **more: object) -> str:
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, **more})


account = aws.get_caller_identity().account_id
partition = aws.get_partition().partition
arn = f"arn:{partition}:bedrock-agentcore:us-west-2:{account}:gateway/{NAME}-cognito-??????????"

pool = aws.cognito.UserPool(
    NAME, admin_create_user_config={"allow_admin_create_user_only": True}, deletion_protection="INACTIVE", tags=TAGS
)
server = aws.cognito.ResourceServer(
    NAME,
    identifier=NAME,
    name=NAME,
    user_pool_id=pool.id,
    scopes=[{"scope_name": name, "scope_description": f"{name} access"} for name in ("read", "write")],
)
domain = aws.cognito.UserPoolDomain(
    NAME, domain=pool.id.apply(lambda made: made.replace("_", "").lower()), user_pool_id=pool.id
)
client = aws.cognito.UserPoolClient(
    NAME,
    user_pool_id=pool.id,
    generate_secret=True,
    allowed_oauth_flows=["client_credentials"],
    allowed_oauth_flows_user_pool_client=True,
    allowed_oauth_scopes=[f"{NAME}/read", f"{NAME}/write"],
    access_token_validity=60,
    token_validity_units={"access_token": "minutes"},
    explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
    prevent_user_existence_errors="ENABLED",
    supported_identity_providers=["COGNITO"],
    opts=pulumi.ResourceOptions(depends_on=[server]),
)

logs = aws.cloudwatch.LogGroup(f"{NAME}-sample", retention_in_days=14, tags=TAGS)
function_role = aws.iam.Role(
    f"{NAME}-sample",
    description="Assumed by the sample function",
    assume_role_policy=assumed_by("lambda.amazonaws.com"),
    tags=TAGS,
)
function_policy = aws.iam.RolePolicy(
    f"{NAME}-sample",
    role=function_role.name,
    policy=logs.arn.apply(lambda made: document(allowing(f"{made}:*", "logs:CreateLogStream", "logs:PutLogEvents"))),
)
function = aws.lambda_.Function(
    f"{NAME}-sample",
    description="Echo",
    runtime="python3.13",
    handler="echo.handler",
    code=pulumi.AssetArchive({"echo.py": pulumi.StringAsset(CODE)}),
    role=function_role.arn,
    memory_size=128,
    timeout=10,
    logging_config={"log_format": "JSON", "log_group": logs.name},
    tags=TAGS,
    opts=pulumi.ResourceOptions(depends_on=[function_policy]),
)

role = aws.iam.Role(
    NAME,
    name=f"{NAME}-gateway",
    description="Assumed by AgentCore gateways to call their targets",
    assume_role_policy=assumed_by(
        "bedrock-agentcore.amazonaws.com",
        Condition={"ArnLike": {"aws:SourceArn": arn}, "StringEquals": {"aws:SourceAccount": account}},
    ),
    tags=TAGS,
    opts=pulumi.ResourceOptions(delete_before_replace=True),
)
role_policy = aws.iam.RolePolicy(
    NAME,
    role=role.name,
    policy=function.arn.apply(lambda made: document(allowing(made, "lambda:InvokeFunction"))),
)
gateway = aws.bedrock.AgentcoreGateway(
    f"{NAME}-cognito",
    name=f"{NAME}-cognito",
    description="Tools for agents, development",
    role_arn=role.arn,
    protocol_type="MCP",
    authorizer_type="CUSTOM_JWT",
    authorizer_configuration={
        "custom_jwt_authorizer": {
            "discovery_url": pulumi.Output.format("https://{0}/.well-known/openid-configuration", pool.endpoint),
            "allowed_clients": [client.id],
            "allowed_scopes": [f"{NAME}/read", f"{NAME}/write"],
        }
    },
    tags=TAGS,
    opts=pulumi.ResourceOptions(depends_on=[role_policy], delete_before_replace=True),
)
target = aws.bedrock.AgentcoreGatewayTarget(
    f"{NAME}-cognito-sample",
    name="sample",
    gateway_identifier=gateway.gateway_id,
    credential_provider_configuration={"gateway_iam_role": {}},
    target_configuration={
        "mcp": {
            "lambda_": {
                "lambda_arn": function.arn,
                "tool_schema": {
                    "inline_payloads": [
                        {
                            "name": "echo",
                            "description": "Answers with the message that it is sent",
                            "input_schema": {
                                "type": "object",
                                "properties": [{"name": "message", "type": "string", "required": True}],
                            },
                            "output_schema": {
                                "type": "object",
                                "properties": [
                                    {"name": "message", "type": "string", "required": True},
                                    {"name": "tool", "type": "string", "required": True},
                                    {"name": "gateway", "type": "string", "required": True},
                                ],
                            },
                        }
                    ]
                },
            }
        }
    },
    opts=pulumi.ResourceOptions(depends_on=[role_policy], delete_before_replace=True),
)
callers = aws.iam.Policy(
    NAME,
    description="Administer and call the AgentCore gateways",
    policy=role.arn.apply(
        lambda made: document(
            allowing("*", "bedrock-agentcore:CreateGateway", "bedrock-agentcore:ListGateways"),
            allowing(
                arn,
                "bedrock-agentcore:GetGateway",
                "bedrock-agentcore:UpdateGateway",
                "bedrock-agentcore:DeleteGateway",
                "bedrock-agentcore:InvokeGateway",
            ),
            allowing(made, "iam:PassRole"),
        )
    ),
    tags=TAGS,
)

pulumi.export("gateways", {"cognito": {"id": gateway.gateway_id, "url": gateway.gateway_url}})
pulumi.export("identityProviders", {"cognito": {"clientId": client.id, "clientSecret": client.client_secret}})
pulumi.export("executionRoleArn", role.arn)
pulumi.export("callerPolicyArn", callers.arn)
pulumi.export("tokenHost", domain.domain)
