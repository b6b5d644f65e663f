"""What an Okta org keeps, as its management API spells it, and the rules between its resources.

Rules: Okta's API reference, "Authorization Servers" and "Applications". Values that the sandbox cannot play (another
type of application, another type of claim) are no valid values here, so that a payload with one is refused by name.

Two claims of one name are allowed, as long as stacks that share a server limit theirs to scopes of their own; a claim
and a rule need the scopes that they name to exist. Okta's documentation leaves both open.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasPath, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.credentials import OKTA_DOMAIN
from sandbox.tenants.collection import ApiError, Collection, Entity
from sandbox.tenants.signing import SigningKey

DEFAULT_SERVER = "default"
ALL_CLIENTS = "ALL_CLIENTS"
SYSTEM_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access", "device_sso")
RESERVED_CLAIMS = "acr amr as_uri cid groups iss jti rpt rsi token_type uid username ver"
"""Of access tokens, Okta keeps these for itself (Okta support, "OIDC Bearer Tokens: List of Reserved Claims")."""

_CODES = {400: "E0000001", 401: "E0000011", 403: "E0000056", 404: "E0000007"}

Status = Literal["ACTIVE", "INACTIVE"]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Parent = Annotated[str, Field(exclude=True)]
"""The id of what an entity hangs below: its path says it, and not its document."""


class OktaError(ApiError):
    def __init__(self, status: int, summary: str, *causes: str, code: str = "") -> None:
        code = code or _CODES[status]
        document = {
            "errorCode": code,
            "errorSummary": summary,
            "errorLink": code,
            "errorId": "oae" + secrets.token_urlsafe(16),
            "errorCauses": [{"errorSummary": cause} for cause in causes],
        }
        super().__init__(status, summary, document)


def invalid(field: str, reason: str) -> OktaError:
    return OktaError(400, f"Api validation failed: {field}", f"{field}: {reason}")


def at(path: str) -> Any:
    """The place of a field in the API's document, with dots between the names."""
    return Field(validation_alias=AliasPath(*path.split(".")), serialization_alias=path)


class OktaEntity(Entity):
    """Silent about unknown fields, like the service."""

    model_config = ConfigDict(alias_generator=to_camel, arbitrary_types_allowed=True)

    id: str

    @classmethod
    def missing(cls, key: str) -> OktaError:
        return OktaError(404, f"Not found: Resource not found: {key} ({cls.what})")

    @classmethod
    def invalid(cls, mistake: str, field: str, message: str) -> OktaError:
        return invalid(field, "The field cannot be left blank" if mistake == "missing" else message)

    def taken(self) -> OktaError:
        name = self.unique[-1]
        path = type(self).model_fields[name].serialization_alias or name
        return invalid(path, f"The {self.what} {getattr(self, name)} already exists.")

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for path, value in self.model_dump(mode="json", by_alias=True).items():
            *parents, name = path.split(".")
            place = functools.reduce(lambda within, step: within.setdefault(step, {}), parents, document)
            place[name] = value
        return document


class Server(OktaEntity):
    """An authorization server. Okta gives one audience to each."""

    what, prefix, known_by, built_in = "AuthorizationServer", "aus", ("name", "id"), "default"
    server_set = frozenset({"id", "issuer", "status", "default", "created", "signer"})

    name: Name
    description: str = ""
    audiences: Annotated[list[Text], Field(min_length=1, max_length=1)]
    issuer: str = Field(default_factory=lambda data: f"https://{OKTA_DOMAIN}/oauth2/{data['id']}")
    issuer_mode: Literal["ORG_URL"] = "ORG_URL"
    status: Status = "ACTIVE"
    default: bool = False
    created: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))
    signer: SigningKey = Field(default_factory=SigningKey, exclude=True)
    kid: Annotated[str, at("credentials.signing.kid")] = Field(default_factory=lambda data: data["signer"].kid)
    rotation_mode: Annotated[Literal["AUTO", "MANUAL"], at("credentials.signing.rotationMode")] = "AUTO"
    last_rotated: Annotated[datetime, at("credentials.signing.lastRotated")] = Field(
        default_factory=lambda data: data["created"]
    )
    next_rotation: Annotated[datetime, at("credentials.signing.nextRotation")] = Field(
        default_factory=lambda data: data["created"] + timedelta(days=90)
    )

    def check_removal(self) -> None:
        if self.default:
            raise invalid("default", "The default authorization server cannot be deleted.")
        if self.status == "ACTIVE":
            raise invalid("status", "The authorization server must be deactivated before deletion.")

    def saved(self, state: State) -> None:
        for name in () if state.scopes.search({"server": self.id}) else SYSTEM_SCOPES:
            state.scopes.create({"name": name}, server=self.id, system=True)

    def removed(self, state: State) -> None:
        for kind in (state.scopes, state.claims, state.policies, state.rules):
            kind.discard({"server": self.id})


class Part(OktaEntity):
    """What hangs below an authorization server."""

    known_by, built_in, filters = ("name", "server"), "system", ("server",)
    server_set = frozenset({"id", "server", "system"})

    server: Parent
    name: Name
    system: bool = False


class Scope(Part):
    what, prefix, unique = "scope", "scp", ("server", "name")

    name: Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]+$")]
    display_name: str = ""
    description: str = ""
    consent: Literal["IMPLICIT", "REQUIRED", "FLEXIBLE", "ADMIN"] = "IMPLICIT"
    metadata_publish: Literal["ALL_CLIENTS", "NO_CLIENTS"] = "NO_CLIENTS"
    default: bool = False
    optional: bool = False

    def check(self, state: State, current: Scope | None) -> None:
        if current:
            current.check_removal()
        if self.name.startswith("okta."):
            raise invalid("name", f"{self.name} starts with okta., which is reserved.")

    def check_removal(self) -> None:
        if self.system:
            raise invalid("system", f"{self.name} is a system scope, which cannot be changed.")


class Claim(Part):
    """A claim of access tokens. `value` is an expression: `app.clientId` or a quoted string."""

    what, prefix = "claim", "ocl"

    status: Status = "ACTIVE"
    claim_type: Literal["RESOURCE"]
    value_type: Literal["EXPRESSION"] = "EXPRESSION"
    value: Annotated[str, Field(pattern=r'^(app\.clientId|"[^"\\]*")$')]
    scopes: Annotated[list[Text], at("conditions.scopes")] = []
    always_include_in_token: bool = True

    def check(self, state: State, current: Claim | None) -> None:
        if self.name in RESERVED_CLAIMS.split():
            raise invalid("name", f"{self.name} is a reserved claim name.")
        state.demand_scopes(self.server, self.scopes, "conditions.scopes")


class Ranked(Part):
    """What has a place in an order of evaluation. Its status changes by lifecycle operations only."""

    server_set = Part.server_set | {"status"}

    priority: Annotated[int, Field(ge=1, le=999)] = 1
    status: Status = "ACTIVE"


AnyRanked = TypeVar("AnyRanked", bound=Ranked)


class Policy(Ranked):
    """The clients that a policy names have to exist."""

    what, prefix, unique = "policy", "00p", ("server", "name")

    type: Literal["OAUTH_AUTHORIZATION_POLICY"]
    description: Annotated[str, Field(max_length=255)]
    clients: Annotated[list[Text], at("conditions.clients.include")]

    def check(self, state: State, current: Policy | None) -> None:
        clients = {ALL_CLIENTS, *(app.client_id for app in state.apps.values())}
        if unknown := [each for each in self.clients if each not in clients]:
            raise invalid("conditions.clients.include", f"There is no client {', '.join(unknown)}.")

    def saved(self, state: State) -> None:
        make_room(self, state.policies)

    def removed(self, state: State) -> None:
        state.rules.discard({"policy": self.id})


class Rule(Ranked):
    """Lifetimes in minutes."""

    what, prefix, unique, filters = "rule", "0pr", ("policy", "name"), ("server", "policy")
    server_set = Ranked.server_set | {"policy"}

    policy: Parent
    type: Literal["RESOURCE_ACCESS"]
    users: Annotated[dict[str, list[str]], at("conditions.people.users")] = {}
    groups: Annotated[dict[str, list[str]], at("conditions.people.groups")] = {}
    grant_types: Annotated[list[Text], at("conditions.grantTypes.include")] = []
    scopes: Annotated[list[Text], at("conditions.scopes.include")] = []
    access_token_lifetime: Annotated[int, at("actions.token.accessTokenLifetimeMinutes"), Field(ge=5, le=1440)] = 60
    refresh_token_lifetime: Annotated[int, at("actions.token.refreshTokenLifetimeMinutes")] = 0
    refresh_token_window: Annotated[int, at("actions.token.refreshTokenWindowMinutes")] = 10_080

    def check(self, state: State, current: Rule | None) -> None:
        state.demand_scopes(self.server, {*self.scopes} - {"*"}, "conditions.scopes.include")

    def saved(self, state: State) -> None:
        make_room(self, state.rules)


class App(OktaEntity):
    """A service application (`oidc_client`); what has no meaning here is kept and echoed.

    Its client id is its own id unless the payload that makes it has one.
    """

    model_config = ConfigDict(extra="allow")
    what, prefix, known_by, creation_status = "AppInstance", "0oa", ("label", "id"), 200
    server_set, kept = frozenset({"id", "status"}), frozenset({"client_id", "client_secret"})
    unique = ("client_id",)

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

    def check(self, state: State, current: App | None) -> None:
        if current and self.client_id != current.client_id:
            raise invalid("credentials.oauthClient.client_id", "The client id cannot be changed.")

    def check_removal(self) -> None:
        if self.status == "ACTIVE":
            cause = "The application must be deactivated before deletion."
            raise OktaError(403, "Delete application forbidden.", cause)

    def removed(self, state: State) -> None:
        """It goes from the policies that name it."""
        for policy in state.policies.values():
            clients = [each for each in policy.clients if each != self.client_id]
            state.policies[policy.id] = policy.model_copy(update={"clients": clients})


class State:
    """A new org has the server `default` and no policy."""

    def __init__(self) -> None:
        self.apps = Collection(App, self)
        self.servers = Collection(Server, self)
        self.scopes = Collection(Scope, self)
        self.claims = Collection(Claim, self)
        self.policies = Collection(Policy, self)
        self.rules = Collection(Rule, self)
        self.servers.create({"name": "default", "audiences": ["api://default"]}, id=DEFAULT_SERVER, default=True)

    def unknown_scopes(self, server: str, names: Iterable[str]) -> list[str]:
        return sorted(set(names) - {scope.name for scope in self.scopes.search({"server": server})})

    def demand_scopes(self, server: str, names: Iterable[str], field: str) -> None:
        """Refuse a `field` that names scopes which the server does not have."""
        if unknown := self.unknown_scopes(server, names):
            raise invalid(field, f"The scopes {', '.join(unknown)} do not exist on this authorization server.")


def by_priority(parts: Iterable[AnyRanked]) -> list[AnyRanked]:
    return sorted(parts, key=lambda each: each.priority)


def make_room(entity: AnyRanked, kind: Collection[AnyRanked]) -> None:
    """Who stood at the entity's priority moves down one, and so on until there is a gap."""
    taken = entity.priority
    for other in by_priority(kind.search({name: getattr(entity, name) for name in entity.filters})):
        if other is not entity and other.priority == taken:
            taken += 1
            kind[other.id] = other.model_copy(update={"priority": taken})
