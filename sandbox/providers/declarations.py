"""What a provider server is made of: the declarations of a resource type and of a function."""

from __future__ import annotations

import keyword
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.providers import arguments
from sandbox.providers.values import Properties, ProviderError

ClientT = TypeVar("ClientT")


def parts(form: str, identifier: str) -> Properties:
    """What an id holds of properties, after a form such as `userPoolId/clientId`. Raises ProviderError."""
    names = re.findall(r"\w+", form)
    values = identifier.split(form[len(names[0])], len(names) - 1) if len(names) > 1 else [identifier]
    if len(values) != len(names):
        raise ProviderError(f"{identifier}: an id of the form {form} is needed")
    return dict(zip(names, values, strict=True))


@dataclass(frozen=True)
class ResourceType(ABC, Generic[ClientT]):
    """One type of resource; several names in a string are separated by spaces.

    Its methods see plain values: secrets unwrapped, and nothing unknown, for a preview does not call them. What they
    return is laid over the inputs, and that is the state. They refuse by raising ProviderError.
    """

    token: str
    _: KW_ONLY
    properties: str
    """Inputs that are honoured; others that the SDK has are refused."""
    also_computed: str = ""
    """Outputs that only creation tells, besides those that the SDK takes as no input."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    auto_name: tuple[str, int] | None = None
    """The property that Pulumi fills in (`<logical name>-<7 hex>`) where the program gives no name, and its length."""
    replaces: str | None = ""
    """Paths whose change replaces the resource. None: every change does."""
    secrets: str = ""
    """Outputs that are secret, whether or not the input of that name was."""
    validate: Callable[[Properties], arguments.Mistakes] | None = None
    """What the real plugin refuses before anything is sent, beyond names and types; unknowns may stand in it."""

    def imported(self, identifier: str) -> tuple[str, Properties]:
        """The resource's own id, and the properties that an import's id holds besides. Raises ProviderError."""
        return identifier, {}

    @property
    def arguments(self) -> str:
        """The SDK's class of inputs: `pulumi_okta.auth:ServerScopeArgs` for `okta:auth/serverScope:ServerScope`."""
        package, module, name = self.token.split(":")
        module = module.partition("/")[0]
        inner = "" if module == "index" else f".{module}{'_' * keyword.iskeyword(module)}"
        return f"pulumi_{package}{inner}:{name}Args"

    @property
    def computed(self) -> list[str]:
        """The outputs that only creation tells."""
        return [*arguments.outputs(self.arguments), *self.also_computed.split()]

    @property
    def framework(self) -> bool:
        """Whether the real plugin has it from Terraform's plugin framework, whose bridge notes no `__defaults`."""
        return False

    def replaced_by(self, old: Properties, new: Properties) -> list[str]:
        """The paths whose change replaces it, for these old and new inputs; unknowns may stand in the new."""
        return (self.replaces or "").split()

    def complete(self, client: ClientT, inputs: Properties) -> Properties:
        """What the provider's configuration adds to checked inputs, in which unknowns may stand."""
        return {}

    @abstractmethod
    def create(self, client: ClientT, inputs: Properties) -> tuple[str, Properties]:
        """Gives the resource's id and its outputs."""

    @abstractmethod
    def read(self, client: ClientT, key: str, state: Properties) -> Properties | None:
        """The outputs of the resource of an id; None where there is none."""

    @abstractmethod
    def update(self, client: ClientT, key: str, old: Properties, new: Properties) -> Properties:
        """Takes old state and new inputs, gives the computed outputs."""

    @abstractmethod
    def delete(self, client: ClientT, key: str, state: Properties) -> None: ...


@dataclass(frozen=True)
class FunctionType(Generic[ClientT]):
    """One function: its token, the names of the arguments that it takes, and how it is answered."""

    token: str
    arguments: str
    call: Callable[[ClientT, Properties], Properties]
