"""Targets of the kind `smithy`: an AWS service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.documents import smithy
from agentcore_auth.documents.reading import Tool
from components.targets.base import DocumentedTarget, LocalDocument, TargetArguments, TargetContext, is_s3
from configuration import forms
from configuration.context import CheckContext
from configuration.least_privilege import too_wide
from configuration.mistakes import Mistake


class SmithyTarget(DocumentedTarget, frozen=True):
    """An AWS service, described by a Smithy model."""

    type: Literal["smithy"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<operation>`.")
    model: forms.FileOrS3Uri = Field(description="A JSON AST file, relative to the project, or `s3://…`.")
    actions: tuple[forms.Action, ...] = Field(description="IAM actions that its operations need.", min_length=1)
    resources: tuple[forms.ResourceArn, ...] = Field(
        description="ARNs that they act on; `*` for actions that take no resource.", min_length=1
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
        if context.pinned:
            yield from _wildcards(f"{path}.actions", self.actions)
            yield from self._everything(f"{path}.resources")
            yield from _wildcards(f"{path}.resources", self.resources, apart="*" if self._without_resource() else None)

    def _everything(self, path: str) -> Iterator[Mistake]:
        """A mistake where `*` is right for some actions, and the others are left without an ARN."""
        named = self._without_resource()
        others = [action for action in self.actions if action not in named]
        if named and others and set(self.resources) == {"*"}:
            yield Mistake(
                path,
                f"'*' is for {', '.join(named)}, which takes no resource; "
                f"name the ARNs that {', '.join(others)} acts on",
            )

    def _without_resource(self) -> list[str]:
        """The actions for which the `*` among the resources stands; none where there is no `*`."""
        return [action for action in self.actions if iam.takes_no_resource(action)] if "*" in self.resources else []

    def permissions(self, scope: iam.AwsScope, gateway_name: str) -> Sequence[iam.Permission]:
        named, arns = self._without_resource(), tuple(arn for arn in self.resources if arn != "*")
        others = tuple(action for action in self.actions if action not in named)
        if not named or not arns or not others:
            return (iam.ServiceCalls(self.name, self.actions, self.resources),)
        # Apart, so that no other action is allowed on everything as well.
        return iam.ServiceCalls(self.name, others, arns), iam.ServiceCalls(self.name, tuple(named), ("*",))

    def arguments(self, context: TargetContext) -> TargetArguments:
        return TargetArguments(
            self.name,
            {"smithy_model": self.document_arguments(context.documents.get(self.name))},
            credentials={"gateway_iam_role": {}},
            permissions=self.permissions(context.scope, context.name),
            description=self.description,
        )


def _wildcards(path: str, values: Iterable[str], apart: str | None = None) -> Iterator[Mistake]:
    for index, value in enumerate(values):
        if value != apart and (reason := too_wide(value)):
            sentence = f"{value!r} is wider than least privilege, {reason}; name what the tools need, or mode: tutorial"
            yield Mistake(f"{path}[{index}]", sentence)
