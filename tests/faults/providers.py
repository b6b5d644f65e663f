"""Provider servers that fail once: what stands between Pulumi's engine and the sandbox's provider servers.

Every call that nobody has seen yet happens to the fault that is armed; once it has happened, whatever else is new is
refused, so that the next deployment begins with exactly one call more that has had its turn.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
import psutil
from pulumi.runtime.proto import provider_pb2 as rpc

_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_REQUESTS: Mapping[str, Any] = {
    "Check": rpc.CheckRequest,
    "Diff": rpc.DiffRequest,
    "Create": rpc.CreateRequest,
    "Read": rpc.ReadRequest,
    "Update": rpc.UpdateRequest,
    "Delete": rpc.DeleteRequest,
    "Invoke": rpc.InvokeRequest,
}
CHANGING = frozenset({"Create", "Update", "Delete"})
"""The calls that change something at the service; the others ask or plan."""


@dataclass(frozen=True)
class Call:
    """A call of a provider: its package, method, and the resource (URN) or function that it concerns, if any."""

    package: str
    method: str
    subject: str

    @property
    def is_changing(self) -> bool:
        return self.method in CHANGING

    def __str__(self) -> str:
        return f"{self.method} {self.subject.split('::', 2)[-1] or self.package}"


class ServiceError(Exception):
    """What a plugin passes on of a request that it got no good answer to."""


Forward = Callable[[], bytes]
Fault = Callable[[Call, Forward, psutil.Process], bytes]
"""Happens to a call of this process: may let the server do it, and answers or raises ServiceError."""


def refused(call: Call, _forward: Forward, _cli: psutil.Process) -> bytes:
    raise ServiceError(f"{call.method}: api error AccessDeniedException: you are not authorized to perform this")


def server_error(call: Call, _forward: Forward, _cli: psutil.Process) -> bytes:
    raise ServiceError(f"{call.method}: https response error StatusCode: 500, api error InternalServerException: retry")


def answer_lost(call: Call, forward: Forward, _cli: psutil.Process) -> bytes:
    forward()
    raise ServiceError(f"{call.method}: https response error StatusCode: 0, request send failed: unexpected EOF")


ANSWERED: frozenset[Fault] = frozenset({refused, server_error, answer_lost})
"""The faults that leave the engine something to say about the resource."""


def killed_before(_call: Call, _forward: Forward, cli: psutil.Process) -> bytes:
    cli.kill()
    raise ServiceError("the engine is gone")


def killed_after(_call: Call, forward: Forward, cli: psutil.Process) -> bytes:
    forward()
    cli.kill()
    raise ServiceError("the engine is gone")


def disk_full(_call: Call, forward: Forward, cli: psutil.Process) -> bytes:
    """As if the disk were full from here on: the process can make no file longer."""
    cli.rlimit(psutil.RLIMIT_FSIZE, (0, 0))
    return forward()


def interrupted(_call: Call, forward: Forward, cli: psutil.Process) -> bytes:
    """Ctrl-C."""
    cli.send_signal(signal.SIGINT)
    return forward()


def command_killed(_call: Call, forward: Forward, cli: psutil.Process) -> bytes:
    """What runs the CLI is killed; the CLI itself sees to its end."""
    starter = cli.parent()
    assert starter is not None
    starter.kill()
    return forward()


@dataclass
class Faults:
    """Which fault happens next, to which calls, and what has happened so far."""

    fault: Fault | None = None
    concerns: Callable[[Call], bool] = lambda _: True
    seen: set[Call] = field(default_factory=set[Call])
    happened: Call | None = None
    alone: bool = False
    """Whether nothing else is refused once it has happened."""
    client: psutil.Process | None = None
    """Whose call that was: the CLI."""
    made: dict[str, str] = field(default_factory=dict[str, str])
    """URN -> id of every resource that a server says it has created, whoever got to know."""
    deletions: dict[str, Callable[[], object]] = field(default_factory=dict[str, Callable[[], object]])
    """URN -> what deletes the one that was created last, as its user would at the service."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, fault: Fault | None, *, alone: bool = False) -> None:
        self.fault, self.happened, self.alone = fault, None, alone

    def made_of(self, kind: str, name: str) -> str | None:
        """The id of the resource of a type and logical name, if a server has created it."""
        return next(
            (key for urn, key in self.made.items() if urn.endswith((f"${kind}::{name}", f"::{kind}::{name}"))), None
        )

    def choose(self, call: Call, caller: Callable[[], psutil.Process]) -> Fault | None:
        """What happens to a call; `caller` gives the process that makes it."""
        with self._lock:
            if self.fault is None or call in self.seen or not self.concerns(call):
                return None
            if self.happened is not None:
                return None if self.alone else refused
            self.seen.add(call)
            self.happened, self.client = call, caller()
            return self.fault


class _Interposed(grpc.GenericRpcHandler):
    """Passes calls on to a package's server, each connection's over one of its own, as the server tells them apart."""

    def __init__(self, package: str, port: int, faults: Faults) -> None:
        self._package, self._port, self._faults = package, port, faults
        self._channels: dict[str, grpc.Channel] = {}
        self._lock = threading.Lock()
        self.port = 0
        """Where it is called; known when it is served."""

    def service(self, handler_call_details: Any) -> Any:
        path = handler_call_details.method

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            return self._answer(path, request, context)

        return grpc.unary_unary_rpc_method_handler(answer)

    def _answer(self, path: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        call = _call(self._package, path, request)
        channel = self._channel(context.peer())

        def forward() -> bytes:
            answer: bytes = channel.unary_unary(path)(request)
            if call.method == "Create":
                self._remember(call, path, channel, rpc.CreateResponse.FromString(answer))
            return answer

        fault = self._faults.choose(call, lambda: _client(context.peer(), self.port))
        try:
            if fault is None:
                return forward()
            assert self._faults.client is not None  # chosen with the fault
            return fault(call, forward, self._faults.client)
        except ServiceError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except grpc.RpcError as error:
            failed = cast("grpc.Call", error)
            context.abort(failed.code(), failed.details() or "")
        raise AssertionError  # abort raises

    def _remember(self, call: Call, path: str, channel: grpc.Channel, made: rpc.CreateResponse) -> None:
        gone = rpc.DeleteRequest(id=made.id, urn=call.subject, properties=made.properties).SerializeToString()

        def delete() -> object:
            return channel.unary_unary(path.replace("Create", "Delete"))(gone)

        self._faults.made[call.subject], self._faults.deletions[call.subject] = made.id, delete

    def _channel(self, peer: str) -> grpc.Channel:
        with self._lock:
            if peer not in self._channels:
                options = [*_UNLIMITED, ("grpc.use_local_subchannel_pool", 1)]
                self._channels[peer] = grpc.insecure_channel(f"127.0.0.1:{self._port}", options)
            return self._channels[peer]

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()


def _call(package: str, path: str, request: bytes) -> Call:
    method = path.rpartition("/")[2]
    kind = _REQUESTS.get(method)
    asked = kind.FromString(request) if kind else None
    subject = getattr(asked, "urn", "") or getattr(asked, "tok", "")
    return Call(package, method, subject)


def _client(peer: str, to: int) -> psutil.Process:
    """The process that calls a port of this machine from another one, which may have connections elsewhere as well."""
    port = int(peer.rpartition(":")[2])
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(
                each.laddr.port == port and each.raddr and each.raddr.port == to
                for each in process.net_connections("tcp")
            ):
                return process
    raise LookupError(f"nobody calls from port {port}")


@contextmanager
def interposed(ports: Mapping[str, int], faults: Faults) -> Generator[dict[str, int]]:
    """Servers in front of those of the packages; gives their ports."""
    served: list[tuple[grpc.Server, _Interposed]] = []
    mine: dict[str, int] = {}
    for package, port in ports.items():
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=_UNLIMITED)
        handler = _Interposed(package, port, faults)
        server.add_generic_rpc_handlers((handler,))
        handler.port = mine[package] = server.add_insecure_port("127.0.0.1:0")
        server.start()
        served.append((server, handler))
    try:
        yield mine
    finally:
        for server, handler in served:
            server.stop(0).wait()
            handler.close()
