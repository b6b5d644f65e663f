"""The tools behind the gateways: what all gateways of a stack share, made once.

Credential providers, the sample function, and what the execution role needs for all of it. Which resources a target
takes, its kind knows (`components/targets/`); its own resource belongs to each gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import pulumi

from components.arguments import Stack
from components.targets import Target, TargetArguments, TargetContext


class TargetBackends(pulumi.ComponentResource):
    """What the stack's targets have in common, whichever gateway they belong to.

    `offered_at` gives the targets of a provider's gateway; `permissions` is what the execution role has to be allowed
    for them, and `synchronized` the part of it that is for targets whose tools are asked for when they are created.
    """

    def __init__(
        self,
        name: str,
        stack: Stack,
        targets: Sequence[Target],
        *,
        secret: Callable[[str], pulumi.Output[str]],
        documents: Mapping[str, str] = MappingProxyType({}),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`secret` finds the secret of that key; `documents` has the text of local documents by their target's name."""
        super().__init__("agentcore-auth:index:TargetBackends", name, None, opts)
        context = TargetContext(name, stack.scope, stack.tags, documents, secret, parent=self)
        self.targets = [target.offered(context) for target in targets]
        self.permissions = [permission for target in self.targets for permission in target.permissions]
        made = zip(targets, self.targets, strict=True)
        self.synchronized = [each for target, one in made if target.synchronized for each in one.permissions]
        self.register_outputs({})

    def offered_at(self, provider: str) -> list[TargetArguments]:
        """The targets that the gateway of this provider offers."""
        return [target for target in self.targets if target.providers is None or provider in target.providers]
