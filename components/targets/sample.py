"""Targets of the kind `sample`: a function that the program brings along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.documents import tools
from agentcore_auth.documents.reading import Tool
from components.targets.base import Target, TargetArguments, TargetContext
from components.targets.lambda_ import function_target
from configuration import forms

if TYPE_CHECKING:
    from components.sample import SampleFunction

FOLDER = Path(__file__).parents[1] / "sample_function"
_FUNCTION_ACTIONS = (
    "CreateFunction",
    "DeleteFunction",
    "GetFunction",
    "GetFunctionCodeSigningConfig",
    "ListTags",
    "ListVersionsByFunction",
    "TagResource",
    "UntagResource",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
)


class SampleTarget(Target, frozen=True):
    """A small echo function that the program deploys itself, so that a new account has a tool to call."""

    type: Literal["sample"]
    name: forms.TargetName = Field(description="Its tool is called `<name>___echo`.")

    def known_tools(self, documents: Mapping[str, str]) -> Sequence[Tool]:
        return sample_tools()

    def permissions(self, scope: iam.AwsScope, gateway_name: str) -> Sequence[iam.Permission]:
        return (iam.FunctionCall(iam.regional_arn(scope, "lambda", f"function:{gateway_name}-sample-<assigned>")),)

    def deployment_statements(self, scope: iam.AwsScope, gateway_name: str) -> Iterator[iam.Statement]:
        name = f"{gateway_name}-sample-*"
        function, log_group = (
            iam.regional_arn(scope, service, f"{kind}:{name}")
            for service, kind in (("lambda", "function"), ("logs", "log-group"))
        )
        role = iam.global_arn(scope, f"role/{name}")
        yield iam.allow("ManageSampleFunction", iam.prefixed("lambda", _FUNCTION_ACTIONS), [function])
        yield iam.allow("ManageSampleLog", iam.prefixed("logs", iam.LOG_GROUP_ACTIONS), [log_group])
        yield iam.allow("FindSampleLog", ["logs:DescribeLogGroups"], ["*"])
        yield iam.allow("ManageSampleRole", iam.prefixed("iam", iam.ROLE_ACTIONS), [role])
        yield iam.pass_role("PassSampleRole", role, "lambda.amazonaws.com")

    def policies(self, scope: iam.AwsScope, gateway_name: str) -> Mapping[str, iam.Document]:
        log = iam.regional_arn(scope, "logs", f"log-group:{gateway_name}-sample-<assigned>")
        return {
            "Sample function: who may assume its role": function_trust_policy(),
            "Sample function: what its role may do": function_policy(log),
        }

    def arguments(self, context: TargetContext) -> TargetArguments:
        return function_target(self.name, context.shared(_function).arn, sample_tools())


def sample_tools() -> tuple[Tool, ...]:
    """The tools that the function has."""
    document = FOLDER / "tools.json"
    return tools.parse(document.read_text(), document.name)


def _function(context: TargetContext) -> SampleFunction:
    from components.sample import SampleFunction  # noqa: PLC0415 - imports Pulumi

    return SampleFunction(f"{context.name}-sample", context.tags, context.child())


def function_trust_policy() -> iam.Document:
    """Who may assume the function's role: Lambda."""
    service = {"Service": "lambda.amazonaws.com"}
    return iam.document([{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}])


def function_policy(log_group_arn: str) -> iam.Document:
    """What the function may do: write its log, into a log group that exists."""
    streams = f"{log_group_arn.removesuffix(':*')}:log-stream:*"
    return iam.document([iam.allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams])])
