"""The sandbox's network: production host names, answered on the loopback interface.

A client that honours `HTTPS_PROXY` asks `ConnectProxy` for a tunnel (CONNECT, RFC 9110 section 9.3.6) and shows it the
password that this variable holds. Names that the sandbox serves end right there, in one TLS front that listens nowhere
else; its certificates are made for the name asked for (SNI) by an `Authority` that lives as long as the process. Every
other name is refused, so nothing on the sandbox reaches a real account.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import io
import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, parse_headers
from pathlib import Path
from typing import cast

import trustme
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.datastructures import Authorization

LOOPBACK = "127.0.0.1"
HTTPS_PORT = 443
_REQUEST = re.compile(rb"CONNECT ([^\s:]+):(\d+) HTTP/1\.[01]\r\n(.*)", re.DOTALL)
_NO_REQUEST = (OSError, EOFError, asyncio.LimitOverrunError, HTTPException)
"""What comes of a client that is gone, gives up in the middle of TLS, or speaks something else."""


class Authority:
    """A certificate authority of this process alone, and a server context per host name."""

    def __init__(self, file: Path) -> None:
        """Writes the CA certificate, as PEM, for `SSL_CERT_FILE` and its relatives."""
        self._ca = trustme.CA(organization_name="agentcore-auth sandbox")
        self._ca.cert_pem.write_to_path(str(file))
        self._contexts: dict[str, ssl.SSLContext] = {}

    def server_context(self) -> ssl.SSLContext:
        """A context that picks the certificate by the name that the client asks for; no name, no handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._choose_certificate
        return context

    def _choose_certificate(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is None:
            return
        if name not in self._contexts:
            self._contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ca.issue_cert(name).configure_cert(self._contexts[name])
        connection.context = self._contexts[name]


@dataclass(frozen=True)
class Route:
    """Requests to a host (regular expression, whole name), optionally to paths that match, go to `app`."""

    host: re.Pattern[str]
    app: ASGIApp
    path: re.Pattern[str] | None = None

    def serves(self, host: str, path: str) -> bool:
        return bool(self.host.fullmatch(host)) and (self.path is None or bool(self.path.fullmatch(path)))


class Front:
    """ASGI application that hands a request to the first route for its Host, and answers 421 where there is none."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    def knows(self, host: str) -> bool:
        return any(route.host.fullmatch(host) for route in self._routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = host_of(scope)
        app = next((route.app for route in self._routes if route.serves(host, scope["path"])), None)
        if app is None:
            app = PlainTextResponse(f"the sandbox does not serve {host}\n", status_code=421)
        await app(scope, receive, send)


def host_of(scope: Scope) -> str:
    """The request's Host header in lower case, without a port; empty where there is none."""
    return Headers(scope=scope).get("host", "").partition(":")[0].lower()


def target_of(scope: Scope) -> str:
    """The request's path and query as they were sent, escapes included."""
    path, query = bytes(scope["raw_path"]), bytes(scope["query_string"])
    return (path + b"?" + query if query else path).decode("ascii")


@dataclass(frozen=True)
class ConnectProxy:
    """An HTTP proxy on the loopback interface that only tunnels, to port 443 of the names that it `serves`.

    It asks for a password (Basic, with any user name); `front` makes the protocol that serves a tunnel, inside TLS.
    """

    serves: Callable[[str], bool]
    front: Callable[[], asyncio.Protocol]
    tls: ssl.SSLContext
    password: str = field(repr=False)

    async def start(self) -> int:
        """Listen on a free port for as long as the event loop runs; gives the port."""
        server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        return int(server.sockets[0].getsockname()[1])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(*_NO_REQUEST):
            refusal = self._refusal(await reader.readuntil(b"\r\n\r\n"))
            cast("asyncio.Transport", writer.transport).pause_reading()  # what follows is for the front
            writer.write(refusal or b"HTTP/1.1 200 Connection established\r\n\r\n")
            if not refusal:
                connection = writer.get_extra_info("socket").dup()
                await asyncio.get_running_loop().connect_accepted_socket(self.front, connection, ssl=self.tls)
        writer.close()

    def _refusal(self, head: bytes) -> bytes | None:
        asked = _REQUEST.fullmatch(head)
        if asked is None:
            return _answer("403 Forbidden", "the sandbox's proxy only tunnels: use https")
        headers = parse_headers(io.BytesIO(asked[3]))
        shown = Authorization.from_header(headers["Proxy-Authorization"])
        if shown is None or not hmac.compare_digest((shown.password or "").encode(), self.password.encode()):
            challenge = "\r\nProxy-Authenticate: Basic realm=sandbox"
            return _answer(f"407 Proxy Authentication Required{challenge}", "the sandbox's proxy asks for its password")
        host, port = asked[1].decode("latin-1").lower(), int(asked[2])
        if port != HTTPS_PORT or not self.serves(host):
            return _answer("403 Forbidden", f"the sandbox does not serve {host}:{port}, and lets nothing out")
        return None


def _answer(status: str, reason: str) -> bytes:
    body = f"{reason}\n"
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"{head}{body}".encode()
