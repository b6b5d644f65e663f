"""A kind of target in one file, as somebody might add it: an agent on AgentCore Runtime, by its ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import Field

from agentcore_auth import iam
from components.targets import Target, TargetArguments, TargetContext
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake


class RuntimeTarget(Target, frozen=True):
    """An agent on AgentCore Runtime that speaks MCP."""

    type: Literal["runtime"]
    runtime_arn: Annotated[str, forms.matching(r"arn:\S+:runtime/\S+", "a runtime's ARN")] = Field(
        description="The runtime."
    )

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        if self.runtime_arn.split(":")[3] != context.stack.region:
            yield Mistake(f"{path}.runtimeArn", f"is not in {context.stack.region}")

    def permissions(self, scope: iam.AwsScope, gateway_name: str) -> Sequence[iam.Permission]:
        return [iam.ServiceCalls(self.name, ("bedrock-agentcore:InvokeAgentRuntime",), (self.runtime_arn,))]

    def deployment_statements(self, scope: iam.AwsScope, gateway_name: str) -> Iterator[iam.Statement]:
        yield iam.allow("ReadRuntimes", ["bedrock-agentcore:GetAgentRuntime"], [self.runtime_arn])

    def policies(self, scope: iam.AwsScope, gateway_name: str) -> Mapping[str, iam.Document]:
        resource = {"Resource": self.runtime_arn, "Action": "bedrock-agentcore:InvokeAgentRuntime"}
        principal = {"AWS": iam.execution_role_arn(scope, "/", gateway_name)}
        return {
            f"Runtime {self.name}: its own policy": iam.document(
                [{"Effect": "Allow", "Principal": principal, **resource}]
            )
        }

    def arguments(self, context: TargetContext) -> TargetArguments:
        region = context.scope.region
        address = f"https://bedrock-agentcore.{region}.amazonaws.com/runtimes/{quote(self.runtime_arn, safe='')}"
        return TargetArguments(
            self.name,
            {"mcp_server": {"endpoint": f"{address}/invocations"}},
            credentials={"gateway_iam_role": {"service": "bedrock-agentcore"}},
            permissions=self.permissions(context.scope, context.name),
            description=self.description,
        )
