"""The language runtime: starts a Python program when Pulumi's engine asks for it.

The engine attaches to it as PULUMI_DEBUG_LANGUAGES says, in place of the plugin `pulumi-language-python`, which a CLI
that was built from its Go module does not have. The program runs in a process of its own, with the Python of the
project's virtual environment where there is one, and in the environment that the sandbox was started with.
"""

# ruff: noqa: ARG002, N802  the protocol names methods and arguments

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, cast

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToJson
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, language_pb2_grpc, plugin_pb2

from sandbox.launcher.__main__ import REPORTED
from sandbox.network import LOOPBACK
from sandbox.peers import OwnUserOnly

_LAUNCHER = Path(__file__).parent / "launcher"
_NO_LIMIT = [("grpc.max_receive_message_length", -1)]
_STREAMS = ("stdout", "stderr")


class LanguageRuntime(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs programs in an environment, which may still be filled in until the first one comes."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._engines: dict[str, str] = {}

    def Handshake(self, request: Any, context: Any) -> Any:
        self._engines[context.peer()] = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo()

    def About(self, request: Any, context: Any) -> Any:
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.partition(" ")[0])

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:
        """None: providers are attached to, and the engine takes their versions from what the program registers."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        return language_pb2.GetProgramDependenciesResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        """The engine's call of Run ends at the same time, and so does the program."""
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:
        """Run a program to its end; an error is told here only if it was not told to the engine before."""
        engine, info = self._engines[context.peer()], request.info
        command = [_python(info), "-u", str(_LAUNCHER), engine]
        with (
            _started(command, info.program_directory, self._environment, context) as process,
            grpc.insecure_channel(engine, _NO_LIMIT) as channel,
        ):
            assert process.stdin  # noqa: S101  # it is a pipe
            with suppress(BrokenPipeError):  # one that ended early says why in what it printed
                process.stdin.write(MessageToJson(request, indent=None).encode() + b"\n")
                process.stdin.flush()
            log = engine_pb2_grpc.EngineStub(channel).Log
            with suppress(grpc.RpcError):  # the engine is gone, and the program will be
                for name, line in _printed(process):
                    number, message = _STREAMS.index(name) + 1, line.decode(errors="replace")
                    log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, streamId=number))
            code = process.wait()
        if code == REPORTED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}" if code else "")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a plugin that is a Python program; what it prints, the engine reads: first of all, its port."""
        command = [_python(request.info), "-u", request.info.program_directory, *request.args]
        environment = dict(each.split("=", 1) for each in request.env)
        with _started(command, request.pwd, environment, context) as process:
            for name, line in _printed(process):
                yield language_pb2.RunPluginResponse(**cast("Any", {name: line}))
            yield language_pb2.RunPluginResponse(exitcode=process.wait())


def serve(environment: Mapping[str, str]) -> tuple[grpc.Server, int]:
    """A running server, which lives as long as it is referred to, and its port."""
    pool = futures.ThreadPoolExecutor(thread_name_prefix="language", max_workers=64)
    server = grpc.server(pool, interceptors=[OwnUserOnly()])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageRuntime(environment), server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    return server, port


def _started(
    command: Sequence[str], folder: str, environment: Mapping[str, str], context: Any
) -> subprocess.Popen[bytes]:
    """A process that ends with the engine's call, also when the engine gives up, or dies."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(  # noqa: S603  # the project's own program, or the plugin that the engine names
        command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )
    context.add_callback(lambda: _end(process))
    return process


def _printed(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """The lines of both streams, as they come, until both have ended."""
    lines: Queue[tuple[str, bytes]] = Queue()

    def gather(name: str) -> None:
        for line in getattr(process, name):
            lines.put((name, line))
        lines.put((name, b""))

    for name in _STREAMS:
        Thread(target=gather, args=[name], daemon=True).start()
    for _ in _STREAMS:
        while (printed := lines.get())[1]:
            yield printed


def _python(info: Any) -> str:
    named = dict(info.options).get("virtualenv", ".venv")
    python = Path(info.root_directory, named, "bin", "python")
    return str(python if python.exists() else sys.executable)


def _end(process: subprocess.Popen[Any]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
