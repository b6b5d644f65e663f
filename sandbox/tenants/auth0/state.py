"""What an Auth0 tenant keeps, field for field as its Management API v2 spells it, and the rules between its resources.

Fields that the sandbox gives no meaning to are left out, so that a payload with one is refused by name.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from sandbox.tenants.collection import ApiError, Collection, Entity, Json, random_text
from sandbox.tenants.token_request import AuthenticationMethod

Text = Annotated[str, Field(min_length=1)]
Dialect = Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]
Lifetime = Annotated[int, Field(ge=1, le=2_592_000)]
"""In seconds, up to thirty days."""


class ManagementError(ApiError):
    def __init__(self, status: int, message: str) -> None:
        answer = {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message}
        super().__init__(status, message, answer)


def invalid_body(message: str) -> ManagementError:
    return ManagementError(400, f"Payload validation error: {message}")


class Auth0Entity(Entity):
    """Refuses a payload with a field that it cannot set."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def missing(cls, key: str) -> ManagementError:  # noqa: ARG003  the service does not name it
        return ManagementError(404, f"The {cls.what} does not exist")

    @classmethod
    def invalid(cls, mistake: str, field: str, message: str) -> ManagementError:
        """In the words of the service's schema validator."""
        if mistake == "extra_forbidden":
            return invalid_body(f"'Additional properties not allowed: {field}'.")
        if mistake == "missing":
            return invalid_body(f"'Missing required property: {field}'.")
        return invalid_body(f"'{message}' on property {field}.")

    def taken(self) -> ManagementError:
        return ManagementError(409, f"A {self.what} with the same {' and '.join(self.unique)} already exists.")

    @classmethod
    def settable(cls, payload: Json, protected: frozenset[str]) -> Json:
        for name in payload:
            if name in protected:
                raise cls.invalid("extra_forbidden", name, "")
        return payload


class Part(BaseModel):
    """An object within an entity."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Scope(Part):
    value: Annotated[str, Field(min_length=1, max_length=280)]
    description: str | None = None


class UserPolicy(Part):
    policy: Literal["allow_all", "deny_all", "require_client_grant"] = "allow_all"


class ClientPolicy(Part):
    policy: Literal["deny_all", "require_client_grant"] = "require_client_grant"


class SubjectTypes(Part):
    """For whom an API's tokens are: users who log in, and applications themselves."""

    user: UserPolicy = UserPolicy()
    client: ClientPolicy = ClientPolicy()


class ResourceServer(Auth0Entity):
    """An API; its name is its identifier unless given."""

    what, key_length, known_by, built_in = "resource server", 24, ("identifier",), "is_system"
    server_set, fixed = frozenset({"id", "is_system"}), frozenset({"identifier"})
    filters = unique = ("identifier",)

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
    subject_type_authorization: SubjectTypes = SubjectTypes()
    is_system: bool = False

    @property
    def scope_names(self) -> list[str]:
        return [scope.value for scope in self.scopes]

    def answers_to(self, key: str) -> bool:
        """To its id and its identifier, which the plugin's data source escapes twice."""
        return self.id == key or self.identifier in (key, unquote(key))

    def check(self, state: State, current: ResourceServer | None) -> None:
        if current:
            current.check_removal()
        _refuse_repeated(self.scope_names, "scopes")

    def check_removal(self) -> None:
        if self.is_system:
            raise ManagementError(400, "System resource servers cannot be changed")

    def saved(self, state: State) -> None:
        """Scopes that went away go from every grant as well."""
        for grant in state.grants.search({"audience": self.identifier}):
            kept = [scope for scope in grant.scope if scope in self.scope_names]
            state.grants[grant.id] = grant.model_copy(update={"scope": kept})

    def removed(self, state: State) -> None:
        state.grants.discard({"audience": self.identifier})


class JwtConfiguration(Part):
    alg: Literal["RS256"] = "RS256"
    lifetime_in_seconds: int = 36_000
    secret_encoded: bool = False


class Client(Auth0Entity):
    """An application; a `global` one (the sandbox's deployer) belongs to the tenant."""

    what, key, key_length, known_by, built_in = "client", "client_id", 32, ("name", "client_id"), "is_global"
    server_set = frozenset({"client_id", "global"})

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

    def check(self, state: State, current: Client | None) -> None:
        if self.token_endpoint_auth_method == "none" and "client_credentials" in self.grant_types:  # noqa: S105  a method
            raise ManagementError(400, "Invalid grant types: client_credentials")

    def removed(self, state: State) -> None:
        state.grants.discard({"client_id": self.client_id})


class ClientGrant(Auth0Entity):
    """What one client may ask for at one API (`audience`): scopes that exist there."""

    what, prefix, known_by, built_in = "client grant", "cgr_", ("id", "client_id", "audience"), "is_system"
    server_set, fixed = frozenset({"id", "is_system"}), frozenset({"client_id", "audience", "subject_type"})
    filters = unique = ("client_id", "audience")

    id: str
    client_id: Text
    audience: Text
    scope: list[Text] = []
    subject_type: Literal["client"] = "client"
    allow_all_scopes: bool | None = None
    allow_any_organization: bool = False
    is_system: bool = False

    def check(self, state: State, current: ClientGrant | None) -> None:
        state.clients.find(self.client_id)
        api = state.apis.find(self.audience)
        if self.allow_all_scopes and self.scope:
            raise invalid_body("'scope' must be empty where 'allow_all_scopes' is true.")
        _refuse_repeated(self.scope, "scope")
        if unknown := [scope for scope in self.scope if scope not in api.scope_names]:
            raise ManagementError(400, f"Scopes not defined for resource server {api.identifier}: {', '.join(unknown)}")


class State:
    def __init__(self) -> None:
        self.apis = Collection(ResourceServer, self)
        self.clients = Collection(Client, self)
        self.grants = Collection(ClientGrant, self)


def _refuse_repeated(names: list[str], field: str) -> None:
    if len(set(names)) < len(names):
        raise invalid_body(f"'Array items are not unique' on property {field}.")
