"""AWS's API: moto's WSGI application as an ASGI one, for the TLS front and for a port of its own (`endpoint_url`).

Every request has to be signed (Signature Version 4) with a secret of the sandbox's: other users of the machine reach
the port as well, and so do web pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from werkzeug.test import EnvironBuilder, run_wsgi_app

from sandbox.aws.signatures import ACCOUNT, SignatureError, signed_by
from sandbox.network import target_of

HOST = re.compile(r"([a-z0-9.-]+\.)?amazonaws\.com(\.cn)?")
_ACCOUNT = "x-moto-account-id"
_KEPT_BACK = frozenset({"content-length", "transfer-encoding", _ACCOUNT})
"""WSGI has no bodies in chunks, and the signature says whose account it is."""


class AwsApi:
    """ASGI application. An access key id of 12 digits is that account's; other keys are as IAM and STS gave them."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await run_in_threadpool(self._answer, request, await request.body())
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        target, headers = target_of(request.scope), request.headers
        try:
            signed = signed_by(request.method, target, headers, body)
        except SignatureError as error:
            return _refused(headers, error.code, str(error))
        given = [(name, value) for name, value in headers.items() if name not in _KEPT_BACK]
        if ACCOUNT.fullmatch(signed.access_key):
            given.append((_ACCOUNT, signed.access_key))
        asked = EnvironBuilder(target, str(request.base_url), method=request.method, headers=given, data=body)
        chunks, status, answered = run_wsgi_app(self._moto, asked.get_environ(), buffered=True)
        response = Response(b"".join(chunks), int(status.partition(" ")[0]))
        response.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answered]
        return response


def _refused(headers: Mapping[str, str], code: str, message: str) -> Response:
    """In XML to those who asked in a form, and to clients of S3; in JSON to the others."""
    if "form" in headers.get("content-type", "") or "/s3/" in headers.get("authorization", ""):
        document = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    else:
        document = json.dumps({"__type": code, "message": message})
    return Response(document, 403, {"x-amzn-ErrorType": code})


def replayed(body: bytes) -> Receive:
    """What gives a body that was read already."""

    async def whole_body() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return whole_body
