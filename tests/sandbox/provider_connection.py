"""For tests of provider servers: one connection to a provider, used the way an engine uses it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.providers.base import Provider, serve
from sandbox.providers.values import Properties, Secret, decode, encode, plain
from sandbox.services import PROJECT, without_credentials


class Connection:
    """Resources by their type token; values as Python, secrets as `Secret`. Raises grpc.RpcError with the message."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
        self._stub = stub

    def configure(self, config: Mapping[str, Any]) -> None:
        self._stub.Configure(provider_pb2.ConfigureRequest(args=encode(config)))

    def mistakes(self, token: str, inputs: Mapping[str, Any]) -> list[str]:
        """What a check says against the inputs."""
        return [failure.reason for failure in self._check(token, inputs).failures]

    def create(self, token: str, inputs: Mapping[str, Any]) -> tuple[str, Properties]:
        """Check and create; gives id and state."""
        made = self._stub.Create(provider_pb2.CreateRequest(urn=urn(token), properties=self._checked(token, inputs)))
        return made.id, decode(made.properties)

    def preview(self, token: str, inputs: Mapping[str, Any]) -> Properties:
        request = provider_pb2.CreateRequest(urn=urn(token), properties=self._checked(token, inputs), preview=True)
        return decode(self._stub.Create(request).properties)

    def replaces(self, token: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
        """The changed properties that replace the resource."""
        return list(self._diff(token, old, new).replaces)

    def changes(self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], *ignored: str) -> list[str]:
        """The changed properties, but for those that the program ignores."""
        return list(self._diff(token, old, new, *ignored).diffs)

    def read(self, token: str, key: str, state: Properties) -> Properties | None:
        answer = self._stub.Read(provider_pb2.ReadRequest(urn=urn(token), id=key, properties=encode(state)))
        return decode(answer.properties) if answer.id else None

    def imported(self, token: str, identifier: str) -> tuple[str, Properties]:
        """Reads what an import's id names; gives the resource's own id, and its inputs."""
        answer = self._stub.Read(provider_pb2.ReadRequest(urn=urn(token), id=identifier))
        return answer.id, decode(answer.inputs)

    def update(self, token: str, key: str, state: Properties, inputs: Mapping[str, Any]) -> Properties:
        news = self._checked(token, inputs)
        request = provider_pb2.UpdateRequest(urn=urn(token), id=key, olds=encode(state), news=news)
        return decode(self._stub.Update(request).properties)

    def delete(self, token: str, key: str, state: Properties) -> None:
        self._stub.Delete(provider_pb2.DeleteRequest(urn=urn(token), id=key, properties=encode(state)))

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Properties:
        answer = self._stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode(arguments)))
        return decode(getattr(answer, "return"))

    def _check(self, token: str, inputs: Mapping[str, Any]) -> provider_pb2.CheckResponse:
        return self._stub.Check(provider_pb2.CheckRequest(urn=urn(token), news=encode(inputs), randomSeed=b"seed"))

    def _diff(
        self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], *ignored: str
    ) -> provider_pb2.DiffResponse:
        olds, news = self._checked(token, old), self._checked(token, new)
        request = provider_pb2.DiffRequest(urn=urn(token), old_inputs=olds, news=news, ignoreChanges=ignored)
        return self._stub.Diff(request)

    def _checked(self, token: str, inputs: Mapping[str, Any]) -> Any:
        checked = self._check(token, inputs)
        assert not checked.failures, checked.failures
        return checked.inputs


class Recorder:
    """Passes requests on to an app and keeps `METHOD /path?query` of each, escapes as they came, and JSON bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._seen: list[str] = []
        self.documents: list[Any] = []

    def taken(self) -> list[str]:
        """The requests since the last time that this was asked."""
        seen, self._seen = self._seen, []
        return seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        self._seen.append(f"{scope['method']} {scope['raw_path'].decode()}{query}")

        async def listen() -> Message:
            message = await receive()
            if message.get("body", b"").startswith(b"{"):
                self.documents.append(json.loads(message["body"]))
            return message

        await self._app(scope, listen, send)


@contextlib.contextmanager
def connected(provider: Provider[Any], config: Mapping[str, Any] | None = None) -> Generator[Connection]:
    """A configured connection to the provider, served for as long as the context lasts."""
    server, port = serve(provider)
    try:
        with configured(port, config or {}) as connection:
            yield connection
    finally:
        server.stop(0).wait()


@contextlib.contextmanager
def configured(port: int, config: Mapping[str, Any]) -> Generator[Connection]:
    """A configured connection to a provider that is served already."""
    own_connection = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=own_connection) as channel:
        connection = Connection(provider_pb2_grpc.ResourceProviderStub(channel))
        connection.configure(config)
        yield connection


def command(provider: Provider[Any], environment: Mapping[str, str], create: tuple[str, Mapping[str, Any]]) -> str:
    """Have a process with these variables create a resource; gives why it was refused, empty if it was not."""
    server, port = serve(provider)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.sandbox.provider_connection", str(port), *map(json.dumps, create)],
            env={**without_credentials(os.environ), **environment},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    finally:
        server.stop(0).wait()
    return ended.stdout


def main() -> None:
    port, token, inputs = map(json.loads, sys.argv[1:])
    try:
        with configured(port, {}) as connection:
            connection.create(token, inputs)
    except grpc.RpcError as refused:
        print(refused.details())  # noqa: T201  # pyright: ignore[reportAttributeAccessIssue]  grpc's stubs


def urn(token: str) -> str:
    return f"urn:pulumi:test::agentcore-auth::{token}::it"


def secret(value: Any) -> Any:
    """The value inside a secret; fails where it is none."""
    assert isinstance(value, Secret)
    return plain(value)


if __name__ == "__main__":
    main()
