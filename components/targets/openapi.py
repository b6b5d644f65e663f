"""Targets of the kind `openapi`: a REST API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from agentcore_auth.documents import openapi
from agentcore_auth.documents.reading import Tool
from components.targets.base import DocumentedTarget, LocalDocument, TargetContext, is_s3
from components.targets.credentials import ApiKey, Iam, NoCredentials, OAuth
from components.targets.private_endpoint import ReachableTarget
from configuration import forms

if TYPE_CHECKING:
    from components.targets.base import McpArguments


class OpenApiTarget(DocumentedTarget, ReachableTarget, frozen=True):
    """A REST API, described by an OpenAPI document."""

    type: Literal["openapi"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<operationId>`.")
    document: forms.FileOrS3Uri = Field(
        alias="schema", description="An OpenAPI file, relative to the project, or `s3://…`."
    )
    credentials: Annotated[NoCredentials | OAuth | ApiKey | Iam, Field(discriminator="type")] = Field(
        default=NoCredentials.model_construct(), description="How the gateway shows who it is to the API."
    )

    def local_documents(self) -> Iterable[LocalDocument]:
        check = partial(openapi.parse, target=self.name)
        return () if is_s3(self.document) else (LocalDocument("schema", self.document, check),)

    def known_tools(self, documents: Mapping[str, str]) -> Sequence[Tool] | None:
        if self.name not in documents:
            return None
        return [operation.tool for operation in openapi.parse(documents[self.name], self.document, target=self.name)]

    def s3_uri(self) -> str | None:
        return self.document if is_s3(self.document) else None

    def mcp_arguments(self, context: TargetContext) -> McpArguments:
        return {"open_api_schema": self.document_arguments(context.documents.get(self.name))}
