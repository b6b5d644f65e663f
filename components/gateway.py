"""A gateway: one identity provider's way in, with the targets that all gateways of the stack share.

It admits callers by JWT only. It creates neither the provider nor the role: both are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import pulumi
import pulumi_aws as aws

from agentcore_auth import outputs
from agentcore_auth.authorizer.model import Authorizer
from components.targets import GatewayTargets, TargetBackends
from configuration.schema import Gateway

_AuthorizerArguments: TypeAlias = aws.bedrock.AgentcoreGatewayAuthorizerConfigurationArgsDict


class JwtGateway(pulumi.ComponentResource):
    """A gateway with its authorizer and its targets.

    `outputs` has what the stack shows of it: name, id, arn, url, mcpUrl, and the customJWTAuthorizer as the API
    spells it.
    """

    def __init__(
        self,
        name: str,
        settings: Gateway,
        *,
        authorizer: Authorizer[pulumi.Input[str]],
        role_arn: pulumi.Input[str],
        backends: TargetBackends,
        permissions: Sequence[pulumi.Resource],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`permissions` are what the role's calls depend on: AWS checks some when it creates gateways and targets."""
        super().__init__("agentcore-auth:index:JwtGateway", name, None, opts)
        gateway = aws.bedrock.AgentcoreGateway(
            name,
            name=name,
            description=settings.description,
            role_arn=role_arn,
            protocol_type="MCP",
            protocol_configuration={"mcp": {"search_type": settings.search_type, "instructions": settings.instructions}}
            if settings.search_type or settings.instructions
            else None,
            authorizer_type="CUSTOM_JWT",
            authorizer_configuration=cast("_AuthorizerArguments", authorizer.to_pulumi()),
            exception_level=settings.exception_level,
            kms_key_arn=settings.kms_key_arn,
            tags=tags,
            # The name is fixed, and AWS refuses a second gateway of the same name: the old one has to go first.
            opts=pulumi.ResourceOptions(parent=self, depends_on=permissions, delete_before_replace=True),
        )
        GatewayTargets(
            name,
            gateway_id=gateway.gateway_id,
            backends=backends,
            permissions=permissions,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # AWS answers with the MCP address; earlier versions answered with the bare host.
        url = gateway.gateway_url.apply(lambda answer: answer.rstrip("/").removesuffix("/mcp"))
        self.outputs = outputs.Gateway[pulumi.Input[str]](
            url=url,
            mcp_url=url.apply(lambda host: f"{host}/mcp"),
            authorizer=authorizer.to_api(),
            name=name,
            id=gateway.gateway_id,
            arn=gateway.gateway_arn,
        ).to_document()
        self.register_outputs(self.outputs)
