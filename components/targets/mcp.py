"""Targets of the kind `mcp`: an MCP server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from components.targets.base import TargetContext
from components.targets.credentials import ApiKey, Iam, NoCredentials, OAuth
from components.targets.private_endpoint import ReachableTarget
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake

if TYPE_CHECKING:
    from components.targets.base import McpArguments


class McpTarget(ReachableTarget, frozen=True):
    """An MCP server."""

    type: Literal["mcp"]
    name: forms.TargetName = Field(description="Tools are called `<name>___<tool>`.")
    endpoint: forms.HttpsUrl = Field(description="The server's address.")
    credentials: Annotated[NoCredentials | OAuth | ApiKey | Iam, Field(discriminator="type")] = Field(
        default=NoCredentials.model_construct(), description="How the gateway shows who it is to the server."
    )
    listing_mode: Literal["DEFAULT", "DYNAMIC"] = Field(
        default="DEFAULT",
        description="`DEFAULT`: AgentCore keeps the list of tools that it last got; `DYNAMIC`: it asks every time.",
    )

    @property
    def synchronized(self) -> bool:
        # Developer guide, "gateway-target-MCPservers": implicitly only in the mode DEFAULT.
        return self.listing_mode == "DEFAULT"

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from super().mistakes(path, context)
        if self.listing_mode == "DYNAMIC":
            if context.searches_tools:
                yield Mistake(f"{path}.listingMode", "DYNAMIC does not go with gateway.searchType: SEMANTIC")
            if isinstance(self.credentials, OAuth) and self.credentials.grant_type == "AUTHORIZATION_CODE":
                yield Mistake(f"{path}.listingMode", "DYNAMIC does not go with grantType: AUTHORIZATION_CODE")

    def called_endpoint(self) -> str:
        return self.endpoint

    def mcp_arguments(self, context: TargetContext) -> McpArguments:
        dynamic = self.listing_mode == "DYNAMIC"
        return {"mcp_server": {"endpoint": self.endpoint, "listing_mode": self.listing_mode if dynamic else None}}
