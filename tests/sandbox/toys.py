"""A fictional provider, `toys`, whose boxes stand on shelves: something for an engine to deploy without any cloud.

A box is replaced when its `color` changes (the new one first) and updated for anything else. A shelf is replaced when
its `place` changes, and has to be gone before the new one comes: there is one shelf in a place. `fail` names the call
that fails.
"""

# ruff: noqa: ARG002, N802  the protocol names methods and arguments

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent import futures
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Generator

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_REPLACING = {"toys:index:Box": {"color"}, "toys:index:Shelf": {"place"}}
_Diff = provider_pb2.DiffResponse
_Kind = provider_pb2.PropertyDiff


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _plain(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return getattr(value, kind) if kind and kind != "null_value" else None


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


class Toys(provider_pb2_grpc.ResourceProviderServicer):
    """The provider; what it holds and what it was asked is there for tests to look at."""

    def __init__(self, *, accept_secrets: bool) -> None:
        self.things: dict[str, tuple[str, dict[str, Any]]] = {}
        self.calls: list[tuple[str, str]] = []
        self._accept_secrets = accept_secrets
        self._lock = threading.Lock()
        self._counts: defaultdict[str, count[int]] = defaultdict(lambda: count(1))

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=self._accept_secrets, accept_resources=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.2.3")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds, news = _plain(request.old_inputs), _plain(request.news)
        changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
        return _Diff(
            changes=_Diff.DIFF_SOME if changed else _Diff.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key == "account"],
        )

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self._accept_secrets, acceptResources=True, supportsPreview=True
        )

    def Check(self, request: Any, context: Any) -> Any:
        news = _plain(request.news)
        failures = []
        if news.get("size") == 0:
            failures = [provider_pb2.CheckFailure(property="size", reason="a box of size 0 holds nothing")]
        news.setdefault("label", _plain(request.olds).get("label") or f"{request.name} of {len(request.randomSeed)}")
        return provider_pb2.CheckResponse(inputs=_struct(news), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        olds, news = _plain(request.old_inputs), _plain(request.news)
        changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
        replaces = [key for key in changed if key in _REPLACING[request.type]]

        def kind(key: str) -> Any:
            name = "ADD" if key not in olds else "DELETE" if key not in news else "UPDATE"
            return _Kind.Kind.Value(f"{name}_REPLACE" if key in replaces else name)

        return _Diff(
            changes=_Diff.DIFF_SOME if changed else _Diff.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
            deleteBeforeReplace=request.type == "toys:index:Shelf",
            detailedDiff={key: _Kind(kind=kind(key), inputDiff=True) for key in changed},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        inputs = _plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=_struct({**inputs, "serial": UNKNOWN, "key": UNKNOWN}))
        self._note("create", request, context, inputs)
        with self._lock:
            taken = [held["place"] for kind, held in self.things.values() if kind == "toys:index:Shelf"]
            if request.type == "toys:index:Shelf" and inputs["place"] in taken:
                context.abort(grpc.StatusCode.ALREADY_EXISTS, f"there is a shelf in the {inputs['place']} already")
            name = request.urn.rsplit("::", 1)[1]
            id_ = f"{name}-{next(self._counts[name])}"
            self.things[id_] = (request.type, inputs)
        outputs = self._outputs(id_, inputs)
        return provider_pb2.CreateResponse(id=id_, properties=outputs)

    def Update(self, request: Any, context: Any) -> Any:
        inputs = _plain(request.news)
        if not request.preview:
            self._note("update", request, context, inputs)
            self.things[request.id] = (request.type, inputs)
        return provider_pb2.UpdateResponse(properties=self._outputs(request.id, inputs))

    def Delete(self, request: Any, context: Any) -> Any:
        _, inputs = self.things[request.id]
        self._note("delete", request, context, inputs)
        del self.things[request.id]
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        arguments = _plain(request.args)
        if request.tok != "toys:index:colorOf":
            context.abort(grpc.StatusCode.NOT_FOUND, f"no function {request.tok}")
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").update({"color": f"{arguments['name']}-red"})
        return response

    def Read(self, request: Any, context: Any) -> Any:
        """Nothing is found by its id, as far as an import is concerned."""
        return provider_pb2.ReadResponse()

    def _note(self, call: str, request: Any, context: Any, inputs: dict[str, Any]) -> None:
        name = request.urn.rsplit("::", 1)[1]
        with self._lock:
            self.calls.append((call, name))
        if inputs.get("fail") == call:
            context.abort(grpc.StatusCode.INTERNAL, f"the toy broke on {call}")

    def _outputs(self, id_: str, inputs: dict[str, Any]) -> struct_pb2.Struct:
        return _struct({**inputs, "serial": f"serial-{id_}", "key": f"key-{id_}"})


@contextmanager
def serving(*, accept_secrets: bool = True) -> Generator[tuple[Toys, int]]:
    """A provider and the port on which it answers."""
    toys = Toys(accept_secrets=accept_secrets)
    server = grpc.server(futures.ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(toys, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield toys, port
    finally:
        server.stop(grace=None).wait()
