"""The sandbox's network: production host names, answered on the loopback interface.

A client that honours `HTTPS_PROXY` asks `ConnectProxy` for a tunnel (CONNECT, RFC 9110 section 9.3.6) and shows it the
password that this variable holds. Names that the sandbox serves end right there, in one TLS front that listens nowhere
else; its certificates are made for the name asked for (SNI) by an `Authority` that lives as long as the process. Every
other name is refused, so nothing on the sandbox reaches a real account.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import re
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
HTTPS_PORT = 443
_REQUEST = re.compile(rb"CONNECT ([^\s:]+):(\d+) HTTP/1\.[01]\r\n((?:[^\r\n]+\r\n)*)\r\n")
_LONGEST_REQUEST = 64 * 1024


class Authority:
    """A certificate authority of this process alone, and a server context per host name."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="agentcore-auth sandbox")
        self._contexts: dict[str, ssl.SSLContext] = {}

    def write(self, path: Path) -> None:
        """Write the CA certificate, as PEM, for `SSL_CERT_FILE` and its relatives."""
        self._ca.cert_pem.write_to_path(str(path))

    def server_context(self) -> ssl.SSLContext:
        """A context that picks the certificate by the name that the client asks for; no name, no handshake."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._choose_certificate
        return context

    def _choose_certificate(
        self, connection: ssl.SSLObject, server_name: str | None, _: ssl.SSLContext
    ) -> ssl.AlertDescription | None:
        if server_name is None:
            return ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self._context_for(server_name)
        return None

    def _context_for(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ca.issue_cert(name).configure_cert(context)
            self._contexts[name] = context
        return self._contexts[name]


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
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    value = next((value for name, value in headers if name == b"host"), b"")
    return value.decode("latin-1").partition(":")[0].lower()


def target_of(scope: Scope) -> str:
    """The request's path and query as they were sent, escapes included."""
    path, query = bytes(scope["raw_path"]), bytes(scope["query_string"])
    return (path + b"?" + query if query else path).decode("ascii")


class ConnectProxy:
    """An HTTP proxy on the loopback interface that only tunnels, to port 443 of the names that are served.

    It asks for a password (Basic, with any user name); `front` makes the protocol that serves a tunnel, inside TLS.
    """

    def __init__(
        self, serves: Callable[[str], bool], front: Callable[[], asyncio.Protocol], tls: ssl.SSLContext, password: str
    ) -> None:
        self._serves = serves
        self._front = front
        self._tls = tls
        self._password = password.encode()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> int:
        """Listen on a free port; returns it."""
        listener = socket.create_server((LOOPBACK, 0))
        listener.setblocking(False)
        self._keep(self._listen(listener))
        return int(listener.getsockname()[1])

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        """Run it, and hold the task, because the event loop itself has weak references only."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, listener: socket.socket) -> None:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            self._keep(self._accept(connection))

    async def _accept(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or answers wait 40 ms for acknowledgements
        with contextlib.suppress(OSError):  # the client is gone, or gives up in the middle of TLS
            head = b""
            while b"\r\n\r\n" not in head and len(head) < _LONGEST_REQUEST:
                received = await loop.sock_recv(connection, _LONGEST_REQUEST)
                if not received:
                    break
                head += received
            refusal = self._refusal(head)
            await loop.sock_sendall(connection, refusal or b"HTTP/1.1 200 Connection established\r\n\r\n")
            if not refusal:
                await loop.connect_accepted_socket(self._front, connection, ssl=self._tls)
                return
        connection.close()

    def _refusal(self, head: bytes) -> bytes | None:
        asked = _REQUEST.fullmatch(head)
        if asked is None:
            return _answer("403 Forbidden", "the sandbox's proxy only tunnels: use https")
        if not self._knows_password(asked[3]):
            challenge = "\r\nProxy-Authenticate: Basic realm=sandbox"
            return _answer(f"407 Proxy Authentication Required{challenge}", "the sandbox's proxy asks for its password")
        host, port = asked[1].decode("latin-1").lower(), int(asked[2])
        if port != HTTPS_PORT or not self._serves(host):
            return _answer("403 Forbidden", f"the sandbox does not serve {host}:{port}, and lets nothing out")
        return None

    def _knows_password(self, headers: bytes) -> bool:
        given = re.search(rb"^Proxy-Authorization: *Basic +([\w+/=-]+) *\r$", headers, re.IGNORECASE | re.MULTILINE)
        try:
            _, _, password = base64.b64decode(given[1] if given else b"").partition(b":")
        except ValueError:
            return False
        return hmac.compare_digest(password, self._password)


def _answer(status: str, reason: str) -> bytes:
    body = f"{reason}\n"
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return f"{head}{body}".encode()
