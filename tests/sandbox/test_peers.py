"""The provider servers' ports: the engine shows no credential there, so they ask the operating system who it is."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator
from concurrent import futures
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox import peers
from sandbox.peers import OwnUserOnly, belongs_to, owners
from sandbox.providers.base import serve
from sandbox.providers.okta import OktaProvider
from sandbox.tenants.okta.org import OktaOrg

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1077 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:9C4A 01 00000000:00000000 00:00000000 00000000     0        0 1 3 0
   2: 0100007F:9C4A 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 1 3 0
   3: 0201000A:9C4B 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 1 3 0
   4: 0100007F:9C4D 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 1 3 0
   5: 0100007F:9C4D 0100007F:1F91 01 00000000:00000000 00:00000000 00000000  1001        0 1 3 0
   6: 0100007F:9C4E 0100007F:1F90 06 00000000:00000000 00:00000000 00000000     0        0 0 3 0
   7: 0000000000000000FFFF00000100007F:9C4C 0000000000000000FFFF00000100007F:1F90 01 0:0 00:0 0  1002        0 1 3 0
""".splitlines()


@pytest.mark.parametrize(
    ("port", "users"),
    [(40010, {1000}), (40012, {1002}), (40013, {1000, 1001}), (40014, set()), (40011, set()), (1, set())],
    ids=["client", "on a socket of both protocols", "of two users", "closed", "another interface", "nobody's"],
)
def test_finds_the_users_of_connections_from_a_port(port: int, users: set[int]) -> None:
    assert owners(port, TABLE) == users


@pytest.fixture
def port() -> Generator[int]:
    server, port = serve(OktaProvider(OktaOrg()))
    yield port
    server.stop(0).wait()


def plugin_version(port: int) -> str:
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        return provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(Empty()).version


def test_serves_the_user_who_started_it(port: int) -> None:
    assert plugin_version(port)


def test_serves_nobody_else() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(), interceptors=[OwnUserOnly(os.getuid() + 1)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(OktaProvider(OktaOrg()), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(grpc.RpcError) as refused:
            plugin_version(port)
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
        assert refused.value.details() == "the sandbox serves nobody but the user who started it"
    finally:
        server.stop(0).wait()


def test_stands_before_every_grpc_server_of_the_sandbox() -> None:
    folder = Path(peers.__file__).parent
    sources = [each.read_text() for each in folder.rglob("*.py")]
    servers = [call for source in sources for call in source.split("grpc.server(")[1:]]
    assert servers
    assert all("interceptors=[OwnUserOnly()" in call.partition(".start()")[0] for call in servers)


@pytest.mark.parametrize("by", ["the kernel's tables", "lsof"])
def test_knows_its_own_connections_and_takes_no_port_that_is_none(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if by == "lsof":
        monkeypatch.setattr(peers, "_TABLES", ())
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        port = client.getsockname()[1]
        assert belongs_to(os.getuid(), f"ipv4:127.0.0.1:{port}")
        assert belongs_to(os.getuid(), f"ipv6:%5B::ffff:127.0.0.1%5D:{port}") is False
        assert not belongs_to(os.getuid() + 1, f"ipv4:127.0.0.1:{port}")
    assert not belongs_to(os.getuid(), "ipv4:10.0.0.1:443")
    assert not belongs_to(os.getuid(), "unix:")
