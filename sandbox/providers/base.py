"""A server of Pulumi's `pulumirpc.ResourceProvider` from tables of resource types, for an engine that is told its port.

What is planned follows the Terraform bridge of the real plugins: it notes in `__defaults` which inputs the program did
not give, and takes those from the old inputs again.
"""

# ruff: noqa: N802  the protocol names the methods

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any, ClassVar, Generic, cast

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as rpc

from sandbox.peers import OwnUserOnly
from sandbox.providers import arguments
from sandbox.providers.declarations import ClientT, FunctionType, ResourceType, parts
from sandbox.providers.diffs import decide
from sandbox.providers.values import (
    DEFAULTS,
    UNKNOWN,
    Properties,
    ProviderError,
    Secret,
    decode,
    encode,
    plain,
    visible,
)

__all__ = ["FunctionType", "Provider", "ProviderError", "ResourceType", "parts", "serve"]

Context = grpc.ServicerContext
_NOTHING: tuple[Any, ...] = (None, "", [], {})
logger = logging.getLogger(__name__)


class Provider(ABC, provider_pb2_grpc.ResourceProviderServicer, Generic[ClientT]):
    """The protocol's methods over tables of resource types and functions. What they raise, `serve` answers with.

    All instances of a package reach the same server, so the configuration is kept per connection (`context.peer()`): a
    client that opens several channels in one process sets the channel option `grpc.use_local_subchannel_pool` on each.
    """

    package: ClassVar[str]
    sdk: ClassVar[str]
    """The Python package of the real plugin's SDK: the server gives itself its version."""
    resources: tuple[ResourceType[ClientT], ...]
    functions: tuple[FunctionType[ClientT], ...] = ()

    def __init__(self) -> None:
        self._clients: dict[str, ClientT] = {}
        self._resources = {each.token: each for each in self.resources}
        self._functions = {each.token: each for each in self.functions}

    @abstractmethod
    def connect(self, config: Properties, peer: str) -> ClientT:
        """A client for the provider instance of who asks. Raises ProviderError where the configuration is of no use."""

    def explain(self, error: Exception) -> str | None:
        """The message for an exception of a client library; None where it is a defect of the sandbox."""
        return str(error) if isinstance(error, ProviderError | OSError) else None

    def GetPluginInfo(self, request: Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=importlib.metadata.version(self.sdk))

    def Handshake(self, request: rpc.ProviderHandshakeRequest, context: Context) -> rpc.ProviderHandshakeResponse:
        return rpc.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> Empty:
        return Empty()

    def Cancel(self, request: Empty, context: Context) -> Empty:
        return Empty()  # no call outlasts its request

    def GetSchema(self, request: rpc.GetSchemaRequest, context: Context) -> rpc.GetSchemaResponse:
        schema = {
            "name": self.package,
            "version": importlib.metadata.version(self.sdk),
            "resources": {token: {} for token in self._resources},
            "functions": {token: {} for token in self._functions},
        }
        return rpc.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(self, request: rpc.CheckRequest, context: Context) -> rpc.CheckResponse:
        config = self._config(decode(request.news))
        mistakes = arguments.check(f"{self.sdk}:ProviderArgs", {k: v for k, v in config.items() if k != "version"})
        return rpc.CheckResponse(inputs=request.news, failures=mistakes)

    def DiffConfig(self, request: rpc.DiffRequest, context: Context) -> rpc.DiffResponse:
        return decide(decode(request.old_inputs), decode(request.news))

    def Configure(self, request: rpc.ConfigureRequest, context: Context) -> rpc.ConfigureResponse:
        self._clients[context.peer()] = self.connect(plain(self._config(decode(request.args))), context.peer())
        return rpc.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: rpc.CheckRequest, context: Context) -> rpc.CheckResponse:
        kind, client = self._resource(request.urn), self._client(context)
        given, old = visible(decode(request.news)), decode(request.olds)
        mistakes = arguments.check(kind.arguments, given) + _unsupported(kind, given)
        defaults = _defaults(kind, request, old, given)
        inputs = given | defaults
        if not mistakes:
            inputs |= kind.complete(client, plain(inputs))
        if not mistakes and kind.validate:
            mistakes = kind.validate(plain(inputs))
        if not kind.framework:
            inputs = arguments.noting_defaults(inputs, arguments.argument_class(kind.arguments))
            inputs[DEFAULTS] = sorted(defaults)
        return rpc.CheckResponse(inputs=encode(inputs), failures=mistakes)

    def Diff(self, request: rpc.DiffRequest, context: Context) -> rpc.DiffResponse:
        kind, old, new = self._resource(request.urn), decode(request.old_inputs), decode(request.news)
        return decide(
            old,
            new,
            replace_on=kind.replaced_by(_values(old), _values(new)),
            name_property=kind.auto_name[0] if kind.auto_name else None,
            can_update=kind.replaces is not None,
            ignored=request.ignoreChanges,
            computed=arguments.computed(kind.arguments),
        )

    def Create(self, request: rpc.CreateRequest, context: Context) -> rpc.CreateResponse:
        kind, inputs = self._resource(request.urn), decode(request.properties)
        if request.preview:
            return rpc.CreateResponse(properties=_state(kind, inputs, dict.fromkeys(kind.computed, UNKNOWN)))
        key, outputs = kind.create(self._client(context), _values(inputs))
        return rpc.CreateResponse(id=key, properties=_state(kind, inputs, outputs))

    def Read(self, request: rpc.ReadRequest, context: Context) -> rpc.ReadResponse:
        kind, inputs, state = self._resource(request.urn), decode(request.inputs), decode(request.properties)
        client, key = self._client(context), request.id
        if is_import := not state:
            key, inputs = kind.imported(request.id)
            inputs = state = inputs | kind.complete(client, inputs)
        outputs = kind.read(client, key, _values(state))
        if outputs is None:
            return rpc.ReadResponse()
        found = _state(kind, inputs, outputs)
        now = decode(found)
        told = {name: now[name] for name in kind.properties.split() if plain(now.get(name)) not in _NOTHING}
        return rpc.ReadResponse(id=key, properties=found, inputs=encode(told if is_import else _refreshed(inputs, now)))

    def Update(self, request: rpc.UpdateRequest, context: Context) -> rpc.UpdateResponse:
        kind, inputs, old = self._resource(request.urn), decode(request.news), decode(request.olds)
        kept = {name: old[name] for name in kind.computed if name in old}
        if kind.replaces is None:
            raise ProviderError(f"{kind.token}: a change replaces it, it cannot be updated")
        if request.preview:
            return rpc.UpdateResponse(properties=_state(kind, inputs, kept))
        outputs = kind.update(self._client(context), request.id, _values(old), _values(inputs))
        return rpc.UpdateResponse(properties=_state(kind, inputs, kept | outputs))

    def Delete(self, request: rpc.DeleteRequest, context: Context) -> Empty:
        kind = self._resource(request.urn)
        kind.delete(self._client(context), request.id, _values(decode(request.properties)))
        return Empty()

    def Invoke(self, request: rpc.InvokeRequest, context: Context) -> rpc.InvokeResponse:
        function = self._functions.get(request.tok)
        if function is None:
            raise ProviderError(f"the sandbox has no function {request.tok}; it has {', '.join(self._functions)}")
        given = plain(decode(request.args))
        for unknown in sorted(given.keys() - function.arguments.split()):
            hint = arguments.nearest(unknown, function.arguments.split())
            raise ProviderError(f"{request.tok}: the sandbox does not take argument {unknown}{hint}")
        response = rpc.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(function.call(self._client(context), given)))
        return response

    def _config(self, config: Properties) -> Properties:
        declared = arguments.properties(arguments.argument_class(f"{self.sdk}:ProviderArgs"))
        return {name: _from_json(value, declared.get(name)) for name, value in config.items()}

    def _client(self, context: Context) -> ClientT:
        client = self._clients.get(context.peer())
        if client is None:
            raise ProviderError(f"the {self.package} provider was not configured on this connection")
        return client

    def _resource(self, urn: str) -> ResourceType[ClientT]:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self._resources:
            raise ProviderError(f"the sandbox has no resource type {token}; it has {', '.join(self._resources)}")
        return self._resources[token]


class _Refusals(grpc.ServerInterceptor):
    """Turns what a handler raises into the status that the engine shows."""

    def __init__(self, provider: Provider[Any]) -> None:
        self._provider = provider

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)

        def answer(request: Any, context: Context) -> Any:
            try:
                return handler.unary_unary(request, context)
            except NotImplementedError:  # gRPC's own, of a method that only other providers have
                raise
            except Exception as error:
                message = self._provider.explain(error)
                if message is not None:
                    context.abort(grpc.StatusCode.UNKNOWN, message)
                logger.exception("the %s provider failed", self._provider.package)
                context.abort(grpc.StatusCode.INTERNAL, f"defect in the sandbox: {type(error).__name__}: {error}")

        return handler and handler._replace(unary_unary=answer)


def serve(provider: Provider[Any]) -> tuple[grpc.Server, int]:
    """Start a server on the loopback interface; gives it and its port. `server.stop(0)` ends it."""
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    threads = futures.ThreadPoolExecutor(max_workers=16)
    server = grpc.server(threads, interceptors=[OwnUserOnly(), _Refusals(provider)], options=unlimited)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _values(properties: Properties) -> Properties:
    """What handlers see of properties."""
    return plain(visible(properties))


def _state(kind: ResourceType[Any], inputs: Properties, outputs: Properties) -> Struct:
    secret = {name for name, value in inputs.items() if plain(value) != value} | {*kind.secrets.split()}
    state = {name: value for name, value in (visible(inputs) | outputs).items() if value is not None}
    return encode({k: Secret(plain(v)) if k in secret and v != UNKNOWN else v for k, v in state.items()})


def _refreshed(inputs: Properties, state: Properties) -> Properties:
    """The inputs of an object as a refresh finds them: it gets no new ones, and a default that changed is none now.

    Terraform takes an empty value for none, so one stays that the service does not tell.
    """
    there = {name: state.get(name, value) for name, value in inputs.items() if name in state or not plain(value)}
    now = {name: _found(inputs[name], value) for name, value in there.items() if name != DEFAULTS}
    if DEFAULTS in inputs:
        now[DEFAULTS] = [name for name in inputs[DEFAULTS] if name in now and now[name] == inputs[name]]
    return now


def _found(given: Any, there: Any) -> Any:
    if isinstance(there, Secret):
        return Secret(_found(plain(given), plain(there)))
    if isinstance(given, list) and isinstance(there, list):
        before, after = cast("list[Any]", given), cast("list[Any]", there)
        return [_found(old, new) for old, new in zip(before, after, strict=False)] + after[len(before) :]
    if isinstance(given, Mapping) and DEFAULTS in given and isinstance(there, Mapping):
        return _refreshed(cast("Properties", given), cast("Properties", there))
    return there


def _unsupported(kind: ResourceType[Any], given: Properties) -> arguments.Mistakes:
    known = arguments.properties(arguments.argument_class(kind.arguments))
    named = sorted(name for name in given.keys() - kind.properties.split() if name in known)
    return [arguments.mistake(name, f"the sandbox does not support this property of {kind.token}") for name in named]


def _defaults(kind: ResourceType[Any], request: rpc.CheckRequest, old: Properties, given: Properties) -> Properties:
    """What the program does not give: what it was by default before, else the type's default or a name."""
    defaults = dict(kind.defaults)
    if kind.auto_name:
        name, longest = kind.auto_name
        random = hashlib.sha256(request.randomSeed).hexdigest() if request.randomSeed else secrets.token_hex(4)
        defaults[name] = f"{request.urn.split('::', 3)[3][: longest - 8]}-{random[:7]}"
    defaulted = old.get(DEFAULTS, old.keys())
    return {k: old[k] if k in old and k in defaulted else v for k, v in defaults.items() if k not in given}


def _from_json(value: Any, declared: Any) -> Any:
    """SDKs send whatever is no string in a provider's configuration as JSON in a string."""
    text = plain(value)
    if isinstance(text, str) and declared not in (None, str):
        with contextlib.suppress(ValueError):
            parsed = json.loads(text)
            return Secret(parsed) if isinstance(value, Secret) else parsed
    return value
