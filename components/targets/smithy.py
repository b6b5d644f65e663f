"""Targets of the kind `smithy`: a service, mostly one of AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.documents import smithy
from agentcore_auth.documents.reading import Tool
from components.targets.base import DocumentedTarget, LocalDocument, TargetContext, is_s3
from components.targets.credentials import CredentialedTarget, OAuth, ServiceRole
from components.targets.grant import Grant
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake

if TYPE_CHECKING:
    from components.targets.base import McpArguments


class SmithyTarget(DocumentedTarget, CredentialedTarget, frozen=True):
    """A service, mostly one of AWS, described by a Smithy model."""

    type: Literal["smithy"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<operation>`.")
    model: forms.FileOrS3Uri = Field(description="A JSON AST file, relative to the project, or `s3://…`.")
    credentials: Annotated[ServiceRole | OAuth, Field(discriminator="type")] = Field(
        default=ServiceRole.model_construct(),
        description="How the gateway shows who it is: with its role, or an access token.",
    )
    actions: tuple[forms.Action, ...] = Field(default=(), description="IAM actions that its operations need.")
    resources: tuple[forms.ResourceArn, ...] = Field(
        default=(), description="ARNs that they act on; `*` for actions that take no resource."
    )

    def local_documents(self) -> Iterable[LocalDocument]:
        check = partial(smithy.parse, target=self.name)
        return () if is_s3(self.model) else (LocalDocument("model", self.model, check),)

    def known_tools(self, documents: Mapping[str, str]) -> Sequence[Tool] | None:
        if self.name not in documents:
            return None
        service = smithy.parse(documents[self.name], self.model, target=self.name)
        return [operation.tool for operation in service.operations]

    def s3_uri(self) -> str | None:
        return self.model if is_s3(self.model) else None

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from super().mistakes(path, context)
        for key, values in (("actions", self.actions), ("resources", self.resources)):
            if self.credentials.type == "iam" and not values:
                yield Mistake(f"{path}.{key}", "is required, and missing: calls are made with the execution role")
            if self.credentials.type != "iam" and values:
                yield Mistake(f"{path}.{key}", "is for calls with the execution role; these show an access token")
        if context.pinned:
            yield from Grant(self.actions, self.resources).mistakes(path)

    def own_permissions(self, scope: iam.AwsScope) -> Sequence[iam.Permission]:
        return Grant(self.actions, self.resources).permissions(self.name) if self.actions else ()

    def mcp_arguments(self, context: TargetContext) -> McpArguments:
        return {"smithy_model": self.document_arguments(context.documents.get(self.name))}
