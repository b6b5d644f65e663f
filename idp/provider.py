"""What an identity provider has to say for itself: a subclass in a folder of its own does, listed in the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from agentcore_auth import iam
from agentcore_auth.access.rules import IamCallers, TokenClaims
from agentcore_auth.mode import Mode
from configuration.context import CheckContext, StackConfiguration
from configuration.mistakes import Mistake
from configuration.section import Section

if TYPE_CHECKING:
    import pulumi

    from idp.base import IdentityProvider


@dataclass(frozen=True)
class ProviderContext:
    """What a provider's component may need of the stack.

    `gateway_name` is the name that all gateways of the stack begin with; `host` the tenant's or org's host name, empty
    for providers that have none.
    """

    gateway_name: str
    region: str
    mode: Mode
    host: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Callers:
    """Whom a provider's section lets in, as far as that is known before anything is deployed.

    `clients` are the names and ids that `access` can speak of; `scopes` are those of their tokens, by every name that
    the stack file has for them. None: any.
    """

    clients: Sequence[str] | None
    scopes: Mapping[str, str] | None
    claims: TokenClaims | IamCallers


class Provider(Section, frozen=True):
    """A provider's section of the stack file, and what follows from it: checks, permissions and the component.

    Importing a provider's section imports neither Pulumi nor the provider's package; only `create` does.
    """

    #: What the section is for, in the reference of the stack file.
    summary: ClassVar[str]
    #: Whether the key holds a map: one section for each issuer, by a name of the user's choice.
    named: ClassVar[bool] = False
    #: Whether callers get a token; elsewhere their requests are signed.
    issues_tokens: ClassVar[bool] = True

    @classmethod
    def unavailable(cls, stack: StackConfiguration) -> str | None:
        """Why this provider cannot be had where the stack is; None where it can."""
        return None

    @classmethod
    def host(cls, stack: StackConfiguration) -> str:
        """The host name of the tenant or org that the provider's own keys name; empty where there is none."""
        return ""

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        """What is wrong with the section as a whole, and with the provider's own keys; `path` is the section's."""
        yield from ()

    def callers(self, gateway_name: str) -> Callers:
        """Whom `access` can speak of; `gateway_name` is the name that all gateways of the stack begin with."""
        raise NotImplementedError

    def second_client_problem(self) -> str:
        """Why a gateway that pins clients cannot let a second one in beside the first without an outage; empty if it
        can.
        """
        return ""

    def caller_statements(self, scope: iam.AwsScope) -> Iterable[iam.Statement]:
        """What creating and changing the provider's gateway asks of whoever does it: AgentCore acts as they."""
        return ()

    def deployment_statements(self, scope: iam.AwsScope) -> Iterable[iam.Statement]:
        """What creating, changing and removing the provider asks of IAM."""
        return ()

    def create(
        self, name: str, context: ProviderContext, opts: pulumi.ResourceOptions | None = None
    ) -> IdentityProvider:
        """Set the provider up, as a component of this name."""
        raise NotImplementedError
