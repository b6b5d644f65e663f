"""The page's server: on the loopback interface, behind a path that nobody can guess, for one browser.

A token that is pasted goes from the page to this process and no further. Nothing is kept or logged. Only its own page
is answered: the Host header has to name the loopback interface (a name that somebody lets point there is refused: DNS
rebinding), the Origin to be the page's, the body to be JSON, which a browser lets no other page send unasked (Fetch
standard, CORS). The content security policy lets the page load and reach nothing but this server, and run no code but
its own file.
"""

from __future__ import annotations

import hmac
import html
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from string import Template
from typing import cast

LOOPBACK = "127.0.0.1"
MAX_BODY = 1024 * 1024
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        "img-src data:; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE = files("agentcore_auth.inspection") / "page"
_FILES = {"style.css": "text/css", "script.js": "text/javascript"}

Answer = Callable[[Mapping[str, object]], Mapping[str, object]]
"""Makes the page's document out of what it asks."""


class PageServer(ThreadingHTTPServer):
    """Listens from its making on; `url` is the page's address. `gateways`: the names that the page offers."""

    daemon_threads = True

    def __init__(self, gateways: Iterable[str], answer: Answer) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.gateways = tuple(gateways)
        self.answer = answer
        self.path = f"/{secrets.token_urlsafe(24)}/"

    @property
    def hosts(self) -> tuple[str, str]:
        return f"{LOOPBACK}:{self.server_port}", f"localhost:{self.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.hosts[0]}{self.path}"


class _Handler(BaseHTTPRequestHandler):
    timeout = 30
    server_version = "agentcore-auth"
    sys_version = ""

    def do_GET(self) -> None:
        name = self._name()
        if name == "":
            self._send(200, "text/html", self._page().encode())
        elif name in _FILES:
            self._send(200, _FILES[name], (_PAGE / name).read_bytes())
        else:
            self._send(404)

    def do_POST(self) -> None:
        if self._name() != "explain":
            self._send(404)
            return
        if self.headers.get_content_type() != "application/json" or not self._is_own_origin():
            self._send(403)
            return
        length = self.headers.get("Content-Length") or ""
        if not length.isdecimal() or int(length) > MAX_BODY:
            self._send(413)
            return
        try:
            asked: object = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            self._send(400)
            return
        document = self._server.answer(cast("dict[str, object]", asked))
        self._send(200, "application/json", json.dumps(document).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Nothing is logged."""

    @property
    def _server(self) -> PageServer:
        return cast("PageServer", self.server)

    def _name(self) -> str | None:
        """What is asked for behind the page's path; None for everything else."""
        if self.headers.get("Host") not in self._server.hosts:
            return None
        path = self._server.path
        begins = hmac.compare_digest(self.path[: len(path)].encode(), path.encode())
        return self.path[len(path) :] if begins else None

    def _is_own_origin(self) -> bool:
        return self.headers.get("Origin") in {None, *(f"http://{host}" for host in self._server.hosts)}

    def _page(self) -> str:
        names = self._server.gateways
        options = "".join(f'<option value="{html.escape(name)}">{html.escape(name)}</option>' for name in names)
        group = f'<optgroup label="Gateways of the stack">{options}</optgroup>' if names else ""
        return Template((_PAGE / "index.html").read_text(encoding="utf-8")).substitute(group=group)

    def _send(self, status: int, kind: str = "text/plain", body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
