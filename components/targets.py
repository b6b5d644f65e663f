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

from components import credentials, iam, tool_schema
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
from schemas import tools
from schemas.documents import Tool
from schemas.endpoints import permission_for
from settings import Settings

_Configuration: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationArgsDict
_Function: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpLambdaArgsDict
_ToolSchema: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpLambdaToolSchemaArgsDict
_Document: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpOpenApiSchemaArgsDict

_S3 = "s3://"
_EXECUTION_ROLE: CredentialArguments = {"gateway_iam_role": {}}


@dataclass(frozen=True)
class Backend:
    """One target as every gateway gets it: the arguments of its resource."""

    target: Target
    configuration: _Configuration
    credentials: CredentialArguments | None


class TargetBackends(pulumi.ComponentResource):
    """What the stack's targets have in common, whichever gateway they belong to.

    `backends` are the targets; `needs` is what the execution role has to be allowed for them; `schema_buckets` are the
    buckets that their documents come from.
    """

    def __init__(
        self, name: str, settings: Settings, place: iam.Place, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Raises pulumi.RunError for a signed endpoint whose permission cannot be told."""
        super().__init__("agentcore-auth:index:TargetBackends", name, None, opts)
        self._name = name
        self._settings = settings
        self._place = place
        self._sample: SampleFunction | None = None
        self.needs: list[pulumi.Input[iam.Need]] = []
        self.schema_buckets = schema_buckets(settings.targets)
        self.backends = [self._backend(target) for target in settings.targets]
        self.register_outputs({})

    def _backend(self, target: Target) -> Backend:
        if isinstance(target, LambdaTarget):
            self.needs.append(iam.FunctionCall(target.function_arn))
            return Backend(target, {"mcp": {"lambda_": self._function(target)}}, _EXECUTION_ROLE)
        if isinstance(target, SampleTarget):
            arn = self._sample_arn()
            self.needs.append(arn.apply(iam.FunctionCall))
            function: _Function = {"lambda_arn": arn, "tool_schema": _tool_schema(sample_tools())}
            return Backend(target, {"mcp": {"lambda_": function}}, _EXECUTION_ROLE)
        if isinstance(target, SmithyTarget):
            self.needs.append(iam.ServiceCalls(target.name, target.actions, target.resources))
            return Backend(target, {"mcp": {"smithy_model": self._document(target)}}, _EXECUTION_ROLE)
        if isinstance(target, OpenApiTarget):
            shown = self._credentials(target.name, target.credentials)
            return Backend(target, {"mcp": {"open_api_schema": self._document(target)}}, shown)
        if isinstance(target.credentials, Iam):
            self.needs.append(signed_calls(target, self._place))
            signed: CredentialArguments = {
                "gateway_iam_role": {"service": target.credentials.service, "region": target.credentials.region}
            }
            return Backend(target, {"mcp": {"mcp_server": {"endpoint": target.endpoint}}}, signed)
        shown = self._credentials(target.name, target.credentials)
        return Backend(target, {"mcp": {"mcp_server": {"endpoint": target.endpoint}}}, shown)

    def _function(self, target: LambdaTarget) -> _Function:
        if target.tools_s3:
            return {"lambda_arn": target.function_arn, "tool_schema": {"s3": {"uri": target.tools_s3}}}
        described = tools.parse(self._settings.documents[target.name], target.tools_file or "tools")
        return {"lambda_arn": target.function_arn, "tool_schema": _tool_schema(described)}

    def _document(self, target: SmithyTarget | OpenApiTarget) -> _Document:
        source = _source(target)
        if source.startswith(_S3):
            return {"s3": {"uri": source}}
        return {"inline_payload": {"payload": self._settings.documents[target.name]}}

    def _sample_arn(self) -> pulumi.Output[str]:
        """One function serves all sample targets."""
        if self._sample is None:
            child = pulumi.ResourceOptions(parent=self)
            self._sample = SampleFunction(f"{self._name}-sample", self._settings.tags, opts=child)
        return self._sample.arn

    def _credentials(self, target: str, shown: NoCredentials | ApiKey | OAuth) -> CredentialArguments | None:
        if isinstance(shown, NoCredentials):
            return None
        credential = self._credential(f"{self._name}-{target}", shown)
        self.needs.append(credentials.need(shown, credential))
        return credentials.configuration(shown, credential)

    def _credential(self, name: str, shown: ApiKey | OAuth) -> credentials.Credential:
        child = pulumi.ResourceOptions(parent=self)
        secret, tags = self._settings.secret, self._settings.tags
        if isinstance(shown, ApiKey):
            return credentials.api_key_provider(name, shown, secret, tags, child)
        return credentials.oauth_provider(name, shown, secret, tags, child)


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


def schema_buckets(targets: Sequence[Target]) -> list[str]:
    """The buckets that the targets' documents come from."""
    sources = [target.tools_s3 for target in targets if isinstance(target, LambdaTarget) and target.tools_s3]
    sources += [_source(target) for target in targets if isinstance(target, SmithyTarget | OpenApiTarget)]
    return iam.distinct(source.removeprefix(_S3).partition("/")[0] for source in sources if source.startswith(_S3))


def signed_calls(target: McpTarget, place: iam.Place) -> iam.ServiceCalls:
    """What the execution role needs for an endpoint that takes AWS signatures.

    Raises pulumi.RunError where the address does not tell: a target whose calls are all refused helps nobody.
    """
    permission = permission_for(target.endpoint)
    if permission is None:
        raise pulumi.RunError(
            f"target {target.name}: {target.endpoint} does not tell which permission it asks for; known are addresses "
            "of AgentCore Runtime (with the runtime's ARN), of AgentCore gateways and of API Gateway stages"
        )
    return iam.ServiceCalls(target.name, (permission.action,), permission.arns(place.partition, place.account))


def _tool_schema(described: Sequence[Tool]) -> _ToolSchema:
    # The SDK has a type for each place in the schema; the function builds all of them by one rule.
    return {"inline_payloads": cast("Any", tool_schema.inline_payloads(described))}


def _source(target: SmithyTarget | OpenApiTarget) -> str:
    return target.model if isinstance(target, SmithyTarget) else target.document
