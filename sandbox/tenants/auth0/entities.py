"""What an Auth0 tenant keeps, field for field as its Management API v2 spells it.

Fields that the sandbox gives no meaning to are left out, so that a payload with one is refused by name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.tenants.collection import random_text
from sandbox.tenants.token_request import AuthenticationMethod

Text = Annotated[str, Field(min_length=1)]
Dialect = Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]
Lifetime = Annotated[int, Field(ge=1, le=2_592_000)]
"""In seconds, up to thirty days."""


class Entity(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Scope(Entity):
    value: Annotated[str, Field(min_length=1, max_length=280)]
    description: str | None = None


class ResourceServer(Entity):
    """An API; its name is its identifier unless given."""

    id: str
    identifier: Annotated[str, Field(min_length=1, max_length=600)]
    name: Annotated[str, Field(min_length=1, max_length=200, pattern="^[^<>]+$")] = Field(
        default_factory=lambda data: data["identifier"]
    )
    scopes: list[Scope] = []
    signing_alg: Literal["RS256"] = "RS256"
    token_lifetime: Lifetime = 86_400
    token_lifetime_for_web: Lifetime = 7_200
    token_dialect: Dialect = "access_token"  # noqa: S105  a dialect
    enforce_policies: bool = False
    allow_offline_access: bool = False
    skip_consent_for_verifiable_first_party_clients: bool = False
    is_system: bool = False

    @property
    def scope_names(self) -> list[str]:
        return [scope.value for scope in self.scopes]


class JwtConfiguration(Entity):
    alg: Literal["RS256"] = "RS256"
    lifetime_in_seconds: int = 36_000
    secret_encoded: bool = False


class Client(Entity):
    """An application; `global` ones (the sandbox's deployer) belong to the tenant and are not listed as left over."""

    client_id: str
    client_secret: Annotated[str, Field(min_length=16)] = Field(default_factory=lambda: random_text(64))
    name: Annotated[str, Field(min_length=1, pattern="^[^<>]+$")]
    description: Annotated[str, Field(max_length=140)] | None = None
    app_type: Literal["non_interactive", "regular_web", "native", "spa"] | None = None
    grant_types: list[Text] = Field(
        default_factory=lambda data: ["client_credentials"] if data.get("app_type") == "non_interactive" else []
    )
    token_endpoint_auth_method: AuthenticationMethod = "client_secret_post"  # noqa: S105  a method
    client_metadata: dict[str, str] = {}
    jwt_configuration: JwtConfiguration = JwtConfiguration()
    is_first_party: bool = True
    oidc_conformant: bool = False
    is_global: Annotated[bool, Field(alias="global")] = False

    @property
    def authentication_methods(self) -> tuple[AuthenticationMethod, ...]:
        """How it may authenticate: the deployer's libraries try Basic first, and then the body."""
        either: tuple[AuthenticationMethod, ...] = ("client_secret_basic", "client_secret_post")
        return either if self.is_global else (self.token_endpoint_auth_method,)


class ClientGrant(Entity):
    """What one client may ask for at one API (`audience`)."""

    id: str
    client_id: Text
    audience: Text
    scope: list[Text] = []
    subject_type: Literal["client"] = "client"
    allow_all_scopes: bool | None = None
    allow_any_organization: bool = False
    is_system: bool = False

    def scopes_at(self, api: ResourceServer) -> list[str]:
        """The scopes granted: those listed, or all that the API has now."""
        return api.scope_names if self.allow_all_scopes else self.scope
