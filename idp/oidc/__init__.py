"""Issuers that exist already: their section of the stack file, and its checks. Nothing is asked of IAM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake
from configuration.section import Section
from idp.provider import Provider, ProviderContext

if TYPE_CHECKING:
    from idp.oidc.component import OidcProvider


class Claim(Section, frozen=True):
    """One custom claim that a token must have."""

    name: forms.ClaimName = Field(description="The claim.")
    equals: forms.ClaimValue | None = Field(default=None, description="The claim is this string.")
    contains: forms.ClaimValue | None = Field(default=None, description="The claim is a list with this string in it.")
    contains_any: Annotated[tuple[forms.ClaimValue, ...], Field(min_length=1), forms.DISTINCT] | None = Field(
        default=None, description="The claim is a list with one of these strings in it."
    )


class Oidc(Provider, frozen=True):
    """An issuer that exists already; nothing is created there. At least one of the lists has to be given."""

    summary: ClassVar[str] = "Issuers that exist already, by a name of your choice."
    named: ClassVar[bool] = True

    discovery_url: forms.DiscoveryUrl = Field(description="The issuer's `/.well-known/openid-configuration`.")
    allowed_clients: forms.ClientIds | None = Field(default=None, description="Compared with the claim `client_id`.")
    allowed_audience: forms.Audiences | None = Field(default=None, description="Compared with the claim `aud`.")
    allowed_scopes: forms.Scopes | None = Field(default=None, description="Compared with the claim `scope`.")
    custom_claims: Annotated[tuple[Claim, ...], Field(min_length=1)] | None = Field(
        default=None, description="Further claims that a token must have."
    )

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        if not any((self.allowed_clients, self.allowed_audience, self.allowed_scopes, self.custom_claims)):
            yield Mistake(
                path,
                "has no list, so every token of that issuer would be let in; give at least one of allowedClients, "
                "allowedAudience, allowedScopes, customClaims",
            )
        for index, claim in enumerate(self.custom_claims or ()):
            given = [value for value in (claim.equals, claim.contains, claim.contains_any) if value is not None]
            if len(given) != 1:
                yield Mistake(f"{path}.customClaims[{index}]", "needs exactly one of equals, contains, containsAny")

    def create(self, name: str, context: ProviderContext) -> OidcProvider:
        from idp.oidc.component import OidcProvider  # noqa: PLC0415 - imports Pulumi

        return OidcProvider(name, self)
