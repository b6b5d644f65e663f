"""What only the sandbox can do: mint tokens and list leftovers. POST only, JSON in and out.

It is a host like those that are played: behind the proxy, which asks for a password.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Mint = Callable[[Mapping[str, Any], str], str]
"""Signs claims as an issuer; raises LookupError where it cannot."""


def control_app(mint: Mint, leftovers: Callable[[], Iterable[str]]) -> Starlette:
    """The host's app."""

    async def minted(request: Request) -> Response:
        asked = await request.json()
        try:
            return JSONResponse({"token": await run_in_threadpool(mint, asked["claims"], asked["issuer"])})
        except LookupError as unknown:
            return PlainTextResponse(f"the sandbox cannot mint that token: {unknown}", 404)

    async def left(_: Request) -> Response:
        return JSONResponse({"leftovers": list(leftovers())})

    return Starlette(routes=[Route("/mint", minted, methods=["POST"]), Route("/leftovers", left, methods=["POST"])])
