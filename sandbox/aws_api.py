"""AWS's API: moto's WSGI application, in this process, on the loopback interface without TLS (for `endpoint_url`).

Every request has to be signed (Signature Version 4) with a secret of the sandbox's: other users of the machine reach
the port as well, and so do web pages.
"""

from __future__ import annotations

import hmac
import io
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox.credentials import AWS_SECRET_KEY
from sandbox.network import LOOPBACK

HOST = re.compile(r"([a-z0-9.-]+\.)?amazonaws\.com(\.cn)?")
_FRAMING = (b"content-length", b"transfer-encoding")
_ACCOUNT = re.compile(r"\d{12}")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>[^/]+)/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
Environ = dict[str, Any]


class AwsApi:
    """WSGI application. An access key id of 12 digits is that account's; other keys are as IAM and STS gave them."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        asked = _AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if asked is None:
            return _refused(environ, start_response, "MissingAuthenticationToken", "Missing Authentication Token")
        secret = _secret_of(asked["key"])
        if secret is None:
            message = "The security token included in the request is invalid."
            return _refused(environ, start_response, "InvalidClientTokenId", message)
        if not hmac.compare_digest(_signature(environ, asked, secret), asked["signature"]):
            message = (
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method."
            )
            return _refused(environ, start_response, "SignatureDoesNotMatch", message)
        if _ACCOUNT.fullmatch(asked["key"]):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = asked["key"]
        return self._moto(environ, start_response)


def _secret_of(access_key: str) -> str | None:
    if _ACCOUNT.fullmatch(access_key):
        return AWS_SECRET_KEY
    for account in list(iam_backends.values()):
        for backend in list(account.values()):
            if access_key in backend.access_keys:
                return str(backend.access_keys[access_key].secret_access_key)
    return None


def _signature(environ: Environ, asked: re.Match[str], secret: str) -> str:
    """The signature that a client with this secret makes for the request, by botocore's own signer."""
    headers = {name: _header(environ, name) for name in asked["signed"].split(";")}
    is_chunked = environ.get("wsgi.input_terminated")
    body = environ["wsgi.input"].read(-1 if is_chunked else int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    request = AWSRequest(
        environ["REQUEST_METHOD"], f"http://{_header(environ, 'host')}{_target(environ)}", headers, body
    )
    request.context["timestamp"] = headers.get("x-amz-date", "")
    kind = S3SigV4Auth if asked["service"] == "s3" else SigV4Auth
    signer: Any = kind(Credentials(asked["key"], secret), asked["service"], asked["region"])
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


def _header(environ: Environ, name: str) -> str:
    key = name.upper().replace("-", "_")
    return str(environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", ""))


def _target(environ: Environ) -> str:
    """Path and query as they were sent, escapes included."""
    if "asgi.scope" not in environ:
        return str(environ["RAW_URI"])
    scope: Scope = environ["asgi.scope"]
    return (scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")).decode("ascii")


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

        async def whole_body() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app({**scope, "headers": headers}, whole_body, send)


def serve(api: AwsApi) -> BaseWSGIServer:
    """Serve in a thread, until `shutdown()` of what is returned; `server_port` is its port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(LOOPBACK, 0, api, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, name="aws-api", daemon=True).start()
    return server
