"""The providers of one deployment: `pulumi:providers:*` resources and the instances behind them."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING

from sandbox.engine.errors import DeploymentError
from sandbox.engine.provider import Diff, Provider
from sandbox.engine.state import PROVIDER_PREFIX
from sandbox.engine.values import UNKNOWN_STRING, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.engine.state import Resource

_INTERNAL = "__internal"


class ProviderRegistry:
    """Loads provider instances and answers for `pulumi:providers:*` resources as a provider does for others."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self._instances: dict[str, Provider] = {}
        self._checked: dict[str, Provider] = {}
        self._lock = threading.Lock()

    def instance(self, reference: str) -> Provider:
        """The instance behind a provider reference (`<urn>::<id>`)."""
        return self._instances[reference]

    def load(self, resource: Resource) -> Provider:
        """The instance of a provider resource as the state has it."""
        reference = f"{resource.urn}::{resource.id}"
        with self._lock:
            if reference not in self._instances:
                self._configure(self._new(resource.urn), resource.urn, resource.id, resource.inputs)
            return self._instances[reference]

    def keep(self, resource: Resource) -> None:
        """Go on with a provider resource that has not changed."""
        with self._lock:
            if f"{resource.urn}::{resource.id}" not in self._instances:
                self._configure(self._taken(resource.urn), resource.urn, resource.id, resource.inputs)

    def close(self) -> None:
        """End all connections."""
        for provider in [*self._instances.values(), *self._checked.values()]:
            provider.close()

    def _new(self, urn: str) -> Provider:
        package = urn.split("::")[2].rpartition("$")[2].removeprefix(PROVIDER_PREFIX)
        if package not in self._ports:
            names = ", ".join(sorted(self._ports)) or "none"
            raise DeploymentError(
                f"The program uses the provider `{package}`, which the sandbox has not got (it has: {names})."
            )
        return Provider(package, self._ports[package])

    def check(self, urn: str, olds: Properties | None, news: Properties) -> Properties:
        """`Provider.check` for a provider's own configuration."""
        provider = self._new(urn)
        inputs = provider.check_config(urn, _public(olds or {}), _public(news))
        self._checked[urn] = provider
        kept = {key: news[key] for key in ("version", _INTERNAL) if key in news}
        return {**inputs, **kept}

    def diff(
        self,
        urn: str,
        id_: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore: Sequence[str] = (),  # noqa: ARG002 (the signature of `Provider.diff`)
    ) -> Diff:
        """`Provider.diff` for a provider's own configuration."""
        provider = self._checked.get(urn) or self._instances[f"{urn}::{id_}"]
        return provider.diff_config(urn, _public(old_inputs), old_outputs, _public(news))

    def create(self, urn: str, inputs: Properties, *, preview: bool) -> tuple[str, Properties]:
        """`Provider.create`: configures a new instance."""
        id_ = UNKNOWN_STRING if preview else str(uuid.uuid4())
        self._configure(self._taken(urn), urn, id_, inputs)
        return id_, _public(inputs)

    def update(
        self,
        urn: str,
        id_: str,
        old_inputs: Properties,  # noqa: ARG002 (the signature of `Provider.update`)
        old_outputs: Properties,  # noqa: ARG002
        news: Properties,
        ignore: Sequence[str] = (),  # noqa: ARG002
        *,
        preview: bool,  # noqa: ARG002
    ) -> Properties:
        """`Provider.update`: an instance with the new configuration takes the old one's place."""
        self._configure(self._taken(urn), urn, id_, news)
        return _public(news)

    def delete(self, urn: str, id_: str, inputs: Properties, outputs: Properties) -> None:
        """`Provider.delete`: nothing in a cloud belongs to a configuration."""

    def _taken(self, urn: str) -> Provider:
        return self._checked.pop(urn, None) or self._new(urn)

    def _configure(self, provider: Provider, urn: str, id_: str, inputs: Properties) -> None:
        provider.configure(urn, id_, _public(inputs))
        self._instances[f"{urn}::{id_}"] = provider


def _public(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != _INTERNAL}
