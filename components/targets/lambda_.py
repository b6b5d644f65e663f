"""Targets of the kind `lambda`: a function, in this account or another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.documents import tools
from agentcore_auth.documents.reading import Tool
from components import tool_schema
from components.targets.base import DocumentedTarget, LocalDocument, TargetArguments, TargetContext
from components.targets.credentials import CredentialedTarget, ServiceRole
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake, exactly_one

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    _ToolSchema: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpLambdaToolSchemaArgsDict


class LambdaTarget(DocumentedTarget, CredentialedTarget, frozen=True):
    """A Lambda function whose tools are described by `tools`, `toolsFile` or `toolsS3`."""

    type: Literal["lambda"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<tool>`.")
    function_arn: forms.FunctionArn = Field(
        description="The function. Another account's is allowed; so is another region's, as far as AWS's API says, but "
        "nobody on this project has tried it."
    )
    tools: tuple[dict[str, Any], ...] | None = Field(default=None, description="The tool schema itself.")
    tools_file: str | None = Field(default=None, description="A JSON file with it, relative to the project.")
    tools_s3: forms.S3Uri | None = Field(default=None, description="An object in S3 with it.")
    credentials: ServiceRole = Field(
        default=ServiceRole.model_construct(), description="Functions are called with the execution role."
    )

    def local_documents(self) -> Iterator[LocalDocument]:
        check = partial(tools.parse, target=self.name)
        if self.tools is not None:
            yield LocalDocument("tools", "", check, json.dumps(self.tools))
        if self.tools_file is not None:
            yield LocalDocument("toolsFile", self.tools_file, check)

    def known_tools(self, documents: Mapping[str, str]) -> Sequence[Tool] | None:
        return tools.parse(documents[self.name], self.tools_file or "tools") if self.name in documents else None

    def s3_uri(self) -> str | None:
        return self.tools_s3

    def function_arns(self) -> Sequence[str]:
        return (self.function_arn,)

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from super().mistakes(path, context)
        yield from exactly_one(path, self, "tools", "tools_file", "tools_s3")
        if beyond := context.stack.beyond_reach(self.function_arn):
            yield Mistake(f"{path}.functionArn", beyond)

    def own_permissions(self, scope: iam.AwsScope) -> Sequence[iam.Permission]:
        return (iam.FunctionCall(self.function_arn),)

    def arguments(self, context: TargetContext) -> TargetArguments:
        if self.tools_s3:
            schema = cast("_ToolSchema", self.document_arguments(None))
            return function_target(self.name, self.function_arn, schema)
        described = tools.parse(context.documents[self.name], self.tools_file or "tools")
        return function_target(self.name, self.function_arn, described)


def function_target(
    name: str, function_arn: pulumi.Input[str], described: Sequence[Tool] | _ToolSchema, description: str | None = None
) -> TargetArguments:
    """A function as a target; `described` are its tools, or what names their description in S3."""
    import pulumi  # noqa: PLC0415 - sections are read without Pulumi

    if isinstance(described, Sequence):
        # The SDK has a type for each place in the schema; the function builds all of them by one rule.
        described = {"inline_payloads": cast("Any", tool_schema.inline_payloads(described))}
    return TargetArguments(
        name,
        {"lambda_": {"lambda_arn": function_arn, "tool_schema": described}},
        credentials={"gateway_iam_role": {}},
        permissions=[pulumi.Output.from_input(function_arn).apply(iam.FunctionCall)],
        description=description,
    )
