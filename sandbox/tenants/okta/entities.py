"""What an Okta org keeps, as its management API spells it; a field that the API nests is declared by its path.

Rules: Okta's API reference, "Authorization Servers" and "Applications". Values that the sandbox cannot play (another
type of application, another type of claim) are no valid values here, so that a payload with one is refused by name.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import Annotated, Any, Literal

from pydantic import AliasPath, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.tenants import collection

Status = Literal["ACTIVE", "INACTIVE"]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


def at(path: str) -> Any:
    """The place of a field in the API's document, with dots between the names."""
    return Field(validation_alias=AliasPath(*path.split(".")), serialization_alias=path)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Entity(collection.Entity):
    """Silent about unknown fields, like the service."""

    model_config = ConfigDict(alias_generator=to_camel)

    id: str

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for path, value in self.model_dump(by_alias=True).items():
            place = document
            *parents, name = path.split(".")
            for parent in parents:
                if not isinstance(place.get(parent), dict):
                    place[parent] = {}
                place = place[parent]
            place[name] = value
        return document


class Server(Entity):
    """An authorization server. Okta gives one audience to each."""

    name: Name
    description: str = ""
    audiences: Annotated[list[Text], Field(min_length=1, max_length=1)]
    issuer: str = ""
    issuer_mode: Literal["ORG_URL"] = "ORG_URL"
    status: Status = "ACTIVE"
    default: bool = False
    created: str = Field(default_factory=lambda: timestamp(datetime.now(timezone.utc)))
    kid: Annotated[str, at("credentials.signing.kid")] = ""
    rotation_mode: Annotated[Literal["AUTO", "MANUAL"], at("credentials.signing.rotationMode")] = "AUTO"
    last_rotated: Annotated[str, at("credentials.signing.lastRotated")] = ""
    next_rotation: Annotated[str, at("credentials.signing.nextRotation")] = ""


class Scope(Entity):
    name: Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]+$")]
    display_name: str = ""
    description: str = ""
    consent: Literal["IMPLICIT", "REQUIRED", "FLEXIBLE", "ADMIN"] = "IMPLICIT"
    metadata_publish: Literal["ALL_CLIENTS", "NO_CLIENTS"] = "NO_CLIENTS"
    default: bool = False
    optional: bool = False
    system: bool = False


class Claim(Entity):
    """`value` is an expression: `app.clientId` or a quoted string."""

    name: Name
    status: Status = "ACTIVE"
    claim_type: Literal["RESOURCE", "IDENTITY"]
    value_type: Literal["EXPRESSION"] = "EXPRESSION"
    value: Annotated[str, Field(pattern=r'^(app\.clientId|"[^"\\]*")$')]
    scopes: Annotated[list[Text], at("conditions.scopes")] = []
    always_include_in_token: bool = True
    system: bool = False


class Ranked(Entity):
    """What has a place in an order of evaluation."""

    name: Name
    priority: Annotated[int, Field(ge=1, le=999)] = 1
    status: Status = "ACTIVE"
    system: bool = False


class Policy(Ranked):
    type: Literal["OAUTH_AUTHORIZATION_POLICY"]
    description: Annotated[str, Field(max_length=255)]
    clients: Annotated[list[Text], at("conditions.clients.include")]


class Rule(Ranked):
    """Lifetimes in minutes."""

    type: Literal["RESOURCE_ACCESS"]
    users: Annotated[dict[str, list[str]], at("conditions.people.users")] = {}
    groups: Annotated[dict[str, list[str]], at("conditions.people.groups")] = {}
    grant_types: Annotated[list[Text], at("conditions.grantTypes.include")] = []
    scopes: Annotated[list[Text], at("conditions.scopes.include")] = []
    access_token_lifetime: Annotated[int, at("actions.token.accessTokenLifetimeMinutes"), Field(ge=5, le=1440)] = 60
    refresh_token_lifetime: Annotated[int, at("actions.token.refreshTokenLifetimeMinutes")] = 0
    refresh_token_window: Annotated[int, at("actions.token.refreshTokenWindowMinutes")] = 10_080


class App(Entity):
    """A service application (`oidc_client`); what has no meaning here is kept and echoed.

    Its client id is its own id unless the payload that makes it has one.
    """

    model_config = ConfigDict(extra="allow")

    name: Literal["oidc_client"]
    label: Name
    status: Status = "ACTIVE"
    sign_on_mode: Literal["OPENID_CONNECT"]
    credentials: dict[str, Any] = {}
    settings: dict[str, Any]
    client_id: Annotated[str, at("credentials.oauthClient.client_id"), Field(min_length=6, max_length=100)] = Field(
        default_factory=lambda data: data["id"]
    )
    client_secret: Annotated[str, at("credentials.oauthClient.client_secret"), Field(min_length=14, max_length=100)] = (
        Field(default_factory=lambda: secrets.token_urlsafe(48))
    )
    authentication_method: Annotated[
        Literal["client_secret_basic", "client_secret_post"], at("credentials.oauthClient.token_endpoint_auth_method")
    ] = "client_secret_basic"
    application_type: Annotated[Literal["service"], at("settings.oauthClient.application_type")]
    grant_types: Annotated[
        list[Literal["client_credentials"]], at("settings.oauthClient.grant_types"), Field(min_length=1)
    ]
    response_types: Annotated[list[Literal["token"]], at("settings.oauthClient.response_types")] = ["token"]
    dpop_bound: Annotated[bool, at("settings.oauthClient.dpop_bound_access_tokens")] = False
