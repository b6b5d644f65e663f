"""What a kind of credential has to say for itself, and what all targets have in common that show one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from agentcore_auth import iam
from components.targets.base import Target, TargetArguments, TargetContext
from configuration.context import CheckContext
from configuration.mistakes import Mistake
from configuration.section import Section

if TYPE_CHECKING:
    from components.targets.base import CredentialArguments, McpArguments, Permissions


@dataclass(frozen=True)
class OutboundAuth:
    """A credential as a target's arguments name it (None: nothing is shown), and what the role needs for it."""

    arguments: CredentialArguments | None
    permissions: Permissions = ()


class Credentials(Section, frozen=True):
    """A target's `credentials`, and what follows from them.

    `endpoint` is the address that is called, empty where a document has it.
    """

    type: str

    def secret_references(self) -> Sequence[tuple[str, str]]:
        """As `Target.secret_references`, seen from this section."""
        return ()

    def mistakes(self, path: str, endpoint: str, context: CheckContext) -> Iterator[Mistake]:
        """What is wrong with the section as a whole; `path` is the target's."""
        yield from ()

    def account_mistakes(self, path: str, account: str) -> Iterator[Mistake]:
        """As `Target.account_mistakes`; `path` is the target's."""
        yield from ()

    def permissions(
        self, scope: iam.AwsScope, gateway_name: str, target: str, endpoint: str
    ) -> Sequence[iam.Permission]:
        """As `Target.permissions`, for the target of this name."""
        return ()

    def deployment_statements(self, scope: iam.AwsScope, gateway_name: str, target: str) -> Iterable[iam.Statement]:
        """As `Target.deployment_statements`, for the target of this name."""
        return ()

    def outbound_auth(self, context: TargetContext, target: str, endpoint: str) -> OutboundAuth:
        """The credential, set up for the target of this name."""
        raise NotImplementedError


class CredentialedTarget(Target, frozen=True):
    """A target whose section has `credentials`; a kind declares the field, with the kinds of credentials it takes."""

    if TYPE_CHECKING:
        credentials: Credentials

    def called_endpoint(self) -> str:
        """The address that is called; empty where a document has it."""
        return ""

    def mcp_arguments(self, context: TargetContext) -> McpArguments:
        """Where the target's tools are, and what describes them."""
        raise NotImplementedError

    def own_permissions(self, scope: iam.AwsScope) -> Sequence[iam.Permission]:
        """What calls ask of the execution role that the target itself knows, and not its credentials."""
        return ()

    def secret_references(self) -> Sequence[tuple[str, str]]:
        return [(f"credentials.{key}", name) for key, name in self.credentials.secret_references()]

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from super().mistakes(path, context)
        yield from self.credentials.mistakes(path, self.called_endpoint(), context)

    def account_mistakes(self, path: str, account: str) -> Iterator[Mistake]:
        yield from self.credentials.account_mistakes(path, account)

    def permissions(self, scope: iam.AwsScope, gateway_name: str) -> Sequence[iam.Permission]:
        shown = self.credentials.permissions(scope, gateway_name, self.name, self.called_endpoint())
        return [*self.own_permissions(scope), *shown]

    def deployment_statements(self, scope: iam.AwsScope, gateway_name: str) -> Iterable[iam.Statement]:
        return self.credentials.deployment_statements(scope, gateway_name, self.name)

    def arguments(self, context: TargetContext) -> TargetArguments:
        auth = self.credentials.outbound_auth(context, self.name, self.called_endpoint())
        permissions = [*self.own_permissions(context.scope), *auth.permissions]
        return TargetArguments(self.name, self.mcp_arguments(context), auth.arguments, permissions)


def credentials_of(kind: type[Target]) -> list[type[Credentials]]:
    """The kinds of credentials that a kind of target takes, as its field declares them; none without one."""
    field = kind.model_fields.get("credentials")
    if field is None:
        return []
    # One kind stands there by itself, several as a union.
    return [*(cast("tuple[type[Credentials], ...]", get_args(field.annotation)) or (cast("Any", field.annotation),))]
