"""A server of Pulumi's `pulumirpc.ResourceProvider` from a table of resource types.

It answers the real engine (`PULUMI_DEBUG_PROVIDERS="okta:PORT"`) as well as the sandbox's own. A provider is a subclass
of `Provider` that names its package, turns a configuration into a client, and lists its types:

    def create(org: Org, inputs: Properties) -> Created:
        made = org.post("/scopes", {"name": inputs["name"]})
        return Created(made["id"], {"system": made["system"]})

    def read(org: Org, identifier: str, state: Properties) -> Properties | None:
        found = org.get(f"/scopes/{identifier}")               # None: it is gone
        return None if found is None else {"name": found["name"], "system": found["system"]}

    SCOPE = ResourceType(
        "okta:auth/serverScope:ServerScope",
        arguments="pulumi_okta.auth:ServerScopeArgs",   # names and types of inputs are checked against it
        properties=frozenset({"authServerId", "name", "consent"}),   # what these handlers honour; the rest is refused
        computed=frozenset({"system"}),                        # outputs that only creation tells
        defaults={"consent": "IMPLICIT"},
        auto_name=AutoName("name", longest=40),                # `<logical name>-<7 hex>` where the program gives none
        replace_on=frozenset({"authServerId"}),                # a change here replaces the resource
        create=create, read=read, update=update, delete=delete,
    )

    class OktaProvider(Provider[Org]):
        package, distribution, arguments = "okta", "pulumi-okta", "pulumi_okta:ProviderArgs"
        resources = (SCOPE,)
        functions = (FunctionType("okta:auth/getServer:getServer", frozenset({"name"}), get_server),)

        def connect(self, config: Properties) -> Org: ...      # once per provider instance of the program

    server, port = serve(OktaProvider(...))

Handlers see plain Python values: secrets unwrapped, nothing unknown (they are not called where something is unknown: a
preview answers with the inputs and `UNKNOWN` for what is computed). The state of a resource is its inputs with what the
handler returned laid over them. An output is a secret where the input of that name was one, or where the type lists it
in `secret_outputs`. A handler refuses by raising `ProviderError`; its text is what the user sees.

All instances of a package reach the same server, so the configuration is kept per connection (`context.peer()`): a
client that opens several channels in one process sets the channel option `grpc.use_local_subchannel_pool` on each.
"""

# ruff: noqa: N802  the protocol names the methods

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import secrets
from abc import ABC, abstractmethod
from concurrent import futures
from typing import Any, ClassVar, Generic, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from sandbox.peers import OwnUserOnly
from sandbox.providers import arguments
from sandbox.providers.declarations import AutoName, ClientT, Created, FunctionType, ProviderError, ResourceType
from sandbox.providers.diffs import AUTO_NAMED, Decision, decide
from sandbox.providers.values import (
    UNKNOWN,
    Properties,
    Secret,
    Unknown,
    UnsupportedValueError,
    contains,
    decode,
    encode,
    plain,
)

__all__ = ["AutoName", "Created", "FunctionType", "Provider", "ProviderError", "ResourceType", "serve"]

logger = logging.getLogger(__name__)


class Provider(ABC, provider_pb2_grpc.ResourceProviderServicer, Generic[ClientT]):
    """The protocol's methods over tables of resource types and functions."""

    package: ClassVar[str]
    distribution: ClassVar[str]
    """The Python distribution of the real plugin's SDK: the server gives itself its version."""
    arguments: ClassVar[str]
    """The SDK's class of provider arguments, `module:Class`."""
    resources: tuple[ResourceType[ClientT], ...]
    functions: tuple[FunctionType[ClientT], ...] = ()

    def __init__(self) -> None:
        self._clients: dict[str, ClientT] = {}
        self._resources = {each.token: each for each in self.resources}
        self._functions = {each.token: each for each in self.functions}

    @abstractmethod
    def connect(self, config: Properties) -> ClientT:
        """A client for one provider instance. Raises ProviderError where the configuration is of no use."""

    def explain(self, error: Exception) -> str | None:
        """The message for an exception of a client library; None where it is a defect of the sandbox."""
        return str(error) if isinstance(error, ProviderError | UnsupportedValueError | OSError) else None

    # What the engine asks about the server itself

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        del request, context
        return plugin_pb2.PluginInfo(version=importlib.metadata.version(self.distribution))

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        del request, context
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> Empty:
        del request, context
        return Empty()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        del request, context  # no call outlasts its request
        return Empty()

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        del request, context
        schema = {
            "name": self.package,
            "version": importlib.metadata.version(self.distribution),
            "resources": {token: {} for token in self._resources},
            "functions": {token: {} for token in self._functions},
        }
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    # The provider's configuration

    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        with self._refusals(context):
            config = self._config(decode(request.news))
            mistakes = arguments.check(self.arguments, {k: v for k, v in config.items() if k != "version"})
            return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(mistakes))

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        with self._refusals(context):
            return _diff_response(decide(decode(request.old_inputs), decode(request.news)))

    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        with self._refusals(context):
            config = plain(self._config(decode(request.args)))
            self._clients[context.peer()] = self.connect(config)
            return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # Resources

    def Check(self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        with self._refusals(context):
            kind, client = self._resource(request.urn), self._client(context)
            given, old = decode(request.news), decode(request.olds)
            mistakes = arguments.check(kind.arguments, given) + _unsupported(kind, given)
            inputs = dict(kind.defaults) | given
            if kind.auto_name and kind.auto_name.property not in given:
                inputs[kind.auto_name.property] = _name(kind.auto_name, request, old)
                inputs[AUTO_NAMED] = [kind.auto_name.property]
            if not mistakes and kind.complete:
                inputs |= kind.complete(client, plain(inputs))
            if not mistakes and kind.validate:
                mistakes = kind.validate(plain(inputs))
            return provider_pb2.CheckResponse(inputs=encode(inputs), failures=_failures(mistakes))

    def Diff(self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        with self._refusals(context):
            kind, old, new = self._resource(request.urn), decode(request.old_inputs), decode(request.news)
            also = kind.replaces_also(plain(old), plain(new)) if kind.replaces_also else []
            return _diff_response(
                decide(
                    old,
                    new,
                    replace_on=kind.replace_on.union(also),
                    name_property=kind.auto_name.property if kind.auto_name else None,
                    can_update=kind.update is not None,
                )
            )

    def Create(self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        with self._refusals(context):
            kind, inputs = self._resource(request.urn), decode(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(
                    properties=_state(kind, inputs, dict.fromkeys(kind.computed, UNKNOWN))
                )
            created = kind.create(self._client(context), plain(_visible(inputs)))
            return provider_pb2.CreateResponse(id=created.id, properties=_state(kind, inputs, created.outputs))

    def Read(self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        with self._refusals(context):
            kind, inputs = self._resource(request.urn), decode(request.inputs)
            outputs = kind.read(self._client(context), request.id, plain(decode(request.properties)))
            if outputs is None:
                return provider_pb2.ReadResponse()
            state = decode(_state(kind, inputs, outputs))
            refreshed = {name: state.get(name, value) for name, value in inputs.items()}
            return provider_pb2.ReadResponse(id=request.id, properties=encode(state), inputs=encode(refreshed))

    def Update(self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        with self._refusals(context):
            kind, inputs, old = self._resource(request.urn), decode(request.news), decode(request.olds)
            kept = {name: old[name] for name in kind.computed if name in old}
            if kind.update is None:
                raise ProviderError(f"{kind.token}: a change replaces it, it cannot be updated")
            if request.preview:
                return provider_pb2.UpdateResponse(properties=_state(kind, inputs, kept))
            outputs = kind.update(self._client(context), request.id, plain(old), plain(_visible(inputs)))
            return provider_pb2.UpdateResponse(properties=_state(kind, inputs, kept | outputs))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Empty:
        with self._refusals(context):
            kind = self._resource(request.urn)
            kind.delete(self._client(context), request.id, plain(decode(request.properties)))
            return Empty()

    def Invoke(self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext) -> provider_pb2.InvokeResponse:
        with self._refusals(context):
            function = self._functions.get(request.tok)
            if function is None:
                raise ProviderError(f"the sandbox has no function {request.tok}; it has {', '.join(self._functions)}")
            given = plain(decode(request.args))
            unknown = sorted(given.keys() - function.arguments)
            if unknown:
                hint = arguments.nearest(unknown[0], sorted(function.arguments))
                raise ProviderError(f"{request.tok}: the sandbox does not take argument {unknown[0]}{hint}")
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(encode(function.call(self._client(context), given)))
            return response

    def _config(self, config: Properties) -> Properties:
        declared = arguments.properties(arguments.argument_class(self.arguments))
        return {name: _from_json(value, declared.get(name)) for name, value in config.items()}

    def _client(self, context: grpc.ServicerContext) -> ClientT:
        client = self._clients.get(context.peer())
        if client is None:
            raise ProviderError(f"the {self.package} provider was not configured on this connection")
        return client

    def _resource(self, urn: str) -> ResourceType[ClientT]:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self._resources:
            raise ProviderError(f"the sandbox has no resource type {token}; it has {', '.join(self._resources)}")
        return self._resources[token]

    def _refusals(self, context: grpc.ServicerContext) -> _Refusals:
        return _Refusals(self, context)


class _Refusals:
    """Turns what a handler raises into the status that the engine shows."""

    def __init__(self, provider: Provider[Any], context: grpc.ServicerContext) -> None:
        self._provider = provider
        self._context = context

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            self._abort(error)

    def _abort(self, error: Exception) -> NoReturn:
        message = self._provider.explain(error)
        if message is not None:
            self._context.abort(grpc.StatusCode.UNKNOWN, message)
        logger.error("the %s provider failed", self._provider.package, exc_info=error)
        self._context.abort(grpc.StatusCode.INTERNAL, f"defect in the sandbox: {type(error).__name__}: {error}")


def serve(provider: Provider[Any], port: int = 0) -> tuple[grpc.Server, int]:
    """Start a server on the loopback interface; gives it and its port (for 0 a free one). `server.stop(0)` ends it."""
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    pool = futures.ThreadPoolExecutor(max_workers=16)
    server = grpc.server(pool, interceptors=[OwnUserOnly()], options=unlimited)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, port


def _visible(inputs: Properties) -> Properties:
    return {name: value for name, value in inputs.items() if not name.startswith("__")}


def _state(kind: ResourceType[Any], inputs: Properties, outputs: Properties) -> Struct:
    secret = {name for name, value in inputs.items() if contains(value, Secret)} | kind.secret_outputs
    state = {name: value for name, value in (_visible(inputs) | outputs).items() if value is not None}
    return encode({k: Secret(plain(v)) if k in secret and not isinstance(v, Unknown) else v for k, v in state.items()})


def _unsupported(kind: ResourceType[Any], given: Properties) -> list[arguments.Mistake]:
    known = arguments.properties(arguments.argument_class(kind.arguments))
    named = sorted(name for name in given.keys() - kind.properties if name in known)
    return [arguments.Mistake(name, f"the sandbox does not support this property of {kind.token}") for name in named]


def _name(rule: AutoName, request: provider_pb2.CheckRequest, old: Properties) -> str:
    if rule.property in old.get(AUTO_NAMED, ()):
        return str(old[rule.property])
    logical = request.urn.split("::", 3)[3]
    random = hashlib.sha256(request.randomSeed).hexdigest() if request.randomSeed else secrets.token_hex(4)
    return f"{logical[: rule.longest - 8]}-{random[:7]}"


def _from_json(value: Any, declared: Any) -> Any:
    """SDKs send whatever is no string in a provider's configuration as JSON in a string."""
    inner = value.value if isinstance(value, Secret) else value
    if not isinstance(inner, str) or declared is None or declared is str:
        return value
    try:
        parsed = json.loads(inner)
    except ValueError:
        return value
    return Secret(parsed) if isinstance(value, Secret) else parsed


def _failures(mistakes: list[arguments.Mistake]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=each.path, reason=f"{each.path}: {each.reason}") for each in mistakes]


def _diff_response(decision: Decision) -> provider_pb2.DiffResponse:
    kinds = {"add": "ADD", "delete": "DELETE", "update": "UPDATE"}
    top_level = sorted({change.top_level for change in decision.changes})
    detailed = {
        change.path: provider_pb2.PropertyDiff(
            kind=provider_pb2.PropertyDiff.Kind.Value(kinds[change.kind] + ("_REPLACE" if change.replaces else "")),
            inputDiff=True,
        )
        for change in decision.changes
    }
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some if decision.changes else none,
        diffs=top_level,
        replaces=sorted({change.path for change in decision.changes if change.replaces}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=decision.delete_before_replace,
    )
