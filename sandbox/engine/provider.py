"""A provider instance on a gRPC connection of its own (Pulumi's `pulumi/provider.proto`)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict, cast

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.engine.errors import DeploymentError
from sandbox.engine.values import Properties, Secret, Unknown, bare, from_struct, has, mark_secrets, to_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from google.protobuf import struct_pb2

    from sandbox.engine.state import Resource

_CHANNEL_OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),  # a provider server tells its instances apart by their connections
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]


class ProviderError(DeploymentError):
    """What a provider answered instead of doing what it was asked."""


class InitializationError(ProviderError):
    """A resource was created or updated, but did not become ready."""

    def __init__(self, message: str, failure: provider_pb2.ErrorResourceInitFailed) -> None:
        super().__init__(message)
        self.id = failure.id
        self.outputs = from_struct(failure.properties)
        self.reasons = list(failure.reasons) or [message]


@dataclass(frozen=True)
class Diff:
    """How the inputs that are wanted differ from a state: property keys, and paths with a kind of change."""

    changed: bool
    keys: Sequence[str] = ()
    replace_keys: Sequence[str] = ()
    detailed: dict[str, dict[str, Any]] | None = None
    delete_before_replace: bool = False

    @property
    def replaces(self) -> bool:
        """Whether the resource cannot be updated."""
        kinds = [entry["kind"] for entry in (self.detailed or {}).values()]
        return bool(self.replace_keys) or any(kind.endswith("-replace") for kind in kinds)

    def replacing_on(self, paths: Iterable[str]) -> Diff:
        """The difference with changes under some paths as reasons to replace (`replaceOnChanges`)."""
        prefixes = tuple(paths)
        if not (self.changed and prefixes):
            return self

        def is_under(path: str) -> bool:
            return any(each in {"*", path} or path.startswith((f"{each}.", f"{each}[")) for each in prefixes)

        keys = list(dict.fromkeys([*self.replace_keys, *filter(is_under, self.keys)]))
        detailed = self.detailed and {
            path: {**entry, "kind": entry["kind"].removesuffix("-replace") + "-replace"} if is_under(path) else entry
            for path, entry in self.detailed.items()
        }
        return replace(self, replace_keys=keys, detailed=detailed)


class _About(TypedDict):
    urn: str
    name: str
    type: str


def _about(urn: str) -> _About:
    _, _, qualified_type, name = urn.split("::", 3)
    return {"urn": urn, "name": name, "type": qualified_type.rpartition("$")[2]}


class Provider:
    """One instance of a provider. Methods raise ProviderError with the provider's own message."""

    def __init__(self, package: str, port: int) -> None:
        self._package, self._port = package, port
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._is_configured = False
        self._accepts_secrets = self._accepts_references = self._previews = False

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Properties:
        """The configuration with the provider's defaults."""
        return mark_secrets(self._checked(self._stub.CheckConfig, urn, olds, news), news)

    def diff_config(self, old: Resource, news: Properties) -> Diff:
        """Whether a new configuration can manage what the old one made."""
        return self._diff(self._stub.DiffConfig, old, news, ())

    def configure(self, urn: str, id_: str, inputs: Properties) -> None:
        """Make the instance ready. With inputs that are unknown yet it stays as it is; previews do without it then."""
        if has(Unknown, inputs):
            return
        settings = {key: value for key, value in bare(inputs).items() if key != "version"}
        request = provider_pb2.ConfigureRequest(
            **_about(urn),
            id=id_,
            variables={f"{self._package}:config:{key}": _text(value) for key, value in settings.items()},
            args=to_struct(inputs),
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
        )
        response = self._call(self._stub.Configure, request)
        self._accepts_secrets, self._accepts_references = response.acceptSecrets, response.acceptResources
        self._previews = response.supportsPreview
        self._is_configured = True

    def check(self, urn: str, olds: Properties | None, news: Properties) -> Properties:
        """The inputs with the provider's defaults; raises ProviderError with every reason why they are refused."""
        if not self._is_configured:
            return news
        return self._marked(self._checked(self._stub.Check, urn, olds or {}, news), news)

    def diff(self, old: Resource, news: Properties, ignore: Sequence[str] = ()) -> Diff:
        """How inputs differ from a state."""
        return self._diff(self._stub.Diff, old, news, ignore) if self._is_configured else Diff(changed=True)

    def create(self, urn: str, inputs: Properties, preview: bool) -> tuple[str, Properties]:
        """The new resource's id and outputs; in a preview, what is known of them."""
        if preview and not (self._is_configured and self._previews):
            return "", inputs if self._is_configured else {}
        request = provider_pb2.CreateRequest(**_about(urn), properties=self._struct(inputs), preview=preview)
        response = self._call(self._stub.Create, request)
        if not (response.id or preview):
            raise ProviderError("the provider returned no id")
        return response.id, self._marked(from_struct(response.properties), inputs)

    def update(self, old: Resource, news: Properties, ignore: Sequence[str], preview: bool) -> Properties:
        """The resource's outputs after a change; in a preview, what is known of them."""
        if preview and not (self._is_configured and self._previews):
            return news if self._is_configured else {}
        request = provider_pb2.UpdateRequest(
            **_about(old.urn),
            id=old.id,
            old_inputs=self._struct(old.inputs),
            olds=self._struct(old.outputs),
            news=self._struct(news),
            ignoreChanges=ignore,
            preview=preview,
        )
        return self._marked(from_struct(self._call(self._stub.Update, request).properties), news)

    def delete(self, old: Resource) -> None:
        """Delete a resource."""
        inputs, outputs = self._struct(old.inputs), self._struct(old.outputs)
        request = provider_pb2.DeleteRequest(**_about(old.urn), id=old.id, old_inputs=inputs, properties=outputs)
        self._call(self._stub.Delete, request)

    def invoke(self, token: str, arguments: Properties, *, preview: bool) -> Properties:
        """What a function of the provider returns."""
        if not self._is_configured:
            return {}
        request = provider_pb2.InvokeRequest(tok=token, args=self._struct(arguments), preview=preview)
        response = self._call(self._stub.Invoke, request)
        _raise_failures(response.failures)
        result = from_struct(getattr(response, "return"))
        if has(Secret, arguments) and not self._accepts_secrets:
            return {key: value if isinstance(value, Secret) else Secret(value) for key, value in result.items()}
        return result

    def _call(self, method: Callable[[Any], Any], request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAVAILABLE:
                raise ProviderError(
                    f"the provider `{self._package}` does not answer on port {self._port}; are the services up?"
                ) from error
            raise _provider_error(error) from error

    def _checked(self, method: Callable[[Any], Any], urn: str, olds: Properties, news: Properties) -> Properties:
        request = provider_pb2.CheckRequest(
            **_about(urn), olds=self._struct(olds), news=self._struct(news), randomSeed=os.urandom(32)
        )
        response = self._call(method, request)
        _raise_failures(response.failures)
        return from_struct(response.inputs)

    def _diff(self, method: Callable[[Any], Any], old: Resource, news: Properties, ignore: Sequence[str]) -> Diff:
        request = provider_pb2.DiffRequest(
            **_about(old.urn),
            id=old.id,
            old_inputs=self._struct(old.inputs),
            olds=self._struct(old.outputs),
            news=self._struct(news),
            ignoreChanges=ignore,
        )
        response: provider_pb2.DiffResponse = self._call(method, request)
        keys: Sequence[str] = list(response.diffs)
        changed = response.changes == provider_pb2.DiffResponse.DIFF_SOME
        if response.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
            before, after = bare(old.inputs), bare(news)
            keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
            changed = bool(keys)
        kinds = provider_pb2.PropertyDiff.Kind
        detailed = {
            path: {"kind": kinds.Name(entry.kind).lower().replace("_", "-"), "inputDiff": entry.inputDiff}
            for path, entry in response.detailedDiff.items()
        }
        return Diff(changed, keys, list(response.replaces), detailed or None, response.deleteBeforeReplace)

    def _struct(self, properties: Properties) -> struct_pb2.Struct:
        return to_struct(properties, secrets=self._accepts_secrets, references=self._accepts_references)

    def _marked(self, properties: Properties, inputs: Properties) -> Properties:
        return properties if self._accepts_secrets else mark_secrets(properties, inputs)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _raise_failures(failures: Iterable[provider_pb2.CheckFailure]) -> None:
    reasons = [f"{each.property}: {each.reason}" if each.property else each.reason for each in failures]
    if reasons:
        raise ProviderError("; ".join(reasons))


def _provider_error(error: grpc.RpcError) -> ProviderError:
    message = error.details() or error.code().name
    metadata: dict[str, Any] = dict(cast("Any", error.trailing_metadata() or ()))
    status = status_pb2.Status.FromString(metadata.get("grpc-status-details-bin", b""))
    failure = provider_pb2.ErrorResourceInitFailed()
    is_partial = any(detail.Unpack(failure) for detail in status.details)
    return InitializationError(message, failure) if is_partial else ProviderError(message)
