"""The sandbox: what its gateways' authorization costs, and how long people wait for it, on the clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import psutil

from agentcore_auth.tokens.getting import credentials_of, get_token
from bench.measuring import Bench, BenchError, Figure, in_turn, ratios
from sandbox import services
from sandbox.project import copy
from sandbox.services import PROJECT, Services
from sandbox.stack import Stack, pulumi_command

_REQUESTS = 100
_PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
_METADATA = "/.well-known/oauth-protected-resource"
_SETUP = ("requirements.txt", "requirements-dev.txt", "constraints.txt", "pyproject.toml", "scripts", "agentcore_auth")


def waiting(bench: Bench) -> Iterator[Figure]:
    """Seconds on the clock: start, deployment, demonstration, setup. And requests to a gateway of what was deployed."""
    starts: list[float] = []
    deployments: list[float] = []
    rates: list[list[float]] = []
    for number in range(bench.rounds):
        folder = bench.folder / f"sandbox{number}"
        folder.mkdir()
        began = time.monotonic()
        running = services.start(folder, attached=True)
        starts.append(time.monotonic() - began)
        try:
            stack = Stack(running, copy(PROJECT, folder / "project"), "sandbox", pulumi_command())
            began = time.monotonic()
            stack.up()
            deployments.append(time.monotonic() - began)
            rates = rates or _requests(bench, running, stack)
        finally:
            running.stop()
    yield Figure("gateway: requests with a token", rates[0], "/s")
    yield Figure("gateway: requests that anybody may make", rates[1], "/s")
    yield Figure("gateway: the former / the latter", ratios(*rates), "x")
    yield Figure("sandbox: ready", starts, "s", aim="aim: 4")
    yield Figure("sandbox: up of three providers, seven targets", deployments, "s", aim="aim: 10")
    demos = [bench.command(sys.executable, "-m", "sandbox", "demo", cwd=PROJECT) for _ in range(bench.rounds)]
    yield Figure("sandbox: the demo", [demo.clock for demo in demos], "s", aim="aim: 20")
    yield Figure("sandbox: the demo, CPU time", [demo.cpu for demo in demos], "s")
    yield Figure("setup from an empty cache", [_setup(bench)], "s", aim="the network's")


def _requests(bench: Bench, running: Services, stack: Stack) -> list[list[float]]:
    """Requests a second of the server's CPU time: to a gateway with a token, and to its metadata without."""
    provider, gateway = stack.outputs().provider("cognito"), stack.outputs().gateway("cognito")
    server = psutil.Process(running.pid)
    before = dict(os.environ)
    os.environ.update(running.environment({}))
    try:
        token = get_token(credentials_of(provider, provider.client(None)), cache=None).token
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        with httpx2.Client() as client:

            def with_token() -> float:
                return _rate(server, lambda: client.post(gateway.mcp_url, json=_PING, headers=headers), 200)

            def without() -> float:
                return _rate(server, lambda: client.get(gateway.url + _METADATA), 200)

            return in_turn(bench.rounds, with_token, without)
    finally:
        os.environ.clear()
        os.environ.update(before)


def _rate(server: psutil.Process, ask: Callable[[], Any], status: int) -> float:
    began = server.cpu_times()
    for _ in range(_REQUESTS):
        if (answer := ask()).status_code != status:
            raise BenchError(f"the gateway answers {answer.status_code}: {answer.text[:200]}")
    ended = server.cpu_times()
    return _REQUESTS / max(ended.user + ended.system - began.user - began.system, 0.01)


def _setup(bench: Bench) -> float:
    """As after a clone on a new machine, in a folder with caches of its own."""
    folder = bench.folder / "clone"
    folder.mkdir()
    for name in _SETUP:
        source = PROJECT / name
        _ = shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy2(source, folder / name)
    caches = {"UV_CACHE_DIR": str(folder / "uv"), "PIP_CACHE_DIR": str(folder / "pip")}
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603  # our own script
        [folder / "scripts" / "setup.sh", ".venv"],
        cwd=folder,
        env={**os.environ, **caches},
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.monotonic() - began
    if done.returncode:
        raise BenchError(f"scripts/setup.sh ended with {done.returncode}:\n{done.stderr.strip()[-500:]}")
    shutil.rmtree(folder)
    return taken
