"""AWS's API: moto's WSGI application, in this process, on the loopback interface without TLS (for `endpoint_url`)."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.network import LOOPBACK

HOST = re.compile(r"([a-z0-9.-]+\.)?amazonaws\.com(\.cn)?")
_FRAMING = (b"content-length", b"transfer-encoding")
_ACCOUNT_AS_ACCESS_KEY = re.compile(r"Credential=(\d{12})/")


class AwsApi:
    """WSGI application. An access key id of 12 digits is that account's; temporary keys are as STS gave them."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        account = _ACCOUNT_AS_ACCESS_KEY.search(environ.get("HTTP_AUTHORIZATION", ""))
        if account:
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = account[1]
        return self._moto(environ, start_response)


class AsgiAwsApi:
    """The same as an ASGI application, for what comes through the TLS front."""

    def __init__(self, api: AwsApi) -> None:
        self._app = cast("ASGIApp", WSGIMiddleware(cast("Any", api)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the body first: boto3 sends uploads in chunks of no known length, which WSGI cannot take."""
        body = await Request(scope, receive).body()
        headers = [(name, value) for name, value in scope["headers"] if name not in _FRAMING]
        headers.append((b"content-length", str(len(body)).encode()))

        async def whole_body() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app({**scope, "headers": headers}, whole_body, send)


def serve(api: AwsApi) -> BaseWSGIServer:
    """Serve in a thread, until `shutdown()` of what is returned; `server_port` is its port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(LOOPBACK, 0, api, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, name="aws-api", daemon=True).start()
    return server
