"""A small HTTPS server that answers as a test says, and a proxy that leads every name to it."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import trustme


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; header names are lower-cased."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Reply:
    """What the server answers: JSON unless `body` is bytes already."""

    body: object = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def data(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answering = Callable[[Asked], Reply]


@dataclass
class HttpsServer:
    """`routes`: path -> reply, or function of the request; other paths are 404. `asked`: all requests so far."""

    url: str
    port: int
    ca: Path
    routes: dict[str, Reply | Answering] = field(default_factory=dict[str, "Reply | Answering"])
    asked: list[Asked] = field(default_factory=list[Asked])


@contextlib.contextmanager
def https_server(
    folder: Path, *names: str, authority: trustme.CA | None = None, port: int = 0
) -> Generator[HttpsServer]:
    """Serve on the loopback interface with a certificate for 127.0.0.1 and `names`, of a CA that `folder` gets."""
    authority = authority or trustme.CA()
    ca = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", *names).configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            del format, args

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            server.asked.append(asked)
            route = server.routes.get(self.path.partition("?")[0], Reply(b"not here", 404))
            reply = route if isinstance(route, Reply) else route(asked)
            with contextlib.suppress(OSError):
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.data)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.data)

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust the certificate hangs up: that is what some tests are about."""
            del request, client_address

    with Quiet(("127.0.0.1", port), Handler) as listening:
        listening.socket = context.wrap_socket(listening.socket, server_side=True, do_handshake_on_connect=False)
        server = HttpsServer(f"https://127.0.0.1:{listening.server_port}", listening.server_port, ca)
        with serving(listening):
            yield server


@contextlib.contextmanager
def proxy_to(port: int) -> Generator[tuple[str, list[str]]]:
    """A CONNECT proxy that leads every name to a local port: its URL, and the names that were asked for."""
    asked: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline().split()[1].decode())
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                _pump(self.connection, upstream)

    class Proxy(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Proxy(("127.0.0.1", 0), Handler) as listening, serving(listening):
        yield f"http://127.0.0.1:{listening.server_address[1]}", asked


def _pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        for source in select.select([one, other], [], [], 10)[0] or [one]:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)


@contextlib.contextmanager
def serving(server: socketserver.BaseServer) -> Generator[None]:
    """Serve in a thread meanwhile."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
