"""What an Auth0 tenant keeps, field for field as its Management API v2 spells it, and the rules between its resources.

Fields that the sandbox gives no meaning to are left out, so that a payload with one is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, ClassVar, Literal
from urllib.parse import unquote

from pydantic import ConfigDict, Field

from sandbox.tenants.collection import AnyEntity, ApiError, Collection, Entity, Json, random_text
from sandbox.tenants.token_request import AuthenticationMethod

Text = Annotated[str, Field(min_length=1)]
Dialect = Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]
Lifetime = Annotated[int, Field(ge=1, le=2_592_000)]
"""In seconds, up to thirty days."""


class ManagementError(ApiError):
    """`code` is the answer's `errorCode`."""

    def __init__(self, status: int, message: str, code: str = "invalid_body") -> None:
        answer = {"statusCode": status, "error": HTTPStatus(status).phrase, "message": message, "errorCode": code}
        super().__init__(status, message, answer)


def invalid_body(message: str) -> ManagementError:
    return ManagementError(400, f"Payload validation error: {message}")


class StrictEntity(Entity):
    model_config = ConfigDict(extra="forbid")


class Scope(StrictEntity):
    value: Annotated[str, Field(min_length=1, max_length=280)]
    description: str | None = None


class UserPolicy(StrictEntity):
    policy: Literal["allow_all", "deny_all", "require_client_grant"] = "allow_all"


class ClientPolicy(StrictEntity):
    policy: Literal["deny_all", "require_client_grant"] = "require_client_grant"


class SubjectTypes(StrictEntity):
    """For whom an API's tokens are: users who log in, and applications themselves."""

    user: UserPolicy = UserPolicy()
    client: ClientPolicy = ClientPolicy()


class ResourceServer(StrictEntity):
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
    subject_type_authorization: SubjectTypes = SubjectTypes()
    is_system: bool = False

    @property
    def scope_names(self) -> list[str]:
        return [scope.value for scope in self.scopes]


class JwtConfiguration(StrictEntity):
    alg: Literal["RS256"] = "RS256"
    lifetime_in_seconds: int = 36_000
    secret_encoded: bool = False


class Client(StrictEntity):
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


class ClientGrant(StrictEntity):
    """What one client may ask for at one API (`audience`)."""

    id: str
    client_id: Text
    audience: Text
    scope: list[Text] = []
    subject_type: Literal["client"] = "client"
    allow_all_scopes: bool | None = None
    allow_any_organization: bool = False
    is_system: bool = False


class Auth0Collection(Collection[AnyEntity]):
    """Refuses a payload with a field that it cannot set; removing what is not there (any more) is no error."""

    conflict: ClassVar[str] = ""
    """What is said of an entity that is there already."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    def missing(self, key: str) -> ManagementError:
        return ManagementError(404, f"The {self.what} does not exist", f"inexistent_{self.what.replace(' ', '_')}")

    def invalid(self, mistake: str, field: str, message: str) -> ManagementError:
        """In the words of the service's schema validator."""
        if mistake == "extra_forbidden":
            return invalid_body(f"'Additional properties not allowed: {field}'.")
        if mistake == "missing":
            return invalid_body(f"'Missing required property: {field}'.")
        return invalid_body(f"'{message}' on property {field}.")

    def taken(self, entity: AnyEntity) -> ManagementError:
        return ManagementError(409, self.conflict, "conflict")

    def settable(self, payload: Json, protected: frozenset[str]) -> Json:
        for name in payload:
            if name in protected:
                raise self.invalid("extra_forbidden", name, "")
        return payload

    def remove(self, key: str) -> None:
        if self.lookup(key):
            super().remove(key)


class Apis(Auth0Collection[ResourceServer]):
    model, what, key_length = ResourceServer, "resource server", 24
    server_set, fixed = frozenset({"id", "is_system"}), frozenset({"identifier"})
    unique, conflict = ("identifier",), "A resource server with the same identifier already exists."

    def lookup(self, key: str) -> ResourceServer | None:
        """An API by its id or its identifier, which the plugin's data source escapes twice."""
        return self.get(key) or self.of(key) or self.of(unquote(key))

    def of(self, identifier: str) -> ResourceServer | None:
        return next((api for api in self.values() if api.identifier == identifier), None)

    def check(self, entity: ResourceServer) -> None:
        if entity.id in self:
            self.check_removal(entity)
        _refuse_repeated(entity.scope_names, "scopes")

    def check_removal(self, entity: ResourceServer) -> None:
        if entity.is_system:
            raise ManagementError(400, "System resource servers cannot be changed")

    def put(self, entity: ResourceServer) -> ResourceServer:
        """Scopes that go away go from every grant as well."""
        for grant in self.state.grants.search({"audience": entity.identifier}):
            kept = [scope for scope in grant.scope if scope in entity.scope_names]
            self.state.grants.put(grant.model_copy(update={"scope": kept}))
        return super().put(entity)

    def removed(self, entity: ResourceServer) -> None:
        self.state.grants.remove_all({"audience": entity.identifier})


class Clients(Auth0Collection[Client]):
    model, what, key, key_length = Client, "client", "client_id", 32
    server_set = frozenset({"client_id", "global"})

    def check(self, entity: Client) -> None:
        if entity.token_endpoint_auth_method == "none" and "client_credentials" in entity.grant_types:  # noqa: S105  a method
            raise ManagementError(400, "Invalid grant types: client_credentials")

    def removed(self, entity: Client) -> None:
        self.state.grants.remove_all({"client_id": entity.client_id})


class Grants(Auth0Collection[ClientGrant]):
    """A grant is for a client, an API and scopes that exist; there is one for each client and API."""

    model, what, prefix = ClientGrant, "client grant", "cgr_"
    server_set, fixed = frozenset({"id", "is_system"}), frozenset({"client_id", "audience", "subject_type"})
    filters = unique = ("client_id", "audience")
    conflict = "A client_grant already exists for this client and audience."

    def check(self, entity: ClientGrant) -> None:
        self.state.clients.find(entity.client_id)
        api = self.state.apis.find(entity.audience)
        if entity.allow_all_scopes and entity.scope:
            raise invalid_body("'scope' must be empty where 'allow_all_scopes' is true.")
        _refuse_repeated(entity.scope, "scope")
        if unknown := [scope for scope in entity.scope if scope not in api.scope_names]:
            message = f"Scopes not defined for resource server {api.identifier}: {', '.join(unknown)}"
            raise ManagementError(400, message, "invalid_scope")

    def remove_all(self, query: Mapping[str, str]) -> None:
        for grant in self.search(query):
            del self[grant.id]


class State:
    def __init__(self) -> None:
        self.apis = Apis(self)
        self.clients = Clients(self)
        self.grants = Grants(self)


def _refuse_repeated(names: list[str], field: str) -> None:
    if len(set(names)) < len(names):
        raise invalid_body(f"'Array items are not unique' on property {field}.")
