"""The provider instances of one deployment, and the `pulumi:providers:*` resources that configure them."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.engine.errors import DeploymentError
from sandbox.engine.provider import Diff, Provider
from sandbox.engine.state import PROVIDER_PREFIX
from sandbox.engine.values import UNKNOWN_MARK, Properties

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.engine.state import Resource

INTERNAL = "__internal"
"""The key under which the CLI keeps what is not a provider's business."""


class Registry:
    """Loads provider instances, and answers for their configurations as a provider does for its resources."""

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
        with self._lock:
            if resource.reference not in self._instances:
                self._configure(self._new(resource.urn), resource.urn, resource.id, resource.inputs)
            return self._instances[resource.reference]

    def keep(self, resource: Resource) -> None:
        """Go on with a provider resource that has been checked and has not changed."""
        with self._lock:
            if resource.reference not in self._instances:
                self._configure(self._checked.pop(resource.urn), resource.urn, resource.id, resource.inputs)

    def close(self) -> None:
        """End all connections."""
        for provider in [*self._instances.values(), *self._checked.values()]:
            provider.close()

    def check(self, urn: str, olds: Properties | None, news: Properties) -> Properties:
        """`Provider.check`, for a configuration."""
        self._checked[urn] = self._new(urn)
        inputs = self._checked[urn].check_config(urn, _public(olds or {}), _public(news))
        return {**inputs, **{key: news[key] for key in ("version", INTERNAL) if key in news}}

    def diff(self, old: Resource, news: Properties, _ignore: Sequence[str] = ()) -> Diff:
        """`Provider.diff`, for a configuration."""
        return self.diff_config(self._checked.get(old.urn) or self.load(old), old, news)

    def diff_config(self, judge: Provider, old: Resource, news: Properties) -> Diff:
        """Whether, for some instance, a configuration is another than that of an old provider resource."""
        return judge.diff_config(replace(old, inputs=_public(old.inputs)), _public(news))

    def create(self, urn: str, inputs: Properties, preview: bool) -> tuple[str, Properties]:
        """`Provider.create`, for a configuration: makes the instance ready."""
        id_ = UNKNOWN_MARK if preview else str(uuid.uuid4())
        self._configure(self._checked.pop(urn), urn, id_, inputs)
        return id_, _public(inputs)

    def update(self, old: Resource, news: Properties, _ignore: Sequence[str], _preview: bool) -> Properties:
        """`Provider.update`, for a configuration: another instance takes the old one's place."""
        self._configure(self._checked.pop(old.urn), old.urn, old.id, news)
        return _public(news)

    def _new(self, urn: str) -> Provider:
        package = urn.split("::")[2].rpartition("$")[2].removeprefix(PROVIDER_PREFIX)
        if package not in self._ports:
            names = ", ".join(sorted(self._ports)) or "none"
            raise DeploymentError(f"the sandbox has no provider `{package}` (it has: {names}).")
        return Provider(package, self._ports[package])

    def _configure(self, provider: Provider, urn: str, id_: str, inputs: Properties) -> None:
        provider.configure(urn, id_, _public(inputs))
        self._instances[f"{urn}::{id_}"] = provider


def _public(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != INTERNAL}
