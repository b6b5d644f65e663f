"""The HTTP side of a tenant: its management API as routes over collections, beside what it shows everyone."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.tenants.collection import ApiError, Collection, Json
from sandbox.tenants.token_request import OAuthError

Answer = tuple[int, object]
"""A status and a JSON document; None for an answer without a body."""
_PAYLOAD = TypeAdapter(dict[str, Any])


class Tenant(ABC):
    """`app` is its ASGI app. One request to the management API is answered at a time, under `lock`.

    Paths are matched before they are unescaped, for an identifier in one is escaped (`https:%2F%2Fapi.example.com`).
    """

    base: ClassVar[str]
    update_method: ClassVar[str]
    """PATCH modifies, PUT replaces."""

    def __init__(self, public: Sequence[Route]) -> None:
        self.lock = threading.RLock()
        rest = self.route("/{path:path}", self.refuse, "GET", "POST", "PUT", "PATCH", "DELETE")
        self._starlette = Starlette(
            routes=[*public, *self.routes(), rest],
            exception_handlers={ApiError: refusal, OAuthError: refusal},
        )
        self.app: ASGIApp = self._answer

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """The management API."""

    @abstractmethod
    def authorize(self, request: Request) -> None:
        """Raise ApiError for a caller who is unknown or lacks a permission."""

    @abstractmethod
    def malformed(self) -> ApiError:
        """The error for a body that is no JSON object."""

    @abstractmethod
    def unknown(self, request: str) -> ApiError:
        """The error for a method and path that have no route."""

    @abstractmethod
    def show(self, kind: Collection[Any], entity: Any, request: Request) -> Json:
        """What a caller is told of an entity."""

    def show_list(self, kind: Collection[Any], request: Request) -> object:
        return [self.show(kind, entity, request) for entity in kind.search(request.query_params)]

    def payload(self, request: Request) -> Json:
        try:
            return _PAYLOAD.validate_json(request.state.body)
        except ValidationError:
            raise self.malformed() from None

    def refuse(self, request: Request) -> Answer:
        raise self.unknown(f"{request.method} {request.url.path}")

    def collection(self, path: str, of: Callable[[Request], Collection[Any]]) -> list[Route]:
        """List, create, read, update and delete."""

        def items(request: Request) -> Answer:
            kind = of(request)
            if request.method == "POST":
                return 201, self.show(kind, kind.create(self.payload(request)), request)
            return 200, self.show_list(kind, request)

        def item(request: Request) -> Answer:
            kind, key = of(request), request.path_params["key"]
            match request.method:
                case "PATCH":
                    entity = kind.modify(key, self.payload(request))
                case "PUT":
                    entity = kind.replace(key, self.payload(request))
                case "DELETE":
                    kind.remove(key)
                    return 204, None
                case _:
                    entity = kind.find(key)
            return 200, self.show(kind, entity, request)

        return [
            self.route(path, items, "GET", "POST"),
            self.route(path + "/{key}", item, "GET", self.update_method, "DELETE"),
        ]

    def route(self, path: str, respond: Callable[[Request], Answer], *methods: str) -> Route:
        """Authorized requests to a path below `base`."""

        async def endpoint(request: Request) -> Response:
            self.authorize(request)
            request.path_params.update({name: unquote(value) for name, value in request.path_params.items()})
            request.state.body = await request.body()
            with self.lock:
                status, document = respond(request)
            return Response(status_code=status) if document is None else JSONResponse(document, status)

        return Route(self.base + path, endpoint, methods=methods)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes paths in absolute form too (RFC 9112, section 3.2.2), as from a client that is told of a proxy."""
        raw = scope["raw_path"].decode()
        path = raw if raw.startswith("/") else urlsplit(raw).path or "/"
        await self._starlette({**scope, "path": path}, receive, send)


def refusal(_: Request, error: Any) -> Response:
    """Answers with an ApiError or OAuthError."""
    return JSONResponse(error.document, error.status)
