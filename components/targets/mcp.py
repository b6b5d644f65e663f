"""Targets of the kind `mcp`: an MCP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from components.targets.base import TargetContext
from components.targets.credentials import CredentialedTarget, Iam, NoCredentials, OAuth
from configuration import forms

if TYPE_CHECKING:
    from components.targets.base import McpArguments


class McpTarget(CredentialedTarget, frozen=True):
    """An MCP server."""

    synchronized: ClassVar[bool] = True

    type: Literal["mcp"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<tool>`.")
    endpoint: forms.HttpsUrl = Field(description="The server's address.")
    credentials: Annotated[NoCredentials | OAuth | Iam, Field(discriminator="type")] = Field(
        default=NoCredentials(), description="How the gateway shows who it is to the server."
    )

    def called_endpoint(self) -> str:
        return self.endpoint

    def mcp_arguments(self, context: TargetContext) -> McpArguments:
        return {"mcp_server": {"endpoint": self.endpoint}}
