"""A provider instance on a gRPC connection of its own (Pulumi's `pulumi/provider.proto`)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.engine.errors import DeploymentError
from sandbox.engine.values import (
    Properties,
    Secret,
    bare,
    from_struct,
    has_secrets,
    has_unknowns,
    mark_secrets,
    to_struct,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf import struct_pb2

_CHANNEL_OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),  # a provider server tells its instances apart by their connections
    ("grpc.enable_http_proxy", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
]
_DIFF_NONE, _DIFF_SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME
_KINDS = provider_pb2.PropertyDiff.Kind


class ProviderError(DeploymentError):
    """What a provider answered instead of doing what it was asked."""


class PartialFailure(ProviderError):
    """A resource that was created or updated, but did not become ready."""

    def __init__(self, message: str, id_: str, outputs: Properties, reasons: list[str]) -> None:
        super().__init__(message)
        self.id = id_
        self.outputs = outputs
        self.reasons = reasons


@dataclass(frozen=True)
class Diff:
    """How a resource's wanted inputs differ from its state."""

    changed: bool
    keys: Sequence[str] = ()
    replace_keys: Sequence[str] = ()
    detailed: dict[str, dict[str, Any]] | None = None
    delete_before_replace: bool = False

    def replacing(self, paths: Iterable[str]) -> Diff:
        """The difference with changes under some paths turned into reasons to replace (`replaceOnChanges`)."""
        prefixes = tuple(paths)
        if not (self.changed and prefixes):
            return self

        def covered(path: str) -> bool:
            return any(
                prefix == "*" or path == prefix or path.startswith((f"{prefix}.", f"{prefix}[")) for prefix in prefixes
            )

        keys = list(dict.fromkeys([*self.replace_keys, *filter(covered, self.keys)]))
        detailed = self.detailed and {
            path: {**entry, "kind": entry["kind"].removesuffix("-replace") + "-replace"} if covered(path) else entry
            for path, entry in self.detailed.items()
        }
        return replace(self, replace_keys=keys, detailed=detailed)


@dataclass
class Provider:
    """One instance of a provider. Methods raise ProviderError with the provider's own message."""

    package: str
    port: int
    configured: bool = False
    _accepts_secrets: bool = False
    _accepts_resources: bool = False
    _previews: bool = False
    _channel: grpc.Channel = field(init=False)

    def __post_init__(self) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=_CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """End the connection."""
        self._channel.close()

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.UNAVAILABLE:
                raise ProviderError(
                    f"The `{self.package}` provider does not answer on port {self.port}; are the sandbox's services up?"
                ) from error
            raise _partial_failure(error) or ProviderError(error.details() or str(error.code())) from error

    def _struct(self, properties: Properties) -> struct_pb2.Struct:
        return to_struct(properties, secrets=self._accepts_secrets, resources=self._accepts_resources)

    def _outputs(self, struct: struct_pb2.Struct, inputs: Properties) -> Properties:
        outputs = from_struct(struct)
        return outputs if self._accepts_secrets else mark_secrets(outputs, inputs)

    def check_config(self, urn: str, olds: Properties, news: Properties) -> Properties:
        """The configuration with the provider's defaults."""
        request = _check_request(urn, to_struct(olds, secrets=False), to_struct(news, secrets=False))
        response = self._call("CheckConfig", request)
        _raise_failures(response)
        return mark_secrets(from_struct(response.inputs), news)

    def diff_config(self, urn: str, old_inputs: Properties, old_outputs: Properties, news: Properties) -> Diff:
        """Whether a new configuration can manage what the old one made."""
        request = provider_pb2.DiffRequest(
            urn=urn,
            name=_name(urn),
            type=_type(urn),
            old_inputs=to_struct(old_inputs, secrets=False),
            olds=to_struct(old_outputs, secrets=False),
            news=to_struct(news, secrets=False),
        )
        return _diff(self._call("DiffConfig", request), bare(old_outputs), bare(news))

    def configure(self, urn: str, id_: str, inputs: Properties) -> None:
        """Make the instance ready; one whose configuration is unknown yet stays unconfigured, which a preview copes with."""
        known = {key: value for key, value in inputs.items() if key != "version"}
        if has_unknowns(known):
            return
        variables = {
            f"{self.package}:config:{key}": value
            if isinstance(value, str)
            else json.dumps(value, separators=(",", ":"))
            for key, value in bare(known).items()
        }
        response = self._call(
            "Configure",
            provider_pb2.ConfigureRequest(
                urn=urn,
                name=_name(urn),
                type=_type(urn),
                id=id_,
                variables=variables,
                args=to_struct(inputs),
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
            ),
        )
        self._accepts_secrets, self._accepts_resources = response.acceptSecrets, response.acceptResources
        self._previews = response.supportsPreview
        self.configured = True

    def check(self, urn: str, olds: Properties | None, news: Properties) -> Properties:
        """The inputs with the provider's defaults; raises ProviderError with every reason why they are refused."""
        if not self.configured:
            return news
        response = self._call("Check", _check_request(urn, self._struct(olds or {}), self._struct(news)))
        _raise_failures(response)
        return self._outputs(response.inputs, news)

    def diff(
        self,
        urn: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore: Sequence[str] = (),
    ) -> Diff:
        """How inputs differ from a state."""
        if not self.configured:
            return Diff(changed=True)
        request = provider_pb2.DiffRequest(
            id=id_,
            urn=urn,
            name=_name(urn),
            type=_type(urn),
            old_inputs=self._struct(old_inputs),
            olds=self._struct(old_outputs),
            news=self._struct(news),
            ignoreChanges=ignore,
        )
        return _diff(self._call("Diff", request), bare(old_inputs), bare(news))

    def create(self, urn: str, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """The new resource's id and outputs; in a preview what is known of them."""
        if preview and not self.configured:
            return "", {}
        if preview and not self._previews:
            return "", inputs
        request = provider_pb2.CreateRequest(
            urn=urn, name=_name(urn), type=_type(urn), properties=self._struct(inputs), preview=preview
        )
        response = self._call("Create", request)
        if not response.id and not preview:
            raise ProviderError("the provider returned no id")
        return response.id, self._outputs(response.properties, inputs)

    def update(
        self,
        urn: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore: Sequence[str] = (),
        *,
        preview: bool,
    ) -> Properties:
        """The resource's outputs after the change."""
        if preview and not self.configured:
            return {}
        if preview and not self._previews:
            return news
        request = provider_pb2.UpdateRequest(
            id=id_,
            urn=urn,
            name=_name(urn),
            type=_type(urn),
            old_inputs=self._struct(old_inputs),
            olds=self._struct(old_outputs),
            news=self._struct(news),
            ignoreChanges=ignore,
            preview=preview,
        )
        return self._outputs(self._call("Update", request).properties, news)

    def delete(self, urn: str, id_: str, inputs: Properties, outputs: Properties) -> None:
        """Delete a resource."""
        request = provider_pb2.DeleteRequest(
            id=id_,
            urn=urn,
            name=_name(urn),
            type=_type(urn),
            properties=self._struct(outputs),
            old_inputs=self._struct(inputs),
        )
        self._call("Delete", request)

    def invoke(self, token: str, arguments: Properties, *, preview: bool) -> Properties:
        """What a function of the provider returns."""
        if not self.configured:
            return {}
        request = provider_pb2.InvokeRequest(tok=token, args=self._struct(arguments), preview=preview)
        response = self._call("Invoke", request)
        _raise_failures(response)
        result = from_struct(getattr(response, "return"))
        if has_secrets(arguments) and not self._accepts_secrets:
            return {key: value if isinstance(value, Secret) else Secret(value) for key, value in result.items()}
        return result


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[1]


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _check_request(urn: str, olds: struct_pb2.Struct, news: struct_pb2.Struct) -> provider_pb2.CheckRequest:
    return provider_pb2.CheckRequest(
        urn=urn, name=_name(urn), type=_type(urn), olds=olds, news=news, randomSeed=os.urandom(32)
    )


def _raise_failures(response: Any) -> None:
    if response.failures:
        raise ProviderError(
            "; ".join(f"{each.property}: {each.reason}" if each.property else each.reason for each in response.failures)
        )


def _diff(response: provider_pb2.DiffResponse, olds: Properties, news: Properties) -> Diff:
    detailed = {
        path: {"kind": _KINDS.Name(entry.kind).lower().replace("_", "-"), "inputDiff": entry.inputDiff}
        for path, entry in response.detailedDiff.items()
    }
    keys: Sequence[str] = list(response.diffs)
    if response.changes in {_DIFF_NONE, _DIFF_SOME}:
        changed = response.changes == _DIFF_SOME
    else:
        keys = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
        changed = bool(keys)
    return Diff(
        changed=changed,
        keys=keys,
        replace_keys=list(response.replaces),
        detailed=detailed or None,
        delete_before_replace=response.deleteBeforeReplace,
    )


def _partial_failure(error: grpc.RpcError) -> PartialFailure | None:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            failure = provider_pb2.ErrorResourceInitFailed()
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(failure):
                    message = "; ".join(failure.reasons) or error.details()
                    return PartialFailure(message, failure.id, from_struct(failure.properties), list(failure.reasons))
    return None
