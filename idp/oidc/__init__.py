"""Issuers that exist already: their section of the stack file, and its checks. Nothing is asked of IAM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.access.rules import TokenClaims
from agentcore_auth.authorizer.families import CLIENT_CLAIMS, contradictions, doubts, fitting_lists, recognize
from agentcore_auth.authorizer.shapes import host_of
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake, exactly_one
from configuration.private_endpoint import TO_ISSUERS, PrivateEndpoint
from configuration.section import Section
from idp.provider import Callers, Provider, ProviderContext

if TYPE_CHECKING:
    import pulumi

    from idp.oidc.component import OidcProvider


class Claim(Section, frozen=True):
    """One custom claim that a token must have."""

    name: forms.ClaimName = Field(description="The claim.")
    equals: forms.ClaimValue | None = Field(default=None, description="The claim is this string.")
    contains: forms.ClaimValue | None = Field(default=None, description="The claim is a list with this string in it.")
    contains_any: Annotated[tuple[forms.ClaimValue, ...], Field(min_length=1), forms.DISTINCT] | None = Field(
        default=None, description="The claim is a list with one of these strings in it."
    )


class PrivateEndpointOverride(Section, frozen=True):
    """The way to a further domain of an issuer in a VPC."""

    domain: Annotated[str, forms.matching(r"[^\s/:]{1,253}", "a domain such as keys.acme.example")] = Field(
        description="A domain of the issuer's that is not the one of `discoveryUrl`."
    )
    private_endpoint: PrivateEndpoint = Field(description="AWS takes only `selfManagedLatticeResource` here so far.")


class HostingEnvironment(Section, frozen=True):
    """Where workloads run."""

    arn: Annotated[
        str,
        Field(max_length=1011),
        forms.matching(rf"{forms.ARN}:bedrock-agentcore:[a-z0-9-]+:\d{{12}}:\S+", "an ARN of AgentCore's"),
    ] = Field(description="Its ARN; AWS knows only gateways so far.")


class AllowedWorkloads(Section, frozen=True):
    """The workloads that a request may have come through."""

    hosting_environments: Annotated[tuple[HostingEnvironment, ...], Field(min_length=1, max_length=10)] | None = Field(
        default=None, description="Where they run, up to 10."
    )
    workload_identities: (
        Annotated[
            tuple[Annotated[str, forms.matching(r"[A-Za-z0-9_.-]{3,255}", "a workload identity's name")], ...],
            Field(min_length=1, max_length=10),
            forms.DISTINCT,
        ]
        | None
    ) = Field(default=None, description="Their names, up to 10.")


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
    private_endpoint: PrivateEndpoint | None = Field(
        default=None, description="The way to an issuer in a VPC, for the domain of `discoveryUrl`."
    )
    private_endpoint_overrides: (
        Annotated[tuple[PrivateEndpointOverride, ...], Field(min_length=1, max_length=5)] | None
    ) = Field(default=None, description="The way to further domains of it, up to 5.")
    allowed_workloads: AllowedWorkloads | None = Field(
        default=None, description="The workloads that requests have to come through."
    )
    allow_anyway: bool = Field(
        default=False,
        description="`true` accepts lists that this issuer's tokens cannot satisfy, as far as is known.",
    )

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        if not any((self.allowed_clients, self.allowed_audience, self.allowed_scopes, self.custom_claims)):
            yield Mistake(
                path,
                "has no list, so every token of that issuer would be let in; give at least one of allowedClients, "
                "allowedAudience, allowedScopes, customClaims",
            )
        for index, claim in enumerate(self.custom_claims or ()):
            yield from exactly_one(f"{path}.customClaims[{index}]", claim, "equals", "contains", "contains_any")
        yield from self._mistakes_in_network(path)
        yield from self._claims_of_no_token(path)
        if not self.allow_anyway:
            yield from self._contradictions(path)

    def _mistakes_in_network(self, path: str) -> Iterator[Mistake]:
        if self.private_endpoint:
            yield from self.private_endpoint.mistakes(f"{path}.privateEndpoint")
        domains = {host_of(self.discovery_url)} if self.private_endpoint else set[str]()
        for index, override in enumerate(self.private_endpoint_overrides or ()):
            where = f"{path}.privateEndpointOverrides[{index}]"
            yield from override.private_endpoint.mistakes(f"{where}.privateEndpoint")
            if override.private_endpoint.managed_vpc_resource:
                # Developer guide, "gateway-inbound-auth".
                yield Mistake(
                    f"{where}.privateEndpoint", "AWS takes overrides only with selfManagedLatticeResource so far"
                )
            if override.domain.lower() in domains:
                yield Mistake(f"{where}.domain", f"{override.domain} has its way already, by another key or entry")
            domains.add(override.domain.lower())
        if self.allowed_workloads == AllowedWorkloads():
            yield Mistake(f"{path}.allowedWorkloads", "needs hostingEnvironments, workloadIdentities or both")

    def caller_statements(self, scope: iam.AwsScope) -> Iterable[iam.Statement]:
        ways = [self.private_endpoint, *(each.private_endpoint for each in self.private_endpoint_overrides or ())]
        return [statement for way in ways if way for statement in way.statements(scope, TO_ISSUERS)]

    def _claims_of_no_token(self, path: str) -> Iterator[Mistake]:
        """Claims that would have to be two different texts, or a text and a list, at the same time."""
        claims = self.custom_claims or ()
        for name in dict.fromkeys(claim.name for claim in claims):
            texts = {claim.equals for claim in claims if claim.name == name and claim.equals is not None}
            is_list = any(claim.contains or claim.contains_any for claim in claims if claim.name == name)
            if len(texts) + is_list > 1 and texts:
                wanted = " and ".join([*sorted(texts), *(["a list"] if is_list else [])])
                yield Mistake(f"{path}.customClaims", f"lets nobody in: {name} would have to be {wanted} at once")

    def _contradictions(self, path: str) -> Iterator[Mistake]:
        """The lists with which nobody at all would come in, by what is known of the issuer's family."""
        issuer = recognize(self.discovery_url)
        if issuer is None:
            return
        fitting = fitting_lists(issuer.family)
        way_out = f"; lists that fit: {fitting}" if fitting else ""
        for found in contradictions(
            issuer.family,
            allowed_audience=self.allowed_audience or (),
            allowed_clients=self.allowed_clients or (),
            allowed_scopes=self.allowed_scopes or (),
            custom_claim_names=[claim.name for claim in self.custom_claims or ()],
        ):
            yield Mistake(
                f"{path}.{found.key}",
                f"lets nobody in: {found.reason}{way_out} ({path}.allowAnyway: true if you know better)",
            )

    def notes(self) -> tuple[str, ...]:
        """What is not known of these lists, and so neither refused nor promised, and whom else they let in."""
        issuer = recognize(self.discovery_url)
        compared = (("aud", self.allowed_audience), ("client_id", self.allowed_clients), ("scope", self.allowed_scopes))
        claims = [claim for claim, values in compared if values]
        claims += [claim.name for claim in self.custom_claims or ()]
        shared = issuer.family.shared_audiences.intersection(self.allowed_audience or ()) if issuer else ()
        everybody = [f"tokens of all clients have the audience {', '.join(sorted(shared))}"] if shared else []
        return (*doubts(issuer.family if issuer else None, claims), *(everybody if claims == ["aud"] else ()))

    def callers(self, gateway_name: str) -> Callers:
        """The clients that the lists name; without such a list any that the issuer knows."""
        pinned = [claim for claim in self.custom_claims or () if claim.name in CLIENT_CLAIMS and claim.equals]
        listed = [*(self.allowed_clients or ()), *(str(claim.equals) for claim in pinned)]
        compared = [*(["client_id"] if self.allowed_clients else []), *(claim.name for claim in pinned)]
        issuer = recognize(self.discovery_url)
        return Callers(listed or None, None, TokenClaims.of_family(issuer and issuer.family, compared))

    def create(self, name: str, context: ProviderContext, opts: pulumi.ResourceOptions | None = None) -> OidcProvider:
        from idp.oidc.component import OidcProvider  # noqa: PLC0415 - imports Pulumi

        return OidcProvider(name, self, opts)
