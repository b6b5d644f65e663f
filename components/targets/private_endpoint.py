"""Targets at an address of their own, which may be one that only a VPC reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pydantic import Field

from agentcore_auth import iam
from components.targets.base import TargetArguments, TargetContext
from components.targets.credentials.base import CredentialedTarget
from configuration.context import CheckContext
from configuration.mistakes import Mistake
from configuration.private_endpoint import TO_TOOLS, PrivateEndpoint

if TYPE_CHECKING:
    from components.targets.base import PrivateEndpointArguments


class ReachableTarget(CredentialedTarget, frozen=True):
    """A target at an address of its own, which may be one that only a VPC reaches."""

    private_endpoint: PrivateEndpoint | None = Field(default=None, description="The way to a tool in a VPC.")

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from super().mistakes(path, context)
        if self.private_endpoint:
            yield from self.private_endpoint.mistakes(f"{path}.privateEndpoint")

    def caller_statements(self, scope: iam.AwsScope) -> Iterable[iam.Statement]:
        endpoint = self.private_endpoint or PrivateEndpoint()
        return [*super().caller_statements(scope), *endpoint.statements(scope, TO_TOOLS)]

    def offered(self, context: TargetContext) -> TargetArguments:
        if self.private_endpoint is None:
            return super().offered(context)
        arguments = self.private_endpoint.model_dump(exclude_none=True)
        return replace(super().offered(context), private_endpoint=cast("PrivateEndpointArguments", arguments))
