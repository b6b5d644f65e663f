"""What an authorizer checks of the tokens of an issuer that is known: the table of cases is in `docs/authorizers.md`.

Source: AgentCore developer guide, "inbound-jwt-authorizer".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from agentcore_auth.authorizer.model import Authorizer, CustomClaim, T, V_co
from agentcore_auth.authorizer.shapes import TokenShape
from agentcore_auth.mode import Mode


@dataclass(frozen=True)
class IssuedTokens(Generic[V_co]):
    """What is known of the tokens that a provider issues to the clients of a gateway.

    `shape` says which claims there are; `audience` is what `aud` will hold, `client_ids` whom the tokens name, `scopes`
    what a token's scope claim can hold. Raises ValueError for an audience in a shape that has none: no such token
    exists.
    """

    shape: TokenShape
    client_ids: Sequence[V_co]
    scopes: Sequence[str]
    audience: str | None = None

    def __post_init__(self) -> None:
        if self.shape.has_audience != (self.audience is not None):
            has = "have an" if self.shape.has_audience else "have no"
            raise ValueError(f"tokens of shape {self.shape.name} {has} audience; given: {self.audience!r}")

    def authorizer(self, discovery_url: T, mode: Mode) -> Authorizer[T | V_co | str]:
        """Decide what an authorizer checks of these tokens.

        `pinned`: everything that they offer. `tutorial`: the audience, or, of tokens that have none, the client. Raises
        ValueError for several clients in a claim that takes one value (the settings refuse that first).
        """
        audience = (self.audience,) if self.audience is not None else ()
        clients = tuple(self.client_ids)
        if mode == "tutorial":
            return Authorizer(discovery_url, audience, () if audience else clients)
        if self.shape.client_claim == "client_id":
            return Authorizer(discovery_url, audience, clients, tuple(self.scopes))
        # allowedClients is compared with client_id alone. Any other claim can be checked, but against one value.
        if len(clients) != 1:
            raise ValueError(f"{self.shape.client_claim} can be checked for one client, not {len(clients)}")
        pinned = CustomClaim(self.shape.client_claim, clients)
        return Authorizer(discovery_url, audience, (), tuple(self.scopes), (pinned,))
