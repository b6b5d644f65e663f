"""The services that a program talks to: Pulumi's ResourceMonitor and Engine (`pulumi/resource.proto`, `engine.proto`).

Requests for what the sandbox's engine does not do are refused by name.
"""

# ruff: noqa: ARG001, ARG002, N802  the protocol names methods and arguments

from __future__ import annotations

import threading
from concurrent import futures
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from sandbox.engine.assets import with_hashes
from sandbox.engine.deployment import AbortedError, Deployment
from sandbox.engine.errors import DeploymentError
from sandbox.engine.registry import INTERNAL
from sandbox.engine.state import PROVIDER_PREFIX, Resource, make_urn
from sandbox.engine.steps import Event
from sandbox.engine.values import from_struct, output_dependencies, to_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sandbox.engine.config import StackConfig

PARALLEL = 16
_MESSAGE_LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_UNSUPPORTED = (
    "importId",
    "customTimeouts",
    "remote",
    "retainOnDelete",
    "deletedWith",
    "replace_with",
    "replacement_trigger",
    "transforms",
    "hooks",
    "hideDiffs",
    "envVarMappings",
    "state_migrations",
    "packageRef",
    "pluginDownloadURL",
)
# Without these the SDK manages by itself. Others that are missing it would blame on an old CLI, so they are announced,
# and refused when they are used.
_FEATURES_TO_DO_WITHOUT = {
    resource_pb2.RESOURCE_MONITOR_FEATURE_BYTE_STRING,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_PARENT,
}


def _refused(what: str) -> Any:
    def method(self: Monitor, request: Any, context: grpc.ServicerContext) -> NoReturn:
        self.refuse(context, what, DeploymentError("the sandbox's engine does not support it; the pulumi CLI does."))

    return method


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Turns a program's requests into goals of a deployment."""

    def __init__(self, deployment: Deployment, config: StackConfig) -> None:
        self._deployment, self._config = deployment, config
        self._default_providers: dict[str, str] = {}
        self._lock = threading.Lock()

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> resource_pb2.DeploymentInfo:
        features = set(resource_pb2.ResourceMonitorFeature.values()) - _FEATURES_TO_DO_WITHOUT
        return resource_pb2.DeploymentInfo(supportedFeatures=features)

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        try:
            new = self._deployment.register(
                self._wanted(request),
                former_urns=self._former_urns(request),
                delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            )
        except (AbortedError, DeploymentError) as error:
            self.refuse(context, f"{request.type} `{request.name}`", error)
        # A component's outputs may name resources that do not exist yet: the program has them anyway.
        outputs = to_struct(new.outputs if new.custom else {})
        return resource_pb2.RegisterResourceResponse(urn=new.urn, id=new.id, object=outputs)

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        self._deployment.register_outputs(request.urn, from_struct(request.outputs))
        return empty_pb2.Empty()

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        try:
            reference = request.provider or self._default_provider(request.tok, request.version)
            result = self._deployment.invoke(reference, request.tok, from_struct(request.args))
        except (AbortedError, DeploymentError) as error:
            self.refuse(context, request.tok, error)
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))
        return response

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    ReadResource = _refused("to read a resource with `get`")
    Call = _refused("to call a resource's method")
    RegisterStackTransform = _refused("a transform of all resources")
    RegisterStackInvokeTransform = _refused("a transform of all functions")
    RegisterResourceHook = RegisterErrorHook = _refused("a resource hook")
    RegisterPackage = _refused("a parameterized package")

    def _wanted(self, request: resource_pb2.RegisterResourceRequest) -> Resource:
        if unsupported := next((name for name in _UNSUPPORTED if _is_set(request, name)), None):
            raise DeploymentError(f"the sandbox's engine does not support `{unsupported}`; the pulumi CLI does.")
        inputs, provider = with_hashes(from_struct(request.object)), request.provider
        if request.type.startswith(PROVIDER_PREFIX):
            inputs.update({"version": request.version, INTERNAL: {}} if request.version else {})
        elif request.custom and not provider:
            provider = self._default_provider(request.type, request.version)
        dependencies = {key: set(entry.urns) for key, entry in request.propertyDependencies.items()}
        for key, value in request.object.fields.items():
            dependencies[key] = dependencies.get(key, set()) | output_dependencies(value)
        return Resource(
            urn=self._deployment.urn(request.parent, request.type, request.name),
            custom=request.custom,
            type=request.type,
            inputs=inputs,
            parent=request.parent,
            provider=provider,
            dependencies=sorted(request.dependencies),
            property_dependencies={key: sorted(urns) for key, urns in dependencies.items()},
            additional_secret_outputs=list(request.additionalSecretOutputs),
            protect=request.protect,
            ignore_changes=list(request.ignoreChanges),
            replace_on_changes=list(request.replaceOnChanges),
        )

    def _default_provider(self, token: str, version: str) -> str:
        """The reference of the provider that a type or function belongs to, configured by the stack's configuration."""
        package = token.partition(":")[0]
        key = f"{package}-{version}"
        with self._lock:
            if key not in self._default_providers:
                inputs = self._config.of_package(package)
                inputs.update({"version": version, INTERNAL: {}} if version else {})
                name = f"default_{version.translate(str.maketrans('.-+', '___'))}" if version else "default"
                urn = self._deployment.urn("", PROVIDER_PREFIX + package, name)
                provider = Resource(urn=urn, custom=True, type=PROVIDER_PREFIX + package, inputs=inputs)
                self._default_providers[key] = self._deployment.register(provider).reference
            return self._default_providers[key]

    def _former_urns(self, request: resource_pb2.RegisterResourceRequest) -> list[str]:
        specs = [alias.spec for alias in request.aliases if not alias.urn]
        return [alias.urn for alias in request.aliases if alias.urn] + [
            make_urn(
                spec.stack or self._deployment.stack,
                spec.project or self._deployment.project,
                "" if spec.noParent else spec.parentUrn or request.parent,
                spec.type or request.type,
                spec.name or request.name,
            )
            for spec in specs
        ]

    def refuse(self, context: grpc.ServicerContext, subject: str, error: Exception) -> NoReturn:
        """End a request, and with it the program, because the deployment has failed."""
        if isinstance(error, DeploymentError):
            self._deployment.fail(f"{subject}: {error}")
        # The status by which the SDK knows that the deployment is over.
        context.abort(grpc.StatusCode.UNAVAILABLE, "the deployment has failed")
        raise AssertionError("context.abort raises")


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes a program's log and keeps the URN of its stack."""

    def __init__(self, deployment: Deployment, on_event: Callable[[Event], None]) -> None:
        self._deployment, self._on_event = deployment, on_event
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        if request.severity == engine_pb2.ERROR:
            # After a failure, what the program has to say is only that its outputs do not come.
            if not self._deployment.errors:
                self._deployment.fail(request.message)
        elif request.severity != engine_pb2.DEBUG:
            severity = "warning" if request.severity == engine_pb2.WARNING else "info"
            self._on_event(Event("message", message=request.message, severity=severity))
        return empty_pb2.Empty()

    def GetRootResource(
        self, request: engine_pb2.GetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.GetRootResourceResponse:
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: grpc.ServicerContext
    ) -> engine_pb2.SetRootResourceResponse:
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


@contextmanager
def serving(monitor: Monitor, engine: Engine) -> Generator[str]:
    """Both services on a free loopback port; in the end, whatever they have begun is finished."""
    with futures.ThreadPoolExecutor(PARALLEL * 4) as executor:
        server = grpc.server(executor, options=_MESSAGE_LIMITS)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
        engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(grace=None).wait()


def _is_set(request: Any, name: str) -> bool:
    descriptor = request.DESCRIPTOR.fields_by_name[name]
    if descriptor.has_presence and not request.HasField(name):
        return False
    value = getattr(request, name)
    return bool(value.ByteSize() if hasattr(value, "ByteSize") else value)
