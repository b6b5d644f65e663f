"""The services process: all that stands in for the cloud, in one process, so that its state is shared in memory.

usage: python -m sandbox.process FOLDER [--attached]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import os
import re
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import httpx2
import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from sandbox import aws_api, backends, cognito, language, seeds
from sandbox.admin import Mint, admin_app
from sandbox.aws.installation import install
from sandbox.credentials import AWS_SECRET_KEY
from sandbox.gateway import api_gateway_target, openapi_target, smithy_target
from sandbox.gateway.data_plane import GatewayDataPlane
from sandbox.gateway.deployed import GATEWAY_HOST
from sandbox.gateway.http_target import HttpInvoker
from sandbox.gateway.invocation import Invoker
from sandbox.gateway.lambda_target import LambdaInvoker
from sandbox.gateway.mcp_target import McpInvoker
from sandbox.gateway.outbound import Outbound
from sandbox.leftovers import aws_resources
from sandbox.network import LOOPBACK, Authority, ConnectProxy, Front, Route
from sandbox.providers.auth0 import Auth0Provider
from sandbox.providers.aws import AwsProvider
from sandbox.providers.base import Provider, serve
from sandbox.providers.okta import OktaProvider
from sandbox.services import CA, Services, announce
from sandbox.tenants.auth0.tenant import Auth0Tenant
from sandbox.tenants.credentials import ENVIRONMENT
from sandbox.tenants.okta.org import OktaOrg

_KEEP_ALIVE = 120
"""Seconds: longer than clients keep a connection, so that none is closed just when it is used again."""


class Cloud:
    """Everything that is played, wired together; nothing listens yet."""

    def __init__(self) -> None:
        install()
        self.api = aws_api.AwsApi()
        self.cognito = cognito.CognitoIssuer()
        self.auth0 = Auth0Tenant()
        self.okta = OktaOrg()
        self.function_environment: dict[str, str] = {}
        outbound = Outbound(self._client)
        invokers: dict[str, Invoker] = {
            "lambda": LambdaInvoker(self.function_environment),
            "smithyModel": HttpInvoker(outbound, smithy_target.operations, smithy_target.signed_for_service),
            "openApiSchema": HttpInvoker(outbound, openapi_target.operations),
            "mcpServer": McpInvoker(outbound),
            "apiGateway": HttpInvoker(outbound, api_gateway_target.operations),
        }
        self.gateway = GatewayDataPlane(invokers, self._fetch_json, self.function_environment)
        self.front = Front(
            [
                Route(GATEWAY_HOST, self.gateway),
                Route(cognito.TOKEN_HOST, self.cognito.app),
                Route(cognito.ISSUER_HOST, self.cognito.app, cognito.ISSUER_PATH),
                Route(re.compile(re.escape(self.auth0.domain)), self.auth0.app),
                Route(re.compile(re.escape(self.okta.domain)), self.okta.app),
                *backends.routes(),
                Route(aws_api.HOST, self.api),
            ]
        )

    def plant(self, api_url: str) -> None:
        """Put in what is there from the start."""
        seeds.plant(api_url)
        self._planted = frozenset(aws_resources())

    def leftovers(self) -> Iterator[str]:
        """What was made since, and is still there."""
        yield from (resource for resource in aws_resources() if resource not in self._planted)
        yield from self.auth0.leftovers()
        yield from self.okta.leftovers()

    def _client(self, **settings: Any) -> httpx2.AsyncClient:
        """Reaches the hosts played here, without going through the network, and no others."""
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.front), **settings)

    async def _fetch_json(self, url: str) -> Mapping[str, object]:
        async with self._client() as client:
            response = await client.get(url)
        if response.status_code != 200:
            raise LookupError(f"{url} answers {response.status_code}")
        return cast("dict[str, object]", response.json())


async def run(folder: Path, *, attached: bool) -> None:
    """Serve until told to stop; `attached`, also until standard input ends."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if attached:
        threading.Thread(target=_watch_starter, args=(loop, stopped), daemon=True).start()
    cloud = Cloud()
    api_url = f"http://{LOOPBACK}:{await _listen(cloud.api)}"
    planting = asyncio.create_task(asyncio.to_thread(cloud.plant, api_url))
    authority = Authority()
    ca = folder / CA
    authority.write(ca)
    password, secret = secrets.token_urlsafe(30), secrets.token_urlsafe(30)
    proxy = ConnectProxy(cloud.front.knows, _protocols(cloud.front), authority.server_context(), password)
    mint = Mint(cloud.cognito, cloud.auth0, cloud.okta)
    admin = await _listen(admin_app(mint, cloud.leftovers, stopped.set, secret))
    providers = {provider.package: serve(provider) for provider in _providers(cloud, api_url)}
    program_environment: dict[str, str] = {}
    runtime, language_port = language.serve(program_environment)
    services = Services(
        folder=folder,
        pid=os.getpid(),
        proxy=f"http://sandbox:{password}@{LOOPBACK}:{proxy.start()}",
        ca=ca,
        aws=api_url,
        admin=f"http://{LOOPBACK}:{admin}",
        providers={package: port for package, (_, port) in providers.items()},
        language=language_port,
        secret=secret,
        credentials={"AWS_SECRET_ACCESS_KEY": AWS_SECRET_KEY, **ENVIRONMENT},
    )
    cloud.function_environment.update(services.environment({}))
    program_environment.update(services.environment(os.environ))
    await planting
    announce(services)
    threading.Thread(target=_import_ahead, daemon=True).start()
    await stopped.wait()
    runtime.stop(grace=None)


def _providers(cloud: Cloud, api_url: str) -> Iterator[Provider[Any]]:
    yield AwsProvider(api_url)
    yield Auth0Provider(cloud.auth0)
    yield OktaProvider(cloud.okta)


def _protocols(app: ASGIApp) -> Callable[[], asyncio.Protocol]:
    """Makes the protocols that serve an ASGI app, one for each connection."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=_KEEP_ALIVE)
    config.load()
    state = ServerState()
    return lambda: cast("asyncio.Protocol", cast("Any", config.http_protocol_class)(config, state, {}))


async def _listen(app: ASGIApp) -> int:
    """Serve an ASGI app on a free port, which is given, for as long as the process lives."""
    server = await asyncio.get_running_loop().create_server(_protocols(app), LOOPBACK, 0)
    return int(server.sockets[0].getsockname()[1])


def _import_ahead() -> None:
    """What the first call of a gateway needs, while there is something else to wait for: half a second."""
    importlib.import_module("sandbox.gateway.mcp_server")


def _watch_starter(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    """The starter never writes: its pipe ends when it closes it, or dies."""
    while os.read(0, 1):
        pass
    loop.call_soon_threadsafe(stopped.set)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.process")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--attached", action="store_true", help="end when standard input does")
    arguments = parser.parse_args()
    os.umask(0o077)
    # The SDKs that are yet to come are hundreds of thousands of objects that live to the end; looking for garbage among
    # them every 700 would take a fifth of the time.
    gc.set_threshold(100_000)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(run(arguments.folder, attached=arguments.attached))
    os._exit(0)  # All there was is in memory: closing connections and threads one by one would only take time.


if __name__ == "__main__":
    main()
