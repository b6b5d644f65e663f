"""The sandbox's network: production host names, answered on the loopback interface.

A client that honours `HTTPS_PROXY` asks `ConnectProxy` for a tunnel (CONNECT, RFC 9110 section 9.3.6). Names that the
sandbox serves end at one TLS front, whose certificates are made for the name asked for (SNI) by an `Authority` that
lives as long as the process; every other name is refused, so nothing on the sandbox reaches a real account.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import trustme
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
HTTPS_PORT = 443
_CONNECT_LINE = re.compile(rb"CONNECT ([^\s:]+):(\d+) HTTP/1\.[01]\r\n")
_CHUNK = 64 * 1024
_GONE = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)
"""How a connection ends: the client goes, or this process does (cancelled); in each case nobody is left to tell."""


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


class ConnectProxy:
    """An HTTP proxy on the loopback interface that only tunnels, to port 443 of the names that are served."""

    def __init__(self, serves: Callable[[str], bool], front_port: int) -> None:
        self._serves = serves
        self._front_port = front_port

    async def start(self) -> int:
        """Listen on a free port; returns it."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled when the process ends: there is nobody left to tell.
        with contextlib.suppress(
            OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError
        ):
            refusal = self._refusal(await reader.readuntil(b"\r\n\r\n"))
            if refusal:
                await self._refuse(writer, refusal)
            else:
                await self._tunnel(reader, writer)
        writer.close()

    def _refusal(self, head: bytes) -> str | None:
        asked = _CONNECT_LINE.match(head)
        if asked is None:
            return "the sandbox's proxy only tunnels: use https"
        host, port = asked[1].decode("latin-1").lower(), int(asked[2])
        if port != HTTPS_PORT or not self._serves(host):
            return f"the sandbox does not serve {host}:{port}, and lets nothing out"
        return None

    async def _refuse(self, writer: asyncio.StreamWriter, reason: str) -> None:
        body = f"{reason}\n".encode()
        writer.write(
            b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        front_reader, front_writer = await asyncio.open_connection(LOOPBACK, self._front_port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        # TLS says in the tunnel when a side has no more to send, so its end is the end of both directions.
        pumps = [asyncio.create_task(_pump(reader, front_writer)), asyncio.create_task(_pump(front_reader, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            front_writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
