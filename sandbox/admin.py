"""What only the sandbox can do, on a port of its own on the loopback interface: mint tokens, list leftovers, stop.

Other users and web pages reach the port as well, so it asks for a secret, and refuses whatever a browser sends.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.cognito import CognitoIssuer
from sandbox.tenants.auth0.tenant import Auth0Tenant
from sandbox.tenants.okta.org import OktaOrg


def mint(cognito: CognitoIssuer, auth0: Auth0Tenant, okta: OktaOrg, claims: Mapping[str, Any], issuer: str) -> str:
    """A token with exactly these claims, signed with the issuer's key, for tests of what refuses tokens.

    Raises LookupError for another issuer, for an audience that the tenant does not have, for a server that the org does
    not have.
    """
    if issuer == auth0.issuer:
        # The audience's dialect decides the header's `typ`, so it has to be one that the tenant has.
        return auth0.sign(claims, audience=str(claims["aud"]))
    if issuer.startswith(f"https://{okta.domain}/oauth2/"):
        return okta.sign(claims, server=issuer.rpartition("/")[2])
    return cognito.sign(claims, issuer=issuer)


def admin_app(
    sign: Callable[[Mapping[str, Any], str], str],
    leftovers: Callable[[], Iterable[str]],
    stop: Callable[[], None],
    secret: str,
) -> Starlette:
    """POST only, JSON in and out, for whoever shows the secret as a bearer token; `sign` takes claims and issuer."""
    operations: dict[str, Callable[[Mapping[str, Any]], Mapping[str, object]]] = {
        "/alive": lambda _: {"pid": os.getpid()},
        "/stop": lambda _: {},
        "/mint": lambda asked: {"token": sign(asked["claims"], asked["issuer"])},
        "/leftovers": lambda _: {"leftovers": list(leftovers())},
    }
    expected = f"Bearer {secret}".encode()

    async def respond(request: Request) -> Response:
        if "origin" in request.headers or request.headers.get("content-type") != "application/json":
            return PlainTextResponse("the sandbox's control takes JSON, and nothing from web pages", 403)
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            return PlainTextResponse("the sandbox's control asks for its secret", 401)
        path = request.url.path
        try:
            document = await run_in_threadpool(operations[path], await request.json())
        except LookupError as unknown:
            return PlainTextResponse(f"the sandbox cannot mint that token: {unknown}", 404)
        return JSONResponse(document, background=BackgroundTask(stop) if path == "/stop" else None)

    return Starlette(routes=[Route(path, respond, methods=["POST"]) for path in operations])
