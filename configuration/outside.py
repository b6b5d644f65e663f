"""What surrounds the project's own keys, for the checks that need it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from agentcore_auth.iam import partition_of
from configuration.schema import PROJECT


@dataclass(frozen=True)
class Outside:
    """What surrounds the project's own keys: the whole flat configuration, its secret keys, environment variables."""

    configuration: Mapping[str, str]
    secret_keys: Set[str]
    environment: Mapping[str, str]

    def value(self, key: str, variable: str) -> str | None:
        """A provider's setting: its configuration key, or else its environment variable."""
        return self.configuration.get(key) or self.environment.get(variable)

    @property
    def own(self) -> dict[str, str]:
        """The project's own keys, without its name before them."""
        prefix = f"{PROJECT}:"
        return {key.removeprefix(prefix): text for key, text in self.configuration.items() if key.startswith(prefix)}

    @property
    def region(self) -> str:
        """The stack's region; empty where it is missing."""
        return self.configuration.get("aws:region", "")

    @property
    def partition(self) -> str:
        """The partition of that region, as ARNs spell it."""
        return partition_of(self.region)

    def is_secret(self, own_key: str) -> bool:
        """Whether one of the project's own keys is secret."""
        return f"{PROJECT}:{own_key}" in self.secret_keys
