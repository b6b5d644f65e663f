"""The HTTP side of a tenant: its management API as routes over collections, beside what it shows everyone."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.tenants.collection import ApiError, Collection, Entity, Json

Answer = tuple[int, object]
"""A status and a JSON document; None for an answer without a body."""
Kinds = Mapping[str, Collection[Any]]
_PAYLOAD = TypeAdapter(dict[str, Any])


class Tenant(ABC):
    """`app` is its ASGI app. One request to the management API is answered at a time, under `lock`.

    `kinds` are its collections by their paths, in which names in braces are fields of the entities' parents.
    Paths are matched before they are unescaped, for an identifier in one is escaped (`https:%2F%2Fapi.example.com`).
    """

    vendor: ClassVar[str]
    base: ClassVar[str]
    domain: str
    update_method: ClassVar[str]
    """PATCH modifies, PUT replaces."""

    def __init__(
        self, error: Callable[[int, str], ApiError], kinds: Kinds, more: Sequence[Route], public: Sequence[Route]
    ) -> None:
        """`error` makes one of a status and a message; `more` is what the management API has beside collections."""
        self.lock = threading.RLock()
        self._error = error
        self._kinds = kinds
        served = [route for path, kind in kinds.items() for route in self._collection(path, kind)]
        rest = self.route("/{path:path}", self.refuse, "GET", "POST", "PUT", "PATCH", "DELETE")
        self._starlette = Starlette(routes=[*public, *more, *served, rest], exception_handlers={ApiError: refusal})
        self.app: ASGIApp = self._answer

    @abstractmethod
    def authorize(self, request: Request) -> None:
        """Raise ApiError for a caller who is unknown or lacks a permission."""

    @abstractmethod
    def show(self, entity: Any, request: Request) -> Json:
        """What a caller is told of an entity."""

    def show_list(self, kind: Collection[Any], found: Sequence[Entity], request: Request) -> object:
        return [self.show(entity, request) for entity in found]

    def leftovers(self) -> list[str]:
        """What a deployment made here and has not deleted."""
        with self.lock:
            entities = [each for kind in self._kinds.values() for each in kind.values()]
            return [self._described(each) for each in entities if not getattr(each, each.built_in, False)]

    def payload(self, request: Request) -> Json:
        try:
            return _PAYLOAD.validate_json(request.state.body)
        except ValidationError:
            raise self._error(400, "The request body is not a JSON object.") from None

    def refuse(self, request: Request) -> Answer:
        raise self._error(404, f"The sandbox does not play {request.method} {request.url.path}.")

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

    def _collection(self, path: str, kind: Collection[Any]) -> list[Route]:
        """List, create, read, update and delete."""

        def items(request: Request) -> Answer:
            if request.method == "POST":
                made = kind.create(self.payload(request), **request.path_params)
                return kind.model.creation_status, self.show(made, request)
            found = kind.search({**request.query_params, **request.path_params})
            return 200, self.show_list(kind, found, request)

        def item(request: Request) -> Answer:
            entity = kind.find(request.path_params["key"], request.path_params)
            match request.method:
                case "PATCH":
                    entity = kind.modify(entity, self.payload(request))
                case "PUT":
                    entity = kind.replace(entity, self.payload(request))
                case "DELETE":
                    kind.remove(entity)
                    return 204, None
                case _:
                    pass
            return 200, self.show(entity, request)

        return [
            self.route(path, items, "GET", "POST"),
            self.route(path + "/{key}", item, "GET", self.update_method, "DELETE"),
        ]

    def _described(self, entity: Entity) -> str:
        return " ".join([self.vendor, entity.what, *(getattr(entity, name) for name in entity.known_by)])

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._starlette({**scope, "path": scope["raw_path"].decode()}, receive, send)


def refusal(_: Request, error: Any) -> Response:
    """Answers with an ApiError."""
    return JSONResponse(error.document, error.status)
