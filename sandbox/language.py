"""The language runtime: starts a Python program when Pulumi's engine asks for it.

The engine attaches to it as PULUMI_DEBUG_LANGUAGES says, in place of the plugin `pulumi-language-python`, which a CLI
that was built from its Go module does not have. The program runs in a process of its own, with the Python of the
project's virtual environment where there is one, and in the environment that the sandbox was started with.
"""

# ruff: noqa: ARG002, N802  the protocol names methods and arguments

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, language_pb2_grpc, plugin_pb2

from sandbox.launcher.__main__ import REPORTED
from sandbox.network import LOOPBACK
from sandbox.peers import OwnUserOnly

_LAUNCHER = Path(__file__).parent / "launcher"
_NO_LIMIT = [("grpc.max_receive_message_length", -1)]
_MOST_PARALLEL = 16
"""What the engine names where the user does not is four billion; the SDK keeps a thread for each."""


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
        code = _run(request, self._engines[context.peer()], self._environment, context)
        if code == REPORTED:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}" if code else "")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Run a plugin that is a Python program; what it prints, the engine reads: first of all, its port."""
        process = subprocess.Popen(  # noqa: S603  the plugin that the engine names, in the engine's environment
            [_python(request.info), "-u", request.info.program_directory, *request.args],
            cwd=request.pwd,
            env=dict(each.split("=", 1) for each in request.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        context.add_callback(lambda: _end(process))
        printed: Queue[Any] = Queue()
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
            Thread(target=_gather, args=(name, stream, printed), daemon=True).start()
        for _ in range(2):  # until both streams have ended
            while piece := printed.get():
                yield language_pb2.RunPluginResponse(**piece)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def serve(environment: Mapping[str, str]) -> tuple[grpc.Server, int]:
    """A running server, which lives as long as it is referred to, and its port."""
    pool = futures.ThreadPoolExecutor(thread_name_prefix="language", max_workers=64)
    server = grpc.server(pool, interceptors=[OwnUserOnly()])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageRuntime(environment), server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    server.start()
    return server, port


def _run(request: Any, engine: str, environment: Mapping[str, str], context: Any) -> int:
    process = subprocess.Popen(  # noqa: S603  # the project's own program
        [_python(request.info), "-u", str(_LAUNCHER)],
        cwd=request.info.program_directory,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    context.add_callback(lambda: _end(process))  # also when the engine gives up, or dies
    with process, grpc.insecure_channel(engine, _NO_LIMIT) as channel:
        log = engine_pb2_grpc.EngineStub(channel).Log
        readers = [
            Thread(target=_forward, args=(stream, number, log))
            for number, stream in enumerate((process.stdout, process.stderr), start=1)
        ]
        for reader in readers:
            reader.start()
        assert process.stdin  # noqa: S101  # it is a pipe
        with suppress(BrokenPipeError):  # one that ended early says why in what it printed
            process.stdin.write(json.dumps(_settings(request, engine)) + "\n")
            process.stdin.flush()
        for reader in readers:
            reader.join()
        return process.wait()


def _python(info: Any) -> str:
    named = dict(info.options).get("virtualenv", ".venv")
    python = Path(info.root_directory, named, "bin", "python")
    return str(python if python.exists() else sys.executable)


def _settings(request: Any, engine: str) -> dict[str, Any]:
    return {
        **{name: getattr(request, name) for name in ("project", "stack", "organization", "pwd")},
        "args": list(request.args),
        "root_directory": request.info.root_directory,
        "program": os.path.normpath(Path(request.info.program_directory, request.info.entry_point)),
        "monitor": request.monitor_address,
        "engine": engine,
        "dry_run": request.dryRun,
        "parallel": min(request.parallel, _MOST_PARALLEL),
        "config": dict(request.config),
        "secret_keys": list(request.configSecretKeys),
    }


def _forward(stream: IO[str], number: int, log: Any) -> None:
    """Tell the engine what the program prints, for its user to read in one piece."""
    with suppress(grpc.RpcError):  # the engine is gone, and the program will be
        for line in stream:
            log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line, streamId=number))


def _gather(name: str, stream: IO[bytes], printed: Queue[Any]) -> None:
    for line in stream:
        printed.put({name: line})
    printed.put(None)


def _end(process: subprocess.Popen[Any]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
