"""What every identity provider gives to the rest of the program, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from agentcore_auth.authorizer.shapes import TokenShape


@dataclass(frozen=True)
class Application:
    """A client that the program made at the provider; `scopes` are spelled as a token request spells them."""

    client_id: pulumi.Output[str]
    client_secret: pulumi.Output[str]
    scopes: Sequence[str]


@dataclass(frozen=True)
class IssuedTokens:
    """What is known of the tokens that a provider issues to the clients of this stack.

    `shape` says which claims there are; `audience` is what `aud` will hold, `client_ids` whom the tokens name, `scopes`
    what a token's scope claim can hold. Raises ValueError for an audience in a shape that has none: no such token
    exists.
    """

    shape: TokenShape
    client_ids: Sequence[pulumi.Input[str]]
    scopes: Sequence[str]
    audience: str | None = None

    def __post_init__(self) -> None:
        if self.shape.has_audience != (self.audience is not None):
            has = "have an" if self.shape.has_audience else "have no"
            raise ValueError(f"tokens of shape {self.shape.name} {has} audience; given: {self.audience!r}")


@dataclass(frozen=True)
class RequiredClaim:
    """A claim that has to be a string (`value`), or a list with one string or one of several strings in it."""

    name: str
    value: pulumi.Input[str] | None = None
    contains: str | None = None
    contains_any: Sequence[str] = ()


@dataclass(frozen=True)
class RequiredClaims:
    """The lists that the configuration gives for an issuer of which nothing else is known."""

    audience: Sequence[str] = ()
    client_ids: Sequence[str] = ()
    scopes: Sequence[str] = ()
    claims: Sequence[RequiredClaim] = ()


class IdentityProvider(pulumi.ComponentResource):
    """One issuer, and the clients made there. Subclasses set every attribute before they register their outputs."""

    discovery_url: pulumi.Output[str]
    issuer: pulumi.Output[str]
    token_endpoint: pulumi.Output[str] | None
    audience: str | None
    scopes: Sequence[str]
    applications: Mapping[str, Application]
    #: What the gateway's authorizer is derived from.
    tokens: IssuedTokens | RequiredClaims

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
