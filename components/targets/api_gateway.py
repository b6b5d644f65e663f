"""Targets of the kind `apiGateway`: a stage of a REST API of API Gateway, in the gateways' account and region.

AgentCore developer guide, "gateway-target-api-gateway": AgentCore reads the API's operations by GetExport, as whoever
creates the target. HTTP APIs, private endpoints and proxy resources (`{proxy+}`) are not supported there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.documents.reading import tool_name_problem
from components.targets.base import TargetContext
from components.targets.credentials import ApiKey, CredentialedTarget, NoCredentials, ServiceRole
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake
from configuration.section import Section

if TYPE_CHECKING:
    from components.targets.base import McpArguments

_Path = Annotated[
    str, forms.matching(r"/(?!.*\{[^}]*\+\})\S*", "a path of the API such as /orders/{id}, without {proxy+}")
]
_Method = Literal["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


class ApiFilter(Section, frozen=True):
    """Operations that become tools, by path and method."""

    path: _Path = Field(description="A path of the API; a last part `*` stands for all paths that begin so.")
    methods: Annotated[tuple[_Method, ...], Field(min_length=1), forms.DISTINCT] = Field(description="Its methods.")

    def covers(self, path: str, method: str) -> bool:
        """Whether the operation of this path and method is among those meant."""
        prefix = self.path.removesuffix("*")
        is_meant = path == self.path if prefix == self.path else path.startswith(prefix)
        return is_meant and method in self.methods


class ApiOverride(Section, frozen=True):
    """Another name or description for one operation's tool."""

    path: _Path = Field(description="The operation's path.")
    method: _Method = Field(description="Its method.")
    name: Annotated[str, Field(min_length=1)] = Field(description="The tool's name.")
    description: Annotated[str, Field(min_length=1)] | None = Field(default=None, description="Its description.")


class ApiGatewayTarget(CredentialedTarget, frozen=True):
    """A stage of a REST API of API Gateway, in this account and region."""

    type: Literal["apiGateway"]
    name: forms.TargetName = Field(
        description="Tools are called `<name>___<operation>`: by the operation name that the API gives, or an override."
    )
    rest_api_id: Annotated[str, forms.matching(r"[a-z0-9]{1,64}", "a REST API's id")] = Field(description="The API.")
    stage: Annotated[str, forms.matching(r"[a-zA-Z0-9_-]{1,128}", "a stage's name")] = Field(description="Its stage.")
    filters: Annotated[tuple[ApiFilter, ...], Field(min_length=1)] = Field(description="What becomes a tool.")
    overrides: tuple[ApiOverride, ...] = Field(default=(), description="Tools with other names.")
    credentials: Annotated[NoCredentials | ServiceRole | ApiKey, Field(discriminator="type")] = Field(
        default=ServiceRole.model_construct(),
        description="How the gateway shows who it is: with its role, an API key, or not at all.",
    )

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from super().mistakes(path, context)
        for index, each in enumerate(self.overrides):
            at = f"{path}.overrides[{index}]"
            if problem := tool_name_problem(each.name, self.name):
                yield Mistake(f"{at}.name", problem)
            if "*" in each.path:
                yield Mistake(f"{at}.path", "names one operation, without *")
            elif not any(chosen.covers(each.path, each.method) for chosen in self.filters):
                yield Mistake(at, f"no filter chooses {each.method} {each.path}, so it is no tool")

    def own_permissions(self, scope: iam.AwsScope) -> Sequence[iam.Permission]:
        if self.credentials.type != "iam":
            return ()
        arns = [
            iam.regional_arn(scope, "execute-api", f"{self.rest_api_id}/{self.stage}/{method}{_pattern(each.path)}")
            for each in self.filters
            for method in each.methods
        ]
        return (iam.ServiceCalls(self.name, ("execute-api:Invoke",), tuple(iam.distinct(arns))),)

    def caller_statements(self, scope: iam.AwsScope) -> Iterable[iam.Statement]:
        # What API Gateway manages has neither an account in its ARN, nor actions but those of HTTP.
        stage = f"/restapis/{self.rest_api_id}/stages/{self.stage}/exports/*"
        arn = f"arn:{scope.partition}:apigateway:{scope.region}::{stage}"
        return [*super().caller_statements(scope), iam.allow("ExportRestApis", ["apigateway:GET"], [arn])]

    def mcp_arguments(self, context: TargetContext) -> McpArguments:
        return {
            "api_gateway": {
                "rest_api_id": self.rest_api_id,
                "stage": self.stage,
                "api_gateway_tool_configuration": {
                    "tool_filters": [
                        {"filter_path": each.path, "methods": list(each.methods)} for each in self.filters
                    ],
                    "tool_overrides": [
                        {
                            "path": each.path,
                            "method": each.method,
                            "name": each.name,
                            "description": each.description,
                        }
                        for each in self.overrides
                    ]
                    or None,
                },
            }
        }


def _pattern(path: str) -> str:
    """A path as `execute-api` ARNs have it: what a call fills in is `*`."""
    return re.sub(r"\{[^}]*\}", "*", path)
