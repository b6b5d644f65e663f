"""Pulumi's type tokens of the resources that previews and policies are about."""

from __future__ import annotations

from typing import Final

GATEWAY: Final = "aws:bedrock/agentcoreGateway:AgentcoreGateway"
TARGET: Final = "aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget"
ACCESS_POLICY: Final = "aws:bedrock/agentcorePolicy:AgentcorePolicy"
ROLE: Final = "aws:iam/role:Role"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
POLICY: Final = "aws:iam/policy:Policy"
COGNITO_CLIENT: Final = "aws:cognito/userPoolClient:UserPoolClient"
AUTH0_CLIENT: Final = "auth0:index/client:Client"
OKTA_CLIENT: Final = "okta:app/oAuth:OAuth"
