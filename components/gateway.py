"""A gateway: one identity provider's way in, with its targets.

It admits callers by JWT, or by their AWS signatures. It creates neither the provider nor the role: both are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias, cast

import pulumi
import pulumi_aws as aws

from agentcore_auth import outputs
from agentcore_auth.authorizer.model import Authorizer
from components.access import AccessPolicies, GatewayAccess, PolicyEngine, Statement
from components.arguments import GatewayOptions, Interceptor
from components.gateway_logs import GatewayLogs
from components.spreading import retried
from components.targets import TargetArguments

_AuthorizerArguments: TypeAlias = aws.bedrock.AgentcoreGatewayAuthorizerConfigurationArgsDict


class JwtGateway(pulumi.ComponentResource):
    """A gateway with its authorizer and its targets: its `id`, `arn`, `url` and `mcp_url`.

    `outputs` has what the stack shows of it.
    """

    def __init__(
        self,
        name: str,
        *,
        authorizer: Authorizer[pulumi.Input[str]] | None,
        role_arn: pulumi.Input[str],
        targets: Sequence[TargetArguments],
        permissions: Sequence[pulumi.Resource] = (),
        options: GatewayOptions = GatewayOptions.model_construct(),
        access: GatewayAccess | None = None,
        statement: Statement | None = None,
        tags: Mapping[str, str] = MappingProxyType({}),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Without an `authorizer` the gateway takes AWS signatures, of whom IAM permits to invoke it. `permissions` are
        what the role's calls depend on: AWS checks some when it creates gateways and targets.

        Without `access`, who is let in may call every tool; with it, `statement` writes its rules.
        """
        super().__init__("agentcore-auth:index:JwtGateway", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        engine = PolicyEngine(name, access.mode, tags, child) if access else None
        gateway = aws.bedrock.AgentcoreGateway(
            name,
            name=name,
            description=options.description,
            role_arn=role_arn,
            protocol_type="MCP",
            protocol_configuration={"mcp": {"search_type": options.search_type, "instructions": options.instructions}}
            if options.search_type or options.instructions
            else None,
            authorizer_type="CUSTOM_JWT" if authorizer else "AWS_IAM",
            authorizer_configuration=cast("_AuthorizerArguments", authorizer.to_pulumi()) if authorizer else None,
            exception_level=options.exception_level,
            kms_key_arn=options.kms_key_arn,
            interceptor_configurations=[_interceptor(each) for each in options.interceptors] or None,
            policy_engine_configuration=engine.configuration if engine else None,
            tags=tags,
            # The name is fixed, and AWS refuses a second gateway of the same name: the old one has to go first.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=permissions, delete_before_replace=True, hooks=retried(name)
            ),
        )
        offered = GatewayTargets(
            name, gateway_id=gateway.gateway_id, targets=targets, permissions=permissions, opts=child
        )
        policies: Mapping[str, pulumi.Output[str]] | None = None
        if access and engine and statement:
            policies = AccessPolicies(
                name,
                access,
                engine_id=engine.id,
                gateway_arn=gateway.gateway_arn,
                statement=statement,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[offered]),
            ).statements
        logs = (
            GatewayLogs(
                name, options.logs, gateway_id=gateway.gateway_id, arn=gateway.gateway_arn, tags=tags, opts=child
            )
            if options.logs
            else None
        )
        self.id = gateway.gateway_id
        self.arn = gateway.gateway_arn
        # AWS answers with the MCP address; earlier versions answered with the bare host.
        self.url = gateway.gateway_url.apply(lambda answer: answer.rstrip("/").removesuffix("/mcp"))
        self.mcp_url = self.url.apply(lambda host: f"{host}/mcp")
        self.outputs = outputs.Gateway[pulumi.Input[str]](
            self.url,
            self.mcp_url,
            authorizer.to_api() if authorizer else {},
            name,
            self.id,
            self.arn,
            access.mode if access else None,
            policies,
            logs.group if logs else None,
        ).to_document()
        self.register_outputs(self.outputs)


def _interceptor(given: Interceptor) -> aws.bedrock.AgentcoreGatewayInterceptorConfigurationArgsDict:
    return {
        "interceptor": {"lambda_": {"arn": given.function_arn}},
        "interception_points": [point.upper() for point in given.at],
        "input_configuration": {"pass_request_headers": given.pass_headers},
    }


class GatewayTargets(pulumi.ComponentResource):
    """The targets of one gateway. It creates nothing that another gateway could share."""

    def __init__(
        self,
        name: str,
        *,
        gateway_id: pulumi.Input[str],
        targets: Sequence[TargetArguments],
        permissions: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`permissions` are what calls of the tools depend on: AWS checks some when it creates a target."""
        super().__init__("agentcore-auth:index:GatewayTargets", name, None, opts)
        for target in targets:
            aws.bedrock.AgentcoreGatewayTarget(
                f"{name}-{target.name}",
                name=target.name,
                description=target.description,
                gateway_identifier=gateway_id,
                target_configuration={"mcp": target.tools},
                credential_provider_configuration=target.credentials,
                metadata_configuration=target.metadata,
                private_endpoint=target.private_endpoint,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=permissions,
                    # The name is fixed, and unique in its gateway: the old target has to go first.
                    delete_before_replace=True,
                    hooks=retried(f"{name}-{target.name}"),
                ),
            )
        self.register_outputs({})
