"""What every identity provider gives to the rest of the program, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from agentcore_auth.authorizer.issued import IssuedTokens
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.mode import Mode


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

    def authorizer(self, mode: Mode) -> Authorizer[pulumi.Input[str]]:
        """What a gateway checks of this provider's tokens."""
        return self.tokens.authorizer(self.discovery_url, mode)

    @property
    def outputs(self) -> dict[str, Any]:
        """What the stack's outputs say of the provider; what it does not have is left out."""
        known = {
            "discoveryUrl": self.discovery_url,
            "issuer": self.issuer,
            "tokenEndpoint": self.token_endpoint,
            "audience": self.audience,
            "scopes": list(self.scopes),
        }
        return {key: value for key, value in known.items() if value is not None}

    def finish(self) -> None:
        """Register the component's outputs; the last thing that a subclass's constructor does."""
        self.register_outputs(self.outputs)
