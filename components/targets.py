"""The tools behind the gateways: what all gateways of a stack share, and the targets of each of them.

`TargetBackends` is made once: credential providers, the sample function, and what the execution role needs for all of
it. `GatewayTargets` is made for each gateway, out of the same backends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import pulumi
import pulumi_aws as aws

from agentcore_auth import iam
from agentcore_auth.documents import tools
from agentcore_auth.documents.reading import Tool
from components import credentials, needs, tool_schema
from components.credentials import CredentialArguments
from components.sample import SampleFunction, sample_tools
from configuration.schema import (
    ApiKey,
    Iam,
    LambdaTarget,
    McpTarget,
    NoCredentials,
    OAuth,
    OpenApiTarget,
    SampleTarget,
    SmithyTarget,
    Target,
)
from settings import Settings

_Configuration: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationArgsDict
_Tools: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpArgsDict
_Function: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpLambdaArgsDict
_ToolSchema: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpLambdaToolSchemaArgsDict
_Document: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpOpenApiSchemaArgsDict


@dataclass(frozen=True)
class Backend:
    """One target as every gateway gets it: the arguments of its resource."""

    target: Target
    configuration: _Configuration
    credentials: CredentialArguments | None


class TargetBackends(pulumi.ComponentResource):
    """What the stack's targets have in common, whichever gateway they belong to.

    `backends` are the targets; `permissions` is what the execution role has to be allowed for them;
    `schema_buckets` are the buckets that their documents come from.
    """

    def __init__(
        self, name: str, settings: Settings, scope: iam.AwsScope, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("agentcore-auth:index:TargetBackends", name, None, opts)
        self._name = name
        self._settings = settings
        self._scope = scope
        self._sample: SampleFunction | None = None
        self.permissions: list[pulumi.Input[iam.Permission]] = []
        self.schema_buckets = needs.schema_buckets(settings.targets)
        self.backends = [self._backend(target) for target in settings.targets]
        self.register_outputs({})

    def _backend(self, target: Target) -> Backend:
        known = needs.known_permission(target, self._scope)
        if known is not None:
            self.permissions.append(known)
        return Backend(target, {"mcp": self._tools(target)}, self._credentials(target))

    def _tools(self, target: Target) -> _Tools:
        """Where the target's tools are, and what describes them."""
        if isinstance(target, LambdaTarget):
            return {"lambda_": self._function(target)}
        if isinstance(target, SampleTarget):
            return {"lambda_": self._sample_function()}
        if isinstance(target, SmithyTarget):
            return {"smithy_model": self._document(target.name, target.model)}
        if isinstance(target, OpenApiTarget):
            return {"open_api_schema": self._document(target.name, target.document)}
        return {"mcp_server": {"endpoint": target.endpoint}}

    def _function(self, target: LambdaTarget) -> _Function:
        if target.tools_s3:
            return {"lambda_arn": target.function_arn, "tool_schema": {"s3": {"uri": target.tools_s3}}}
        described = tools.parse(self._settings.documents[target.name], target.tools_file or "tools")
        return {"lambda_arn": target.function_arn, "tool_schema": _tool_schema(described)}

    def _document(self, target: str, source: str) -> _Document:
        if source.startswith("s3://"):
            return {"s3": {"uri": source}}
        return {"inline_payload": {"payload": self._settings.documents[target]}}

    def _sample_function(self) -> _Function:
        """One function serves all sample targets."""
        if self._sample is None:
            child = pulumi.ResourceOptions(parent=self)
            self._sample = SampleFunction(f"{self._name}-sample", self._settings.tags, opts=child)
            self.permissions.append(self._sample.arn.apply(iam.FunctionCall))
        return {"lambda_arn": self._sample.arn, "tool_schema": _tool_schema(sample_tools())}

    def _credentials(self, target: Target) -> CredentialArguments | None:
        """How calls show who they are: by default as the execution role, for APIs and servers as configured."""
        if not isinstance(target, OpenApiTarget | McpTarget):
            return {"gateway_iam_role": {}}
        shown = target.credentials
        if isinstance(shown, NoCredentials):
            return None
        if isinstance(shown, Iam):
            return {"gateway_iam_role": {"service": shown.service, "region": shown.region}}
        return self._vault_credentials(f"{self._name}-{target.name}", shown)

    def _vault_credentials(self, name: str, shown: ApiKey | OAuth) -> CredentialArguments:
        child = pulumi.ResourceOptions(parent=self)
        secret, tags = self._settings.secret, self._settings.tags
        if isinstance(shown, ApiKey):
            credential = credentials.api_key_provider(name, shown, secret, tags, child)
        else:
            credential = credentials.oauth_provider(name, shown, secret, tags, child)
        kind = needs.credential_kind(shown)
        arns = pulumi.Output.all(credential.provider_arn, credential.secret_arn)
        self.permissions.append(arns.apply(lambda known: iam.CredentialUse(kind, *known)))
        return credentials.configuration(shown, credential)


class GatewayTargets(pulumi.ComponentResource):
    """The targets of one gateway. It creates nothing that another gateway could share."""

    def __init__(
        self,
        name: str,
        *,
        gateway_id: pulumi.Input[str],
        backends: TargetBackends,
        permissions: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`permissions` are what calls of the tools depend on: AWS checks some when it creates a target."""
        super().__init__("agentcore-auth:index:GatewayTargets", name, None, opts)
        for backend in backends.backends:
            aws.bedrock.AgentcoreGatewayTarget(
                f"{name}-{backend.target.name}",
                name=backend.target.name,
                description=backend.target.description,
                gateway_identifier=gateway_id,
                target_configuration=backend.configuration,
                credential_provider_configuration=backend.credentials,
                opts=pulumi.ResourceOptions(
                    parent=self,
                    depends_on=permissions,
                    # The name is fixed, and unique in its gateway: the old target has to go first.
                    delete_before_replace=True,
                ),
            )
        self.register_outputs({})


def _tool_schema(described: Sequence[Tool]) -> _ToolSchema:
    # The SDK has a type for each place in the schema; the function builds all of them by one rule.
    return {"inline_payloads": cast("Any", tool_schema.inline_payloads(described))}
