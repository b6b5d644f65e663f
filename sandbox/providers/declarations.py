"""What a provider server is made of: the declarations of a resource type and of a function, as `base` shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.providers import arguments
from sandbox.providers.values import Properties

ClientT = TypeVar("ClientT")


class ProviderError(Exception):
    """A refusal; its message is for the user."""


@dataclass(frozen=True)
class Created:
    """What a creation gives: the resource's id and its computed outputs."""

    id: str
    outputs: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class AutoName:
    """The property that Pulumi fills in where the program gives no name."""

    property: str = "name"
    longest: int = 255


@dataclass(frozen=True)
class ResourceType(Generic[ClientT]):
    """One type of resource. See the module's docstring for an example."""

    token: str
    arguments: str
    properties: frozenset[str]
    create: Callable[[ClientT, Properties], Created]
    read: Callable[[ClientT, str, Properties], Properties | None]
    delete: Callable[[ClientT, str, Properties], None]
    update: Callable[[ClientT, str, Properties, Properties], Properties] | None = None
    """Takes client, id, old state, new inputs; gives the computed outputs. None: every change replaces."""
    computed: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    auto_name: AutoName | None = None
    framework: bool = False
    """Whether the real plugin has it from Terraform's plugin framework, whose bridge notes no `__defaults`."""
    replace_on: frozenset[str] = frozenset()
    replaces_also: Callable[[Properties, Properties], list[str]] | None = None
    """Takes old and new inputs, gives properties whose change replaces this once; unknowns may stand in the new."""
    secret_outputs: frozenset[str] = frozenset()
    complete: Callable[[ClientT, Properties], Properties] | None = None
    """Takes checked inputs (unknowns may stand in them), gives those that the provider's configuration adds."""
    validate: Callable[[Properties], list[arguments.Mistake]] | None = None
    """What the real plugin refuses before anything is sent, beyond names and types; unknowns may stand in it."""


@dataclass(frozen=True)
class FunctionType(Generic[ClientT]):
    """One function: its token, the arguments that it takes, and how it is answered."""

    token: str
    arguments: frozenset[str]
    call: Callable[[ClientT, Properties], Properties]
