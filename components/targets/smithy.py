"""Targets of the kind `smithy`: an AWS service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.documents import smithy
from components.targets.base import LocalDocument, Target, TargetArguments, TargetContext, document_arguments, is_s3
from configuration import forms
from configuration.context import CheckContext
from configuration.least_privilege import too_wide
from configuration.mistakes import Mistake


class SmithyTarget(Target, frozen=True):
    """An AWS service, described by a Smithy model."""

    type: Literal["smithy"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<operation>`.")
    model: str = Field(description="A JSON AST file, relative to the project, or `s3://…`.")
    actions: tuple[forms.Action, ...] = Field(description="IAM actions that its operations need.", min_length=1)
    resources: tuple[forms.ResourceArn, ...] = Field(description="ARNs that they act on.", min_length=1)

    def local_documents(self) -> Iterable[LocalDocument]:
        return () if is_s3(self.model) else (LocalDocument("model", self.model, smithy.parse),)

    def s3_uris(self) -> Sequence[str]:
        return (self.model,) if is_s3(self.model) else ()

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        if context.pinned:
            yield from _wildcards(f"{path}.actions", self.actions)
            yield from _wildcards(f"{path}.resources", self.resources)

    def permissions(self, scope: iam.AwsScope, gateway_name: str) -> Sequence[iam.Permission]:
        return (iam.ServiceCalls(self.name, self.actions, self.resources),)

    def arguments(self, context: TargetContext) -> TargetArguments:
        return TargetArguments(
            self.name,
            {"smithy_model": document_arguments(self.model, context.documents.get(self.name))},
            credentials={"gateway_iam_role": {}},
            permissions=self.permissions(context.scope, context.name),
            description=self.description,
        )


def _wildcards(path: str, values: Iterable[str]) -> Iterator[Mistake]:
    for index, value in enumerate(values):
        if reason := too_wide(value):
            sentence = f"{value!r} is wider than least privilege, {reason}; name what the tools need, or mode: tutorial"
            yield Mistake(f"{path}[{index}]", sentence)
