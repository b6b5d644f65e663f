"""What the SDK hands to a policy, as plain values with marks for what is unknown and what is secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi_policy
from pulumi_policy import deserialize, proxy
from pulumi_policy import policy as sdk

from policy.rules import UNKNOWN, Secret

_UNKNOWNS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))


def keep_secrets() -> None:
    """Have the SDK mark secrets: for validations it takes the mark off, and one rule is about nothing else."""
    sdk.deserialize_properties = _deserialize_with_secrets  # pyright: ignore[reportPrivateImportUsage]  # no other way


def _deserialize_with_secrets(properties: dict[str, Any], proxy_secrets: bool = True) -> dict[str, Any]:  # noqa: ARG001
    return deserialize.deserialize_properties(properties, proxy_secrets=True)


def plain(value: Any) -> Any:
    """A property value without the SDK's proxies, which raise at every unknown value and hide what is secret."""
    match value:
        case str():
            return UNKNOWN if value in _UNKNOWNS else value
        case dict():
            return {key: plain(item) for key, item in cast("dict[str, Any]", value).items()}
        case list():
            return [plain(item) for item in cast("list[Any]", value)]
        case pulumi_policy.Secret():
            return Secret(plain(value.value))
        case Mapping() | Sequence():
            return plain(cast("Mapping[str, Any]", value)["__target"])
        case _:
            return value
