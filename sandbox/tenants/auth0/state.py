"""The resources of an Auth0 tenant and the rules that its Management API keeps between them.

No HTTP here: functions take and give entities, and raise `ManagementError`. A caller that shares a `State` between
threads holds `State.lock` around a request.
"""

from __future__ import annotations

import secrets
import string
import threading
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import unquote

from pydantic import ValidationError

from sandbox.tenants.auth0.entities import Client, ClientGrant, Entity, ResourceServer
from sandbox.tenants.auth0.errors import ManagementError, conflict, invalid_body, invalid_payload, missing

Json = Mapping[str, object]
AnyEntity = TypeVar("AnyEntity", bound=Entity)

_ALPHANUMERIC = string.ascii_letters + string.digits
_SERVER_SET = {"id", "client_id", "is_system", "global"}


class State:
    """APIs by id, clients by client id, grants by id, in order of creation."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.apis: dict[str, ResourceServer] = {}
        self.clients: dict[str, Client] = {}
        self.grants: dict[str, ClientGrant] = {}

    def api(self, key: str) -> ResourceServer:
        """An API by its id or its identifier (the audience), which may still be escaped."""
        found = self.apis.get(key) or self.api_by_identifier(key) or self.api_by_identifier(unquote(key))
        if found is None:
            raise missing("resource server")
        return found

    def api_by_identifier(self, identifier: str) -> ResourceServer | None:
        return next((api for api in self.apis.values() if api.identifier == identifier), None)

    def create_api(self, payload: Json, *, is_system: bool = False) -> ResourceServer:
        _refuse_fields(payload, _SERVER_SET)
        defaults = {"name": payload.get("identifier")}
        created = _parse(
            ResourceServer, {**defaults, **payload, "id": _random_id(24, "0123456789abcdef"), "is_system": is_system}
        )
        _refuse_repeated([scope.value for scope in created.scopes], "scopes")
        if self.api_by_identifier(created.identifier):
            raise conflict("A resource server with the same identifier already exists.")
        self.apis[created.id] = created
        return created

    def update_api(self, key: str, payload: Json) -> ResourceServer:
        """Replace the given fields. Scopes that go away go from every grant as well."""
        _refuse_fields(payload, _SERVER_SET | {"identifier"})
        current = self._own(self.api(key))
        changed = _changed(current, payload)
        _refuse_repeated([scope.value for scope in changed.scopes], "scopes")
        self.apis[changed.id] = changed
        for grant in self._grants_for(changed.identifier):
            kept = [scope for scope in grant.scope if scope in changed.scope_names]
            self.grants[grant.id] = grant.model_copy(update={"scope": kept})
        return changed

    def delete_api(self, key: str) -> None:
        """With its grants; what does not exist (any more) is no error."""
        found = self.apis.get(key) or self.api_by_identifier(key)
        if found is None:
            return
        del self.apis[self._own(found).id]
        for grant in self._grants_for(found.identifier):
            del self.grants[grant.id]

    def client(self, client_id: str) -> Client:
        if client_id not in self.clients:
            raise missing("client")
        return self.clients[client_id]

    def create_client(self, payload: Json) -> Client:
        _refuse_fields(payload, _SERVER_SET)
        generated = {"client_id": _random_id(32), "client_secret": _random_id(64)}
        defaults = {"grant_types": ["client_credentials"]} if payload.get("app_type") == "non_interactive" else {}
        created = _parse(Client, {**defaults, **generated, **payload})
        _refuse_public_machine(created)
        self.clients[created.client_id] = created
        return created

    def update_client(self, client_id: str, payload: Json) -> Client:
        _refuse_fields(payload, _SERVER_SET)
        changed = _changed(self.client(client_id), payload)
        _refuse_public_machine(changed)
        self.clients[client_id] = changed
        return changed

    def delete_client(self, client_id: str) -> None:
        """With its grants; what does not exist (any more) is no error."""
        self.clients.pop(client_id, None)
        for grant in self.list_grants(client_id=client_id):
            del self.grants[grant.id]

    def grant(self, grant_id: str) -> ClientGrant:
        if grant_id not in self.grants:
            raise missing("client grant")
        return self.grants[grant_id]

    def list_grants(self, *, client_id: str | None = None, audience: str | None = None) -> list[ClientGrant]:
        return [
            grant
            for grant in self.grants.values()
            if client_id in (None, grant.client_id) and audience in (None, grant.audience)
        ]

    def create_grant(self, payload: Json, *, is_system: bool = False) -> ClientGrant:
        """A grant for a client, an API and scopes that exist; one for each client and API."""
        _refuse_fields(payload, _SERVER_SET - {"client_id"})
        created = _parse(ClientGrant, {**payload, "id": "cgr_" + _random_id(16), "is_system": is_system})
        self.client(created.client_id)
        self._check_scopes(created)
        if self.list_grants(client_id=created.client_id, audience=created.audience):
            raise conflict("A client_grant already exists for this client and audience.")
        self.grants[created.id] = created
        return created

    def update_grant(self, grant_id: str, payload: Json) -> ClientGrant:
        _refuse_fields(payload, _SERVER_SET | {"audience", "subject_type"})
        changed = _changed(self.grant(grant_id), payload)
        self._check_scopes(changed)
        self.grants[grant_id] = changed
        return changed

    def delete_grant(self, grant_id: str) -> None:
        self.grants.pop(grant_id, None)

    def _grants_for(self, identifier: str) -> list[ClientGrant]:
        return self.list_grants(audience=identifier)

    def _check_scopes(self, grant: ClientGrant) -> None:
        api = self.api(grant.audience)
        if grant.allow_all_scopes and grant.scope:
            raise invalid_body("'scope' must be empty where 'allow_all_scopes' is true.")
        _refuse_repeated(grant.scope, "scope")
        unknown = [scope for scope in grant.scope if scope not in api.scope_names]
        if unknown:
            raise ManagementError(
                400, f"Scopes not defined for resource server {api.identifier}: {', '.join(unknown)}", "invalid_scope"
            )

    @staticmethod
    def _own(api: ResourceServer) -> ResourceServer:
        if api.is_system:
            raise ManagementError(400, "System resource servers cannot be changed", "invalid_body")
        return api


def _random_id(length: int, alphabet: str = _ALPHANUMERIC) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _parse(entity: type[AnyEntity], document: Json) -> AnyEntity:
    try:
        return entity.model_validate(dict(document))
    except ValidationError as error:
        raise invalid_payload(error) from None


def _changed(entity: AnyEntity, payload: Json) -> AnyEntity:
    """The entity with the payload's fields replaced; null puts a field back to its default."""
    current = entity.model_dump(by_alias=True)
    merged = {name: value for name, value in {**current, **payload}.items() if value is not None}
    return _parse(type(entity), merged)


def _refuse_fields(payload: Json, names: set[str]) -> None:
    for name in payload:
        if name in names:
            raise invalid_body(f"'Additional properties not allowed: {name}'.")


def _refuse_repeated(names: list[str], field: str) -> None:
    if len(set(names)) < len(names):
        raise invalid_body(f"'Array items are not unique' on property {field}.")


def _refuse_public_machine(client: Client) -> None:
    if client.is_public and "client_credentials" in client.grant_types:
        raise ManagementError(400, "Invalid grant types: client_credentials", "invalid_body")
