"""What an Okta org keeps, field for field as its management API spells it.

Rules: Okta's API reference, "Authorization Servers" and "Applications". Values that the sandbox cannot play (another
type of application, another type of claim) are no valid values here, so that a payload with one is refused by name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Status = Literal["ACTIVE", "INACTIVE"]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Priority = Annotated[int, Field(ge=1, le=999)]


class Entity(BaseModel):
    """Strict about JSON types, silent about unknown fields like the service. Frozen: a change makes a new entity."""

    model_config = ConfigDict(strict=True, frozen=True, alias_generator=to_camel, populate_by_name=True)


class Signing(Entity):
    kid: str = ""
    rotation_mode: Literal["AUTO", "MANUAL"] = "AUTO"
    last_rotated: str = ""
    next_rotation: str = ""


class Credentials(Entity):
    signing: Signing = Signing()


class Server(Entity):
    """An authorization server. Okta gives one audience to each."""

    id: str
    name: Name
    description: str = ""
    audiences: Annotated[list[Text], Field(min_length=1, max_length=1)]
    issuer: str
    issuer_mode: Literal["ORG_URL"] = "ORG_URL"
    status: Status = "ACTIVE"
    credentials: Credentials = Credentials()
    default: bool = False
    created: str


class Scope(Entity):
    id: str
    name: Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]+$")]
    display_name: str = ""
    description: str = ""
    consent: Literal["IMPLICIT", "REQUIRED", "FLEXIBLE", "ADMIN"] = "IMPLICIT"
    metadata_publish: Literal["ALL_CLIENTS", "NO_CLIENTS"] = "NO_CLIENTS"
    default: bool = False
    optional: bool = False
    system: bool = False


class ClaimConditions(Entity):
    scopes: list[Text] = []


class Claim(Entity):
    """`value` is an expression: `app.clientId` or a quoted string."""

    id: str
    name: Name
    status: Status = "ACTIVE"
    claim_type: Literal["RESOURCE", "IDENTITY"]
    value_type: Literal["EXPRESSION"] = "EXPRESSION"
    value: Annotated[str, Field(pattern=r'^(app\.clientId|"[^"\\]*")$')]
    conditions: ClaimConditions = ClaimConditions()
    always_include_in_token: bool = True
    system: bool = False


class Included(Entity):
    include: list[Text] = []


class PolicyConditions(Entity):
    clients: Included


class Policy(Entity):
    id: str
    type: Literal["OAUTH_AUTHORIZATION_POLICY"]
    name: Name
    description: Annotated[str, Field(max_length=255)]
    priority: Priority = 1
    status: Status = "ACTIVE"
    system: bool = False
    conditions: PolicyConditions


class People(Entity):
    users: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}


class RuleConditions(Entity):
    people: People = People()
    grant_types: Included
    scopes: Included


class TokenAction(Entity):
    """Lifetimes in minutes."""

    access_token_lifetime_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    refresh_token_lifetime_minutes: int = 0
    refresh_token_window_minutes: int = 10_080


class RuleActions(Entity):
    token: TokenAction


class Rule(Entity):
    id: str
    type: Literal["RESOURCE_ACCESS"]
    name: Name
    priority: Priority = 1
    status: Status = "ACTIVE"
    system: bool = False
    conditions: RuleConditions
    actions: RuleActions


class SnakeCased(BaseModel):
    """The OAuth part of an application, which Okta spells like OAuth; what has no meaning here is kept and echoed."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")


class ClientCredentials(SnakeCased):
    client_id: Annotated[str, Field(min_length=6, max_length=100)]
    client_secret: Annotated[str, Field(min_length=14, max_length=100)]
    token_endpoint_auth_method: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"  # noqa: S105  a method


class ClientSettings(SnakeCased):
    application_type: Literal["service"]
    grant_types: Annotated[list[Literal["client_credentials"]], Field(min_length=1)]
    response_types: list[Literal["token"]] = ["token"]
    dpop_bound_access_tokens: bool = False


class AppCredentials(Entity):
    model_config = ConfigDict(extra="allow")
    oauth_client: ClientCredentials


class AppSettings(Entity):
    model_config = ConfigDict(extra="allow")
    oauth_client: ClientSettings


class App(Entity):
    """A service application (`oidc_client`)."""

    model_config = ConfigDict(extra="allow")
    id: str
    name: Literal["oidc_client"]
    label: Name
    status: Status = "ACTIVE"
    sign_on_mode: Literal["OPENID_CONNECT"]
    credentials: AppCredentials
    settings: AppSettings

    @property
    def client_id(self) -> str:
        return self.credentials.oauth_client.client_id
