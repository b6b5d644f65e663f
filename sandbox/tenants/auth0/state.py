"""The resources of an Auth0 tenant and the rules that its Management API keeps between them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import unquote

from sandbox.tenants.auth0.entities import Client, ClientGrant, ResourceServer
from sandbox.tenants.collection import AnyEntity, ApiError, Collection, Json, random_text


class ManagementError(ApiError):
    """`code` is the answer's `errorCode`."""

    def __init__(self, status: int, message: str, code: str) -> None:
        reason = HTTPStatus(status).phrase
        super().__init__(
            status, message, {"statusCode": status, "error": reason, "message": message, "errorCode": code}
        )


def invalid_body(message: str) -> ManagementError:
    return ManagementError(400, f"Payload validation error: {message}", "invalid_body")


class Auth0Collection(Collection[AnyEntity]):
    """Refuses a payload with a field that it cannot set; removing what is not there (any more) is no error."""

    fixed: ClassVar[frozenset[str]] = frozenset()
    """Fields that are set once."""
    conflict: ClassVar[str] = ""
    """What is said of an entity that is there already."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state

    def document(self, entity: AnyEntity) -> dict[str, object]:
        return entity.model_dump(by_alias=True, exclude_none=True)

    def missing(self, key: str) -> ManagementError:  # noqa: ARG002  Auth0 names the kind only
        return ManagementError(404, f"The {self.what} does not exist", f"inexistent_{self.what.replace(' ', '_')}")

    def invalid(self, mistake: str, field: str, message: str) -> ManagementError:
        """In the words of the service's schema validator."""
        if mistake == "extra_forbidden":
            return invalid_body(f"'Additional properties not allowed: {field}'.")
        if mistake == "missing":
            return invalid_body(f"'Missing required property: {field}'.")
        return invalid_body(f"'{message}' on property {field}.")

    def taken(self, entity: AnyEntity) -> ManagementError:  # noqa: ARG002  Auth0 names the kind only
        return ManagementError(409, self.conflict, "conflict")

    def settable(self, payload: Json) -> Json:
        return self._without(self.server_set, payload)

    def modify(self, key: str, payload: Json) -> AnyEntity:
        return super().modify(key, self._without(self.fixed, payload))

    def remove(self, key: str) -> None:
        if self.lookup(key):
            super().remove(key)

    def _without(self, names: frozenset[str], payload: Json) -> Json:
        for name in payload:
            if name in names:
                raise self.invalid("extra_forbidden", name, "")
        return payload


class Apis(Auth0Collection[ResourceServer]):
    model, what = ResourceServer, "resource server"
    server_set, fixed = frozenset({"id", "is_system"}), frozenset({"identifier"})
    unique, conflict = ("identifier",), "A resource server with the same identifier already exists."

    def new_key(self) -> str:
        return random_text(24, "0123456789abcdef")

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
            raise ManagementError(400, "System resource servers cannot be changed", "invalid_body")

    def put(self, entity: ResourceServer) -> ResourceServer:
        """Scopes that go away go from every grant as well."""
        for grant in self.state.grants.search({"audience": entity.identifier}):
            kept = [scope for scope in grant.scope if scope in entity.scope_names]
            self.state.grants.put(grant.model_copy(update={"scope": kept}))
        return super().put(entity)

    def removed(self, entity: ResourceServer) -> None:
        self.state.grants.remove_all({"audience": entity.identifier})


class Clients(Auth0Collection[Client]):
    model, what, key = Client, "client", "client_id"
    server_set = frozenset({"client_id", "global"})

    def new_key(self) -> str:
        return random_text(32)

    def check(self, entity: Client) -> None:
        if entity.authentication_methods == ("none",) and "client_credentials" in entity.grant_types:
            raise ManagementError(400, "Invalid grant types: client_credentials", "invalid_body")

    def removed(self, entity: Client) -> None:
        self.state.grants.remove_all({"client_id": entity.client_id})


class Grants(Auth0Collection[ClientGrant]):
    """A grant is for a client, an API and scopes that exist; there is one for each client and API."""

    model, what = ClientGrant, "client grant"
    server_set, fixed = frozenset({"id", "is_system"}), frozenset({"client_id", "audience", "subject_type"})
    filters = unique = ("client_id", "audience")
    conflict = "A client_grant already exists for this client and audience."

    def new_key(self) -> str:
        return "cgr_" + random_text(16)

    def check(self, entity: ClientGrant) -> None:
        self.state.clients.find(entity.client_id)
        api = self.state.apis.find(entity.audience)
        if entity.allow_all_scopes and entity.scope:
            raise invalid_body("'scope' must be empty where 'allow_all_scopes' is true.")
        _refuse_repeated(entity.scope, "scope")
        unknown = ", ".join(scope for scope in entity.scope if scope not in api.scope_names)
        if unknown:
            message = f"Scopes not defined for resource server {api.identifier}: {unknown}"
            raise ManagementError(400, message, "invalid_scope")

    def remove_all(self, query: Mapping[str, str]) -> None:
        for grant in self.search(query):
            del self[grant.id]


class State:
    """APIs, clients and the grants between them."""

    def __init__(self) -> None:
        self.apis = Apis(self)
        self.clients = Clients(self)
        self.grants = Grants(self)


def _refuse_repeated(names: list[str], field: str) -> None:
    if len(set(names)) < len(names):
        raise invalid_body(f"'Array items are not unique' on property {field}.")
