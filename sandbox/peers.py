"""Whose connection it is: Pulumi's engine shows gRPC servers that it attaches to no credential.

So their ports answer only to processes of the user that the sandbox runs as, which the operating system knows.
Browsers, which run as that user too, speak no gRPC.
"""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import grpc

from sandbox.network import LOOPBACK

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED = "01"
_REFUSAL = "the sandbox serves nobody but the user who started it"


class OwnUserOnly(grpc.ServerInterceptor):
    """Refuses calls of connections that another user's process made. `uid` is that of the one who may."""

    def __init__(self, uid: int | None = None) -> None:
        self._uid = os.getuid() if uid is None else uid

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler: Any = continuation(handler_call_details)
        if handler is None:
            return None
        kind = "unary_stream" if handler.response_streaming else "unary_unary"

        def guarded(request: Any, context: grpc.ServicerContext) -> Any:
            if not belongs_to(self._uid, context.peer()):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, _REFUSAL)
            return getattr(handler, kind)(request, context)

        return handler._replace(**{kind: guarded})


def belongs_to(uid: int, peer: str) -> bool:
    """Whether a user's process holds the socket that gRPC names as peer (`ipv4:127.0.0.1:40122`)."""
    address, _, port = unquote(peer).rpartition(":")
    if not address.endswith(LOOPBACK) or not port.isdigit():
        return False
    tables = [table for table in _TABLES if table.exists()]
    if tables:
        return owners(int(port), (line for table in tables for line in table.read_text().splitlines())) == {uid}
    return uid == os.getuid() and _is_listed(int(port))


def owners(port: int, lines: Iterable[str]) -> set[int]:
    """The users of connections that begin at a loopback port, by the lines of Linux's `/proc/net/tcp` and `tcp6`.

    Of all of them: one port may have connections to several others. The far ends, which are the server's, have the port
    in another column.
    """
    place = f"0100007F:{port:04X}"
    rows = (line.split() for line in lines if place in line)
    return {int(row[7]) for row in rows if row[1].endswith(place) and row[3] == _ESTABLISHED}


@functools.lru_cache(maxsize=256)
def _is_listed(port: int) -> bool:
    """Where there is no /proc: lsof lists, for a user without privileges, only what the user's own processes hold.

    Remembered, because a deployment makes hundreds of calls.
    """
    command = ["lsof", "-nP", "-a", f"-u{os.getuid()}", f"-iTCP@{LOOPBACK}:{port}", "-Fn"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # fixed but for numbers
    return f":{port}->" in listed.stdout
