"""What only the sandbox can do, on a port of its own on the loopback interface: mint tokens, list leftovers, stop.

Other users and web pages reach the port as well, so it asks for a secret, and refuses whatever a browser sends.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

import jwt
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.cognito import CognitoIssuer
from sandbox.tenants.auth0.tenant import Auth0Tenant
from sandbox.tenants.okta.org import OktaOrg

Claims = Mapping[str, object]
Endpoint = Callable[[Request], Awaitable[Response]]


class Mint:
    """Signs any claims as one of the sandbox's issuers, for tests of what refuses tokens."""

    def __init__(self, cognito: CognitoIssuer, auth0: Auth0Tenant, okta: OktaOrg) -> None:
        self._cognito = cognito
        self._auth0 = auth0
        self._okta = okta

    def __call__(self, claims: Claims, issuer: str) -> str:
        """A token with exactly these claims, signed with the issuer's key.

        Raises LookupError for another issuer, for an audience that the tenant does not have, for a server that the org
        does not have.
        """
        if issuer == self._auth0.issuer:
            return _exactly(claims, lambda changes: self._of_auth0(claims, changes))
        if issuer.startswith(f"https://{self._okta.domain}/oauth2/"):
            server = issuer.rpartition("/")[2]
            return _exactly(claims, lambda changes: self._okta.mint("", server=server, claims=changes))
        return self._cognito.mint(claims, issuer=issuer)

    def _of_auth0(self, claims: Claims, changes: Claims) -> str:
        # The audience's dialect decides the header's `typ`, so it has to be one that the tenant has.
        return self._auth0.mint("", audience=str(claims["aud"]), claims=changes)


def admin_app(mint: Mint, leftovers: Callable[[], Iterable[str]], stop: Callable[[], None], secret: str) -> Starlette:
    """POST only, JSON in and out, for whoever shows the secret as a bearer token."""

    async def alive(_: Request) -> Response:
        return JSONResponse({"pid": os.getpid()})

    async def end(_: Request) -> Response:
        return JSONResponse({}, background=BackgroundTask(stop))

    async def minted(request: Request) -> Response:
        asked = cast("dict[str, Any]", await request.json())
        try:
            token = await run_in_threadpool(mint, asked["claims"], asked["issuer"])
        except LookupError as unknown:
            return PlainTextResponse(f"the sandbox cannot mint that token: {unknown}", 404)
        return JSONResponse({"token": token})

    async def left(_: Request) -> Response:
        return JSONResponse({"leftovers": await run_in_threadpool(lambda: list(leftovers()))})

    expected = f"Bearer {secret}".encode()

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def respond(request: Request) -> Response:
            if "origin" in request.headers or request.headers.get("content-type") != "application/json":
                return PlainTextResponse("the sandbox's control takes JSON, and nothing from web pages", 403)
            if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
                return PlainTextResponse("the sandbox's control asks for its secret", 401)
            return await endpoint(request)

        return respond

    routes = {"/alive": alive, "/stop": end, "/mint": minted, "/leftovers": left}
    return Starlette(routes=[Route(path, guarded(endpoint), methods=["POST"]) for path, endpoint in routes.items()])


def _exactly(claims: Claims, mint: Callable[[Claims], str]) -> str:
    """What an issuer's own `mint`, which lays changes over its usual claims, signs for these claims and no others."""
    usual: Claims = jwt.decode(mint({}), options={"verify_signature": False})
    return mint({**dict.fromkeys(usual), **claims})
