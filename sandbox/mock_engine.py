"""Deploys a program where there is no pulumi CLI: on the SDK's own mock monitor, which gets real resources here.

What the program registers goes to the sandbox's provider servers, in the form in which it travels. Created is all that
it is: there is no state, so no preview, no update and no deletion.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import os
import runpy
import signal
import sys
import threading
import uuid
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

import grpc
import pulumi
import pulumi.runtime
import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import provider_pb2 as protocol
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub
from pulumi.runtime.stack import run_pulumi_func

from configuration.section import PROJECT as NAMESPACE
from configuration.stack_file import read_stack_file
from sandbox.console import tick

_PROVIDER = "pulumi:providers:"
_CHANNEL_OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),  # a provider server tells its instances apart by their connections
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]


def deploy(project: Path, stack: str) -> tuple[Mapping[str, Any], int]:
    """Create what the program in a folder registers; gives the stack's outputs, secrets shown, and how many there are.

    The environment leads to the sandbox. Raises pulumi.RunError with the program's or a provider's reason; what was
    created by then stays.
    """
    # The program changes its process: search path, event loop, configuration. Ctrl-C ends both, without a word from it.
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, spawn, signal.signal, (signal.SIGINT, signal.SIG_DFL)) as apart:
        return apart.submit(_deploy, project, stack).result()


def _deploy(project: Path, stack: str) -> tuple[Mapping[str, Any], int]:
    sys.stdout = sys.stderr  # what the program prints is no result of the command that deploys it
    os.chdir(project)
    sys.path.insert(0, str(project))
    config, secret_keys = configuration(Path(f"Pulumi.{stack}.yaml"))
    pulumi.runtime.set_all_config(config, secret_keys)
    monitor = _Monitor(config)
    return asyncio.run(_run(stack, monitor)), monitor.created


async def _run(stack: str, monitor: _Monitor) -> Mapping[str, Any]:
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # outputs that do not come after a failure are no news
    pulumi.runtime.set_mocks(cast("Any", None), NAMESPACE, stack, preview=False, monitor=monitor)
    await run_pulumi_func(lambda: cast("None", runpy.run_path("__main__.py", run_name="__main__")))
    root = cast("Any", pulumi.runtime.get_root_resource())
    return cast("Mapping[str, Any]", await pulumi.Output.from_input(root.outputs).future())


class _Monitor(MockMonitor):
    """The mock monitor with providers in place of mocks. Its methods are called from several threads."""

    def __init__(self, config: Mapping[str, str]) -> None:
        super().__init__(cast("Any", None))
        self.created = 0
        self._config = config
        self._ports = dict(each.split(":") for each in os.environ["PULUMI_DEBUG_PROVIDERS"].split(","))
        self._providers: dict[str, ResourceProviderStub] = {}
        self._lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        urn, id_, outputs = self.make_urn(request.parent, request.type, request.name), "", Struct()
        try:
            if request.type.startswith(_PROVIDER):
                id_, outputs = str(uuid.uuid4()), request.object
                self._providers[f"{urn}::{id_}"] = self._configured(urn, request.object)
            elif request.custom:
                provider = self._provider(request.provider, request.type)
                checked = _accepted(provider.Check(protocol.CheckRequest(urn=urn, news=request.object)))
                created = provider.Create(protocol.CreateRequest(urn=urn, properties=checked.inputs))
                id_, outputs = created.id, created.properties
        except (grpc.RpcError, pulumi.RunError) as error:
            raise _explained(f"{request.type} `{request.name}`", error) from error
        with self._lock:
            self.created += 1
            tick(self.created)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=outputs)

    def Invoke(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        try:
            provider = self._provider(request.provider, request.tok)
            answered = _accepted(provider.Invoke(protocol.InvokeRequest(tok=request.tok, args=request.args)))
            return resource_pb2.ResourceInvokeResponse(**{"return": getattr(answered, "return")})
        except (grpc.RpcError, pulumi.RunError) as error:
            raise _explained(request.tok, error) from error

    def _provider(self, reference: str, token: str) -> ResourceProviderStub:
        """The instance that is named, or else the package's default one, which has the stack's configuration."""
        if reference:
            return self._providers[reference]
        package = token.partition(":")[0]
        with self._lock:
            if package not in self._providers:
                config = Struct()
                own = f"{package}:"
                config.update({key.removeprefix(own): self._config[key] for key in self._config if key.startswith(own)})
                self._providers[package] = self._configured(self.make_urn("", _PROVIDER + package, "default"), config)
            return self._providers[package]

    def _configured(self, urn: str, config: Struct) -> ResourceProviderStub:
        package = urn.split("::")[2].rpartition(_PROVIDER)[2]
        if package not in self._ports:
            raise pulumi.RunError(f"the sandbox has no provider {package}; it has {', '.join(self._ports)}")
        provider = ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{self._ports[package]}", _CHANNEL_OPTIONS))
        checked = _accepted(provider.CheckConfig(protocol.CheckRequest(urn=urn, news=config)))
        provider.Configure(protocol.ConfigureRequest(args=checked.inputs, acceptSecrets=True, acceptResources=True))
        return provider


def _accepted(response: Any) -> Any:
    failures: Iterable[protocol.CheckFailure] = response.failures
    if reasons := [each.reason for each in failures]:
        raise pulumi.RunError("; ".join(reasons))
    return response


def _explained(subject: str, error: Exception) -> pulumi.RunError:
    """The reason of a provider or of ours, with what it concerns."""
    return pulumi.RunError(f"{subject}: {error.details() if isinstance(error, grpc.Call) else error}")


def configuration(stack_file: Path) -> tuple[dict[str, str], list[str]]:
    """What a program is given of its stack file, as text by `namespace:key`, and which keys are secret."""
    texts, secret_keys = read_stack_file(stack_file)
    document = yaml.safe_load(stack_file.read_text())
    for name, value in document["config"].items():
        if isinstance(value, dict) and "secure" in value:
            key = name if ":" in name else f"{NAMESPACE}:{name}"
            texts[key] = _decrypted(cast("dict[str, str]", value)["secure"], document["encryptionsalt"])
    return texts, list(secret_keys)


def _decrypted(ciphertext: str, salt: str) -> str:
    nonce, sealed = map(base64.b64decode, ciphertext.split(":")[1:])
    return _cipher(salt).decrypt(nonce, sealed, None).decode()


@cache
def _cipher(salt: str) -> AESGCM:
    """Of the CLI's passphrase provider (Pulumi's pkg/secrets/passphrase). Takes a third of a second."""
    passphrase, seed = os.environ["PULUMI_CONFIG_PASSPHRASE"].encode(), base64.b64decode(salt.split(":")[1])
    return AESGCM(hashlib.pbkdf2_hmac("sha256", passphrase, seed, 1_000_000, 32))
