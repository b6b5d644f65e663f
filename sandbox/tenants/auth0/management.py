"""The routes of the Management API v2: who may call, which body, what goes back.

An identifier in a path is escaped (`https:%2F%2Fapi.example.com`), so paths are split before they are unescaped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.tenants.auth0.entities import Client, Entity
from sandbox.tenants.auth0.errors import ManagementError, invalid_body
from sandbox.tenants.auth0.state import State

BASE = "/api/v2"
MANAGEMENT_SCOPES = tuple(
    f"{verb}:{what}"
    for what in ("resource_servers", "clients", "client_grants", "client_keys", "client_credentials")
    for verb in ("read", "create", "update", "delete")
)
_READS_SECRETS = ("read:client_keys", "read:client_credentials")

Payload = Mapping[str, object]
Permissions = Callable[[Request], frozenset[str]]
"""The management scopes of a request's bearer token; raises ManagementError without a valid one."""


class ManagementApi:
    """Routes over a tenant's state."""

    def __init__(self, state: State, permissions: Permissions) -> None:
        self._state = state
        self._permissions = permissions

    def routes(self) -> list[BaseRoute]:
        state = self._state
        return [
            self._route("/resource-servers", "POST", "create:resource_servers", lambda c: c.created(state.create_api)),
            *self._item("/resource-servers", "resource_servers", state.api, state.update_api, state.delete_api),
            self._route("/clients/{key}/credentials", "GET", "read:client_credentials", _list_credentials),
            self._route("/clients", "POST", "create:clients", lambda c: c.created(state.create_client)),
            *self._item("/clients", "clients", state.client, state.update_client, state.delete_client),
            self._route("/client-grants", "GET", "read:client_grants", _list_grants),
            self._route("/client-grants", "POST", "create:client_grants", lambda c: c.created(state.create_grant)),
            *self._item("/client-grants", "client_grants", state.grant, state.update_grant, state.delete_grant),
        ]

    def _item(
        self,
        path: str,
        what: str,
        read: Callable[[str], Entity],
        update: Callable[[str, Payload], Entity],
        delete: Callable[[str], None],
    ) -> list[BaseRoute]:
        def remove(call: Call) -> Response:
            delete(call.key)
            return Response(status_code=204)

        item = path + "/{key:path}"
        return [
            self._route(item, "GET", f"read:{what}", lambda c: c.answer(read(c.key))),
            self._route(item, "PATCH", f"update:{what}", lambda c: c.answer(update(c.key, c.payload))),
            self._route(item, "DELETE", f"delete:{what}", remove),
        ]

    def _route(self, path: str, method: str, scope: str, respond: Callable[[Call], Response]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                call = Call(request, self._state, self._permissions(request), await request.body())
                call.demand(scope)
                with self._state.lock:
                    return respond(call)
            except ManagementError as error:
                return JSONResponse(error.document(), error.status)

        return Route(BASE + path, endpoint, methods=[method])


class Call:
    """One authorized request."""

    def __init__(self, request: Request, state: State, permissions: frozenset[str], body: bytes) -> None:
        self.query = request.query_params
        self.state = state
        self._permissions = permissions
        self._body = body
        self._segments = request.scope["raw_path"].decode().removeprefix(BASE).strip("/").split("/")

    @property
    def key(self) -> str:
        """The path's second segment, unescaped: an id, or an API's identifier."""
        if len(self._segments) > 2 and self._segments[2:] != ["credentials"]:
            raise ManagementError(404, "Not Found", "not_found")
        return unquote(self._segments[1])

    @property
    def payload(self) -> Payload:
        try:
            document: object = json.loads(self._body)
        except ValueError:
            raise ManagementError(400, "Invalid request payload JSON format", "invalid_body") from None
        if not isinstance(document, dict):
            raise invalid_body("'Expected type object'.")
        return {str(name): value for name, value in document.items()}

    def demand(self, scope: str) -> None:
        if scope not in self._permissions:
            raise ManagementError(403, f"Insufficient scope, expected any of: {scope}", "insufficient_scope")

    def created(self, create: Callable[[Payload], Entity]) -> Response:
        return self.answer(create(self.payload), 201)

    def answer(self, entity: Entity, status: int = 200) -> Response:
        document = self._document(entity)
        if "fields" in self.query:
            wanted = self.query["fields"].split(",")
            included = self.query.get("include_fields", "true") == "true"
            document = {name: value for name, value in document.items() if (name in wanted) == included}
        return JSONResponse(document, status)

    def _document(self, entity: Entity) -> dict[str, object]:
        document: dict[str, object] = entity.model_dump(by_alias=True, exclude_none=True)
        if isinstance(entity, Client) and self._permissions.isdisjoint(_READS_SECRETS):
            del document["client_secret"]
        return document


def _list_credentials(call: Call) -> Response:
    """Clients on this tenant authenticate with a secret, so none has key credentials."""
    call.state.client(call.key)
    return JSONResponse([])


def _list_grants(call: Call) -> Response:
    grants = call.state.list_grants(client_id=call.query.get("client_id"), audience=call.query.get("audience"))
    documents = [grant.model_dump(exclude_none=True) for grant in grants]
    if call.query.get("include_totals") != "true":
        return JSONResponse(documents)
    limit = int(call.query.get("per_page", "50"))
    start = int(call.query.get("page", "0")) * limit
    page = documents[start : start + limit]
    return JSONResponse({"total": len(documents), "start": start, "limit": limit, "client_grants": page})
