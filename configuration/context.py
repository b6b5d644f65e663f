"""What the checks of a section may look at besides the section itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import cast

from agentcore_auth import iam
from configuration.section import PROJECT


@dataclass(frozen=True)
class StackConfiguration:
    """Pulumi's flat configuration of the whole stack, the names of its secret keys, and the environment variables."""

    values: Mapping[str, str]
    secret_keys: Set[str]
    environment: Mapping[str, str]

    def value(self, key: str, variable: str) -> str | None:
        """A provider's setting: its configuration key, or else its environment variable."""
        return self.values.get(key) or self.environment.get(variable)

    @property
    def own(self) -> dict[str, str]:
        """The project's own keys, without its name before them."""
        prefix = f"{PROJECT}:"
        return {key.removeprefix(prefix): text for key, text in self.values.items() if key.startswith(prefix)}

    @property
    def region(self) -> str:
        """The stack's region; empty where it is missing."""
        return self.values.get("aws:region", "")

    @property
    def partition(self) -> str:
        """The partition of that region, as ARNs spell it."""
        return iam.partition_of(self.region)

    def beyond_reach(self, function_arn: str) -> str | None:
        """Why no gateway of the stack can call this function, by its ARN; None where one can."""
        partition = function_arn.split(":")[1]
        if not self.region or partition == self.partition:
            return None
        return (
            f"is a function of the partition {partition}, and aws:region {self.region} is in {self.partition}: no role "
            "reaches across"
        )

    def is_secret(self, own_key: str) -> bool:
        """Whether one of the project's own keys is secret."""
        return f"{PROJECT}:{own_key}" in self.secret_keys


@dataclass(frozen=True)
class CheckContext:
    """What a section's checks know of the rest; `gateway_name` is empty where it has mistakes of its own.

    `searches_tools`: the gateways have the tool that finds tools (`gateway.searchType`).
    """

    stack: StackConfiguration
    pinned: bool
    gateway_name: str
    searches_tools: bool = False


def secrets_named(value: object) -> Iterator[str]:
    """Every `secretRef` in a configuration that is not checked yet, wherever it stands."""
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, object]", value).items():
            if key == "secretRef" and isinstance(inner, str):
                yield inner
            yield from secrets_named(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from secrets_named(inner)
