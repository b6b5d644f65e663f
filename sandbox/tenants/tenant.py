"""The HTTP side of a tenant: its management API as a table over collections, beside what it shows everyone."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.tenants.collection import ApiError, Collection, Json
from sandbox.tenants.token_request import OAuthError

Answer = tuple[int, object]
"""A status and a JSON document; None for an answer without a body."""


@dataclass(frozen=True)
class Call:
    """One authorized request: `path` has the variables of its row, `permissions` what its caller may do."""

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    permissions: frozenset[str]
    read_payload: Callable[[], Json]
    """Gives the body; raises ApiError where it is no JSON object."""


@dataclass(frozen=True)
class Row:
    """`path` is below the API's base, with a `{variable}` for a segment; `permission` is what a caller needs."""

    method: str
    path: str
    respond: Callable[[Call], Answer]
    permission: str = ""


class Tenant(ABC):
    """`app` is its ASGI app. One request to the management API is answered at a time, under `lock`.

    An identifier in a path is escaped (`https:%2F%2Fapi.example.com`), so paths are matched before they are unescaped.
    """

    base: ClassVar[str]
    update_method: ClassVar[str]
    """PATCH modifies, PUT replaces."""

    def __init__(self, public: Iterable[BaseRoute]) -> None:
        self.lock = threading.RLock()
        rest = (Row(method, "/{path:path}", self._refuse) for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))
        self._starlette = Starlette(
            routes=[*public, *(self._route(row) for row in (*self.table(), *rest))],
            exception_handlers={ApiError: _refusal, OAuthError: _refusal},
        )
        self.app: ASGIApp = self._answer

    @abstractmethod
    def table(self) -> Iterable[Row]: ...

    @abstractmethod
    def authorize(self, request: Request, permission: str) -> frozenset[str]:
        """The caller's permissions; raises ApiError for a caller who is unknown or lacks `permission`."""

    @abstractmethod
    def malformed(self, *, is_json: bool) -> ApiError:
        """The error for a body that is no JSON object."""

    @abstractmethod
    def unknown(self, request: str) -> ApiError:
        """The error for a method and path that are not in the table."""

    @abstractmethod
    def show(self, kind: Collection[Any], entity: Any, call: Call) -> Json:
        """What a caller is told of an entity."""

    def show_list(self, kind: Collection[Any], call: Call) -> object:
        return [self.show(kind, entity, call) for entity in kind.search(call.query)]

    def collection(self, path: str, of: Callable[[Call], Collection[Any]], noun: str = "") -> list[Row]:
        """List, create, read, update and delete, by the permissions `read:{noun}` and so on where there is a noun."""

        def create(call: Call) -> Answer:
            return 201, self.show(of(call), of(call).create(call.read_payload()), call)

        def read(call: Call) -> Answer:
            return 200, self.show(of(call), of(call).find(call.path["key"]), call)

        def update(call: Call) -> Answer:
            change = of(call).modify if call.method == "PATCH" else of(call).replace
            return 200, self.show(of(call), change(call.path["key"], call.read_payload()), call)

        def delete(call: Call) -> Answer:
            of(call).remove(call.path["key"])
            return 204, None

        item = path + "/{key}"
        rows = [
            Row("GET", path, lambda call: (200, self.show_list(of(call), call)), "read"),
            Row("POST", path, create, "create"),
            Row("GET", item, read, "read"),
            Row(self.update_method, item, update, "update"),
            Row("DELETE", item, delete, "delete"),
        ]
        return [replace(row, permission=noun and f"{row.permission}:{noun}") for row in rows]

    def _route(self, row: Row) -> BaseRoute:
        async def endpoint(request: Request) -> Response:
            permissions = self.authorize(request, row.permission)
            path = {name: unquote(value) for name, value in request.path_params.items()}
            body = await request.body()
            with self.lock:
                call = Call(row.method, path, request.query_params, permissions, lambda: self._payload(body))
                status, document = row.respond(call)
            return Response(status_code=status) if document is None else JSONResponse(document, status)

        return Route(self.base + row.path, endpoint, methods=[row.method])

    def _refuse(self, call: Call) -> Answer:
        raise self.unknown(f"{call.method} {self.base}/{call.path['path']}")

    def _payload(self, body: bytes) -> Json:
        try:
            document: object = json.loads(body)
        except ValueError:
            raise self.malformed(is_json=False) from None
        if not isinstance(document, dict):
            raise self.malformed(is_json=True)
        return cast("Json", document)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes paths in absolute form too (RFC 9112, section 3.2.2), as from a client that is told of a proxy."""
        raw = scope["raw_path"].decode()
        path = raw if raw.startswith("/") else urlsplit(raw).path or "/"
        await self._starlette({**scope, "path": path}, receive, send)


def _refusal(_: Request, error: Any) -> Response:
    return JSONResponse(error.document, error.status)
