"""What every identity provider gives to the rest of the program, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from agentcore_auth.access.rules import IamCallers, Rule, TokenClaims, statement
from agentcore_auth.authorizer.issued import IssuedTokens
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.mode import Mode
from agentcore_auth.outputs import Client, Provider


@dataclass(frozen=True)
class Application:
    """A client that the program made at the provider; `scopes` are spelled as a token request spells them."""

    client_id: pulumi.Output[str]
    client_secret: pulumi.Output[str]
    scopes: Sequence[str]


class IdentityProvider(pulumi.ComponentResource):
    """One issuer, and the clients made there. Subclasses set every attribute before they register their outputs."""

    discovery_url: pulumi.Output[str]
    issuer: pulumi.Output[str]
    token_endpoint: pulumi.Output[str] | None
    audience: str | None
    scopes: Sequence[str]
    applications: Mapping[str, Application]
    #: What the gateway's authorizer is derived from; not where a subclass gives the authorizer in another way.
    tokens: IssuedTokens[pulumi.Input[str]]

    @property
    def token_claims(self) -> TokenClaims | IamCallers:
        """Where this provider's tokens name the client and the scopes."""
        return TokenClaims.of_shape(self.tokens.shape)

    def statement(self, rule: Rule, gateway_arn: pulumi.Input[str]) -> pulumi.Output[str]:
        """A rule of `access` as the gateway's policy engine takes it; the rule's client is a name or an id."""
        made = self.applications.get(rule.client)
        return pulumi.Output.all(made.client_id if made else rule.client, gateway_arn).apply(
            lambda known: statement(rule, self.token_claims, *known)
        )

    def authorizer(self, mode: Mode) -> Authorizer[pulumi.Input[str]] | None:
        """What a gateway checks of this provider's tokens; None where requests are signed instead."""
        return self.tokens.authorizer(self.discovery_url, mode)

    def outputs(self, clients: Mapping[str, Client[pulumi.Output[str]]]) -> dict[str, object]:
        """What the stack's outputs say of the provider, empty where it issues no tokens; `clients` are the applications
        as they are to be shown.
        """
        return self._described(clients).to_document()

    def finish(self) -> None:
        """Register the component's outputs; the last thing that a subclass's constructor does."""
        document = self._described({}).to_document()
        del document["clients"]
        self.register_outputs(document)

    def _described(self, clients: Mapping[str, Client[pulumi.Output[str]]]) -> Provider[pulumi.Input[str]]:
        return Provider(self.discovery_url, self.issuer, self.token_endpoint, self.audience, self.scopes, clients)
