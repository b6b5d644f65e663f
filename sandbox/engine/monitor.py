"""The two gRPC services that a program talks to: Pulumi's ResourceMonitor and Engine (`pulumi/resource.proto`, `engine.proto`).

Requests for what the sandbox's engine does not do are refused by name.
"""

from __future__ import annotations

import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import alias_pb2, engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from sandbox.engine.deployment import Aborted, Deployment, Goal
from sandbox.engine.errors import DeploymentError
from sandbox.engine.state import PROVIDER_PREFIX, make_urn
from sandbox.engine.steps import Event
from sandbox.engine.values import from_struct, output_dependencies, to_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.engine.config import StackConfig

PARALLEL = 16
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
)
_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
)


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Turns a program's requests into goals of a deployment."""

    def __init__(self, deployment: Deployment, config: StackConfig, project: str, stack: str) -> None:
        self._deployment = deployment
        self._config = config
        self._project, self._stack = project, stack
        self._defaults: dict[str, str] = {}
        self._lock = threading.Lock()

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> resource_pb2.DeploymentInfo:  # noqa: ARG002, N802
        """Which features of the protocol the program may use."""
        return resource_pb2.DeploymentInfo(project=self._project, stack=self._stack, supportedFeatures=_FEATURES)

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        """Bring a resource about and answer with its id and outputs."""
        try:
            goal = self._goal(request)
            new = self._deployment.register(goal, self._former_urns(request))
        except (Aborted, DeploymentError) as error:
            _refuse(context, self._deployment, error, f"{request.type} `{request.name}`: ")
        return resource_pb2.RegisterResourceResponse(
            urn=new.urn, id=new.id, object=to_struct(new.outputs if request.custom else {})
        )

    def RegisterResourceOutputs(  # noqa: N802
        self,
        request: resource_pb2.RegisterResourceOutputsRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> empty_pb2.Empty:
        """Set a component's outputs."""
        self._deployment.register_outputs(request.urn, from_struct(request.outputs))
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        """Call a provider's function, in a preview too."""
        try:
            package = request.tok.partition(":")[0]
            reference = request.provider or self._default_provider(package, request.version, request.pluginDownloadURL)
            result = self._deployment.invoke(reference, request.tok, from_struct(request.args))
        except (Aborted, DeploymentError) as error:
            _refuse(context, self._deployment, error, f"{request.tok}: ")
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(result)})

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        """Nothing of the program is needed once it has registered everything."""
        return empty_pb2.Empty()

    def _goal(self, request: resource_pb2.RegisterResourceRequest) -> Goal:
        for name in _UNSUPPORTED:
            if _is_set(request, name):
                raise DeploymentError(f"`{name}` is not supported by the sandbox's engine; use the pulumi CLI for it.")
        inputs = from_struct(request.object)
        is_provider = request.type.startswith(PROVIDER_PREFIX)
        provider = request.provider
        if is_provider and request.version:
            inputs["version"] = request.version
        if is_provider and request.pluginDownloadURL:
            inputs["__internal"] = {"pluginDownloadURL": request.pluginDownloadURL}
        elif request.custom and not is_provider and not provider:
            package = request.type.partition(":")[0]
            provider = self._default_provider(package, request.version, request.pluginDownloadURL)
        dependencies = {key: set(entry.urns) for key, entry in request.propertyDependencies.items()}
        for key, value in request.object.fields.items():
            dependencies.setdefault(key, set()).update(output_dependencies(value))
        return Goal(
            type=request.type,
            name=request.name,
            custom=request.custom,
            inputs=inputs,
            parent=request.parent,
            provider=provider,
            dependencies=list(request.dependencies),
            property_dependencies={key: list(urns) for key, urns in dependencies.items()},
            additional_secret_outputs=list(request.additionalSecretOutputs),
            protect=request.protect,
            ignore_changes=list(request.ignoreChanges),
            replace_on_changes=list(request.replaceOnChanges),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        )

    def _default_provider(self, package: str, version: str, url: str) -> str:
        key = f"{package}-{version}-{url}"
        with self._lock:
            if key not in self._defaults:
                inputs = self._config.of_package(package)
                if version:
                    inputs["version"] = version
                inputs["__internal"] = {"pluginDownloadURL": url} if url else {}
                name = "default" + "".join(f"_{part}" for part in (version, url) if part)
                goal = Goal(PROVIDER_PREFIX + package, _name_of_default(name), custom=True, inputs=inputs)
                provider = self._deployment.register(goal)
                self._defaults[key] = f"{provider.urn}::{provider.id}"
            return self._defaults[key]

    def _former_urns(self, request: resource_pb2.RegisterResourceRequest) -> Iterator[str]:
        yield from request.aliasURNs
        for alias in request.aliases:
            if alias.HasField("urn"):
                yield alias.urn
            else:
                yield self._alias_urn(alias.spec, request)

    def _alias_urn(self, spec: alias_pb2.Alias.Spec, request: resource_pb2.RegisterResourceRequest) -> str:
        return make_urn(
            spec.stack or self._stack,
            spec.project or self._project,
            "" if spec.noParent else spec.parentUrn or request.parent,
            spec.type or request.type,
            spec.name or request.name,
        )


class Engine(engine_pb2_grpc.EngineServicer):
    """Takes a program's log and keeps the URN of its stack."""

    def __init__(self, deployment: Deployment, on_event: Callable[[Event], None]) -> None:
        self._deployment = deployment
        self._on_event = on_event
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: ARG002, N802
        """Show a line to the user; an error fails the deployment."""
        severity = engine_pb2.LogSeverity.Name(request.severity).lower()
        if severity == "error":
            # Once a resource has failed, the program only learns that the engine is gone.
            if not self._deployment.errors:
                self._deployment.fail(request.message)
        elif severity != "debug":
            self._on_event(Event("message", request.message, severity))
        return empty_pb2.Empty()

    def GetRootResource(  # noqa: N802
        self,
        request: engine_pb2.GetRootResourceRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> engine_pb2.GetRootResourceResponse:
        """The URN of the stack."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(  # noqa: N802
        self,
        request: engine_pb2.SetRootResourceRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> engine_pb2.SetRootResourceResponse:
        """Note the URN of the stack."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()


def serve(monitor: Monitor, engine: Engine) -> tuple[grpc.Server, str]:
    """Both services on a free loopback port; the server and its address."""
    server = grpc.server(
        futures.ThreadPoolExecutor(PARALLEL * 2),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def _is_set(request: Any, name: str) -> bool:
    descriptor = request.DESCRIPTOR.fields_by_name[name]
    if descriptor.has_presence and not request.HasField(name):
        return False
    value = getattr(request, name)
    return bool(value.ByteSize() if hasattr(value, "ByteSize") else value)


def _name_of_default(name: str) -> str:
    return "".join(char if char.isalnum() or char in "_-" else "_" for char in name)


def _refuse(
    context: grpc.ServicerContext, deployment: Deployment, error: Aborted | DeploymentError, subject: str
) -> NoReturn:
    if isinstance(error, DeploymentError):
        deployment.fail(subject + str(error))
    # The status by which the SDK knows that it has to end quietly.
    context.abort(grpc.StatusCode.UNAVAILABLE, "the deployment has failed")
    raise AssertionError("context.abort raises")
