"""What each component of the package gives, as models: descriptions and secrets for the schema, nothing more."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from pydantic.config import JsonDict

from configuration.section import Section
from idp import PROVIDERS

_SECRET: JsonDict = {"secret": True}


class GatewayOutputs(Section, frozen=True):
    """A gateway."""

    name: str = Field(description="Its name.")
    id: str = Field(description="Its id.")
    arn: str = Field(description="Its ARN.")
    url: str = Field(description="Its address.")
    mcp_url: str = Field(description="Where agents call its tools.")
    authorizer: dict[str, Any] = Field(
        description="What it checks, as the API spells it; empty where it takes AWS signatures."
    )


class ClientOutputs(Section, frozen=True):
    """An application that may call the gateways."""

    client_id: str = Field(description="Its id.")
    client_secret: str | None = Field(default=None, description="Its secret.", json_schema_extra=_SECRET)
    client_secret_arn: str | None = Field(default=None, description="Where its secret is, in Secrets Manager.")
    scopes: tuple[str, ...] = Field(description="Its scopes, as a token request spells them.")


class ProviderOutputs(Section, frozen=True):
    """An identity provider, and how to get its tokens."""

    discovery_url: str = Field(description="Its discovery document.")
    issuer: str = Field(description="The issuer in its tokens.")
    token_endpoint: str | None = Field(default=None, description="Where tokens are asked for.")
    audience: str | None = Field(default=None, description="The audience in its tokens, where there is one.")
    scopes: tuple[str, ...] = Field(description="The scopes that tokens may have.")
    clients: dict[str, ClientOutputs] = Field(description="The applications made there.")


class GatewaysOutputs(Section, frozen=True):
    """What a stack of this project exports: exported by another program, `agentcore-auth` reads it there too."""

    gateways: dict[str, GatewayOutputs] = Field(description="Provider -> its gateway.")
    identity_providers: dict[str, ProviderOutputs] = Field(description="Provider -> how to get its tokens.")
    execution_role_arn: str = Field(description="The role that the gateways assume.")
    caller_policy_arn: str = Field(description="The policy for those who administer and call the gateways.")
    cross_account_statements: tuple[dict[str, Any], ...] = Field(
        description="What owners of functions in other accounts have to add to them."
    )
    execution_role_statements: tuple[dict[str, Any], ...] = Field(
        description="What the owner of a role that exists has to add to it."
    )
    key_policy_statements: tuple[dict[str, Any], ...] = Field(
        description="What the owner of the gateways' own key has to add to its policy."
    )


class SingleProviderOutputs(ProviderOutputs, frozen=True):
    """A provider's component."""

    authorizer: dict[str, Any] = Field(description="What a gateway has to check of its tokens, for `JwtGateway`.")


class RoleOutputs(Section, frozen=True):
    """The execution role."""

    arn: str = Field(description="Its ARN, there as soon as its policies are.")
    statements: tuple[dict[str, Any], ...] = Field(description="What the owner of a role that exists has to add to it.")


OUTPUTS: dict[str, type[Section]] = {
    "Gateways": GatewaysOutputs,
    **{f"{section.__name__}Provider": SingleProviderOutputs for section in PROVIDERS.values() if section.issues_tokens},
    "ExecutionRole": RoleOutputs,
    "JwtGateway": GatewayOutputs,
}
"""Component -> what it gives."""
