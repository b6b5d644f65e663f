"""AWS's API: moto's WSGI application, in this process, on the loopback interface without TLS (for `endpoint_url`).

Every request has to be signed (Signature Version 4) with a secret of the sandbox's: other users of the machine reach
the port as well, and so do web pages.
"""

from __future__ import annotations

import io
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.aws.signatures import ACCOUNT, SignatureError, signed_by
from sandbox.network import LOOPBACK, target_of

HOST = re.compile(r"([a-z0-9.-]+\.)?amazonaws\.com(\.cn)?")
_FRAMING = (b"content-length", b"transfer-encoding")
Environ = dict[str, Any]


class AwsApi:
    """WSGI application. An access key id of 12 digits is that account's; other keys are as IAM and STS gave them."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_chunked = environ.get("wsgi.input_terminated")
        body = environ["wsgi.input"].read(-1 if is_chunked else int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            signed = signed_by(environ["REQUEST_METHOD"], _target(environ), partial(_header, environ), body)
        except SignatureError as error:
            return _refused(environ, start_response, error.code, str(error))
        if ACCOUNT.fullmatch(signed.access_key):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = signed.access_key
        return self._moto(environ, start_response)


def _header(environ: Environ, name: str) -> str:
    key = name.upper().replace("-", "_")
    return str(environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))


def _target(environ: Environ) -> str:
    """Path and query as they were sent, escapes included."""
    return target_of(environ["asgi.scope"]) if "asgi.scope" in environ else str(environ["RAW_URI"])


def _refused(environ: Environ, start_response: Callable[..., Any], code: str, message: str) -> Iterable[bytes]:
    """In XML to those who asked in a form, and to clients of S3; in JSON to the others."""
    if "form" in _header(environ, "content-type") or "/s3/" in _header(environ, "authorization"):
        document = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    else:
        document = json.dumps({"__type": code, "message": message})
    start_response("403 Forbidden", [("Content-Length", str(len(document))), ("x-amzn-ErrorType", code)])
    return [document.encode()]


class AsgiAwsApi:
    """The same as an ASGI application, for what comes through the TLS front."""

    def __init__(self, api: AwsApi) -> None:
        self._app = cast("ASGIApp", WSGIMiddleware(cast("Any", api)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the body first: boto3 sends uploads in chunks of no known length, which WSGI cannot take."""
        body = await Request(scope, receive).body()
        headers = [(name, value) for name, value in scope["headers"] if name not in _FRAMING]
        headers.append((b"content-length", str(len(body)).encode()))

        await self._app({**scope, "headers": headers}, replayed(body), send)


def replayed(body: bytes) -> Receive:
    """What gives a body that was read already."""

    async def whole_body() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return whole_body


def serve(api: AwsApi) -> BaseWSGIServer:
    """Serve in a thread, until `shutdown()` of what is returned; `server_port` is its port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(LOOPBACK, 0, api, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, name="aws-api", daemon=True).start()
    return server
