"""HTTP by the standard library: with limits of time, no redirect to another host, and at most 1 MB read.

HTTPS_PROXY and NO_PROXY are honoured by urllib, SSL_CERT_FILE by OpenSSL's default verify paths.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from queue import Empty, SimpleQueue
from typing import IO, NoReturn
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import one_line

MAX_BYTES = 1024 * 1024
TIMEOUT = 10.0
"""Seconds to wait for a connection, and for each read."""
LIMIT = 30.0
"""Seconds for a request as a whole: a server that sends a byte now and then would keep it open without end."""


class UnreachableError(Exception):
    """Nobody answered, or nobody who may: the message says who and why, in one line."""


@dataclass(frozen=True)
class Response:
    """What came back, of any status. `url` is where it came from in the end; header names are lower-cased."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class _SameHostRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects on the same scheme, host and port; a token or secret must not travel to another."""

    def redirect_request(  # urllib's signature
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(req.full_url)[:2] != urlsplit(newurl)[:2]:
            fp.close()
            host = one_line(urlsplit(newurl).netloc or newurl, 80)
            raise UnreachableError(f"{_place(req.full_url)} redirects to another host ({host}), which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def request(
    url: str,
    *,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = TIMEOUT,
    limit: float = LIMIT,
) -> Response:
    """GET, or POST where there is `data`. Every HTTP status is a Response.

    Raises UnreachableError: no https (http is for the loopback only), no name, no connection, no valid certificate, a
    redirect elsewhere, an answer over 1 MB, none within `limit` seconds.
    """
    _refuse_plain_http(url)
    prepared = urllib.request.Request(url, data=data, headers=dict(headers or {}))  # noqa: S310  # scheme checked above
    answers = SimpleQueue[Response | Exception]()

    def ask() -> None:
        try:
            answers.put(_answer(prepared, timeout))
        except Exception as error:
            answers.put(error)

    # The name's lookup, proxy, handshake, headers and body all take their time; from outside it is one limit for all.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=limit)
    except Empty:
        raise UnreachableError(f"{_place(url)} has not answered in full after {limit:g} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _answer(prepared: urllib.request.Request, timeout: float) -> Response:
    url = prepared.full_url
    opener = urllib.request.build_opener(_SameHostRedirects)
    try:
        try:
            answer = opener.open(prepared, timeout=timeout)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body = answer.read(MAX_BYTES + 1)
            names = {name.lower(): value for name, value in answer.headers.items()}
            response = Response(answer.status or 0, names, body, answer.url)
    except (urllib.error.URLError, OSError, HTTPException, ValueError) as error:
        _unreachable(url, error)
    if len(body) > MAX_BYTES:
        raise UnreachableError(f"{_place(url)} sends more than 1 MB, which is no document of an identity provider")
    return response


def _refuse_plain_http(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise UnreachableError(f"{url[:120]!r} is no URL: {error}") from None
    loopback = host in {"127.0.0.1", "localhost", "::1"}
    if not host or parts.scheme not in ({"https", "http"} if loopback else {"https"}):
        raise UnreachableError(f"{url[:120]!r} is no https URL")


def _unreachable(url: str, error: Exception) -> NoReturn:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    text = "timed out" if isinstance(reason, TimeoutError) else str(reason) or type(reason).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        text = "its certificate is not trusted; for a private CA set SSL_CERT_FILE to the CA's file"
    raise UnreachableError(f"{_place(url)} cannot be reached: {one_line(text, 200)}") from None


def _place(url: str) -> str:
    return one_line(urlsplit(url).netloc.rpartition("@")[2], 120)
