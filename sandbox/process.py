"""The services process: all that stands in for the cloud, in one process, so that its state is shared in memory.

It serves until it is killed: there is nothing that would have to be put in order.

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
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import httpx2
import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from sandbox import aws_api, backends, cognito, language, seeds
from sandbox.aws.installation import install
from sandbox.control import control_app
from sandbox.credentials import ENVIRONMENT
from sandbox.gateway import api_gateway_target, openapi_target, smithy_target
from sandbox.gateway.data_plane import GatewayDataPlane
from sandbox.gateway.deployed import GATEWAY_HOST
from sandbox.gateway.http_target import HttpInvoker
from sandbox.gateway.invocation import Invoker
from sandbox.gateway.lambda_target import LambdaInvoker
from sandbox.gateway.mcp_target import McpInvoker
from sandbox.gateway.outbound import TokenVault
from sandbox.leftovers import aws_resources
from sandbox.network import LOOPBACK, Authority, ConnectProxy, Front, Route
from sandbox.providers.auth0 import Auth0Provider
from sandbox.providers.aws import AwsProvider
from sandbox.providers.base import serve
from sandbox.providers.okta import OktaProvider
from sandbox.services import CA, CONTROL, Services, announce
from sandbox.tenants.auth0.tenant import Auth0Tenant
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
        vault = TokenVault(self._client)
        invokers: dict[str, Invoker] = {
            "lambda": LambdaInvoker(self.function_environment),
            "smithyModel": HttpInvoker(self._client, vault, smithy_target.operations, smithy_target.signed_for_service),
            "openApiSchema": HttpInvoker(self._client, vault, openapi_target.operations),
            "mcpServer": McpInvoker(self._client, vault),
            "apiGateway": HttpInvoker(self._client, vault, api_gateway_target.operations),
        }
        self.gateway = GatewayDataPlane(invokers, self._fetch_json, self.function_environment)
        self.front = Front(
            [
                Route(GATEWAY_HOST, self.gateway),
                Route(cognito.TOKEN_HOST, self.cognito.app),
                Route(cognito.ISSUER_HOST, self.cognito.app, cognito.ISSUER_PATH),
                Route(re.compile(re.escape(self.auth0.domain)), self.auth0.app),
                Route(re.compile(re.escape(self.okta.domain)), self.okta.app),
                Route(re.compile(re.escape(CONTROL)), control_app(self.mint, self.leftovers)),
                *backends.routes(),
                Route(aws_api.HOST, self.api),
            ]
        )

    def plant(self, api_url: str) -> None:
        """Put in what is there from the start."""
        seeds.plant(api_url)
        self._planted = frozenset(aws_resources())

    def mint(self, claims: Mapping[str, Any], issuer: str) -> str:
        """A token with exactly these claims, signed with the issuer's key, for tests of what refuses tokens.

        Raises LookupError for another issuer, for an audience that the tenant does not have, for a server that the org
        does not have.
        """
        if issuer == self.auth0.issuer:
            # The audience's dialect decides the header's `typ`, so it has to be one that the tenant has.
            return self.auth0.sign(claims, audience=str(claims["aud"]))
        if issuer.startswith(f"https://{self.okta.domain}/oauth2/"):
            return self.okta.sign(claims, server=issuer.rpartition("/")[2])
        return self.cognito.sign(claims, issuer=issuer)

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


async def start(folder: Path) -> object:
    """Have everything listen, and tell the services' folder where. What is given serves for as long as it is held."""
    cloud = Cloud()
    api_url = f"http://{LOOPBACK}:{await _listen(cloud.api)}"
    planting = asyncio.create_task(asyncio.to_thread(cloud.plant, api_url))
    ca, password = folder / CA, secrets.token_urlsafe(30)
    proxy = ConnectProxy(cloud.front.knows, _protocols(cloud.front), Authority(ca).server_context(), password)
    played = (AwsProvider(api_url), Auth0Provider(cloud.auth0), OktaProvider(cloud.okta))
    providers = {provider.package: serve(provider) for provider in played}
    program_environment: dict[str, str] = {}
    runtime, language_port = language.serve(program_environment)
    services = Services(
        folder=folder,
        pid=os.getpid(),
        proxy=f"http://sandbox:{password}@{LOOPBACK}:{await proxy.start()}",
        ca=ca,
        aws=api_url,
        providers={package: port for package, (_, port) in providers.items()},
        language=language_port,
        credentials=ENVIRONMENT,
    )
    cloud.function_environment.update(services.environment({}))
    program_environment.update(services.environment(os.environ))
    await planting
    announce(services)
    # What the first call of a gateway needs, while there is something else to wait for: half a second.
    threading.Thread(target=importlib.import_module, args=["sandbox.gateway.mcp_server"], daemon=True).start()
    return providers, runtime


async def _listen(app: ASGIApp) -> int:
    """Serve an ASGI app on a free port, which is given, for as long as the event loop runs."""
    server = await asyncio.get_running_loop().create_server(_protocols(app), LOOPBACK, 0)
    return int(server.sockets[0].getsockname()[1])


def _protocols(app: ASGIApp) -> Callable[[], asyncio.Protocol]:
    """Makes the protocols that serve an ASGI app, one for each connection."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_keep_alive=_KEEP_ALIVE)
    config.load()
    state = ServerState()
    return lambda: cast("asyncio.Protocol", cast("Any", config.http_protocol_class)(config, state, {}))


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
    if arguments.attached:
        # The starter never writes: its pipe ends when it closes it, or dies.
        loop.add_reader(0, os._exit, 0)
    _serving = loop.run_until_complete(start(arguments.folder))
    loop.run_forever()


if __name__ == "__main__":
    main()
