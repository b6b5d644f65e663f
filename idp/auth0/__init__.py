"""Auth0: its section of the stack file, and its checks. It asks nothing of IAM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from agentcore_auth.authorizer.shapes import AUTH0
from configuration import forms
from configuration.context import CheckContext, StackConfiguration
from configuration.mistakes import Mistake
from idp import checks
from idp.checks import Client
from idp.provider import Callers, Provider, ProviderContext

if TYPE_CHECKING:
    import pulumi

    from idp.auth0.component import Auth0Provider

TokenDialect: TypeAlias = Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"]
# Their tokens name the client in `azp`, which only a custom claim can check, and that holds one value.
ONE_CLIENT_DIALECTS = ("access_token", "access_token_authz")


class Auth0(Provider, frozen=True):
    """An API of the tenant in `auth0:domain`, with applications that may call it."""

    summary: ClassVar[str] = "Auth0. Tenant and credentials are pulumi-auth0's own `auth0:*` keys."

    audience: forms.Audience | None = Field(default=None, description="The API's identifier. Default `gateway.name`.")
    create_api: bool = Field(default=True, description="`false` where the API and its scopes exist already.")
    scopes: forms.Scopes = Field(
        default=("invoke:gateway", "read:gateway"), description="The API's scopes (permissions)."
    )
    clients: dict[forms.ClientName, Client] = Field(
        default={"default": Client.model_construct()},
        description="One application for each name; `{}` where all exist already.",
    )
    allowed_clients: checks.AllowedClients | None = Field(
        default=None, description="Existing applications that come in as well: ids, or `{id, scopes}`."
    )
    token_dialect: TokenDialect = Field(
        default="rfc9068_profile_authz",
        description="The API's token dialect; of an existing API (`createApi: false`), by default the one that it has.",
    )
    custom_domain: str | None = Field(
        default=None, description="The tenant's custom domain: issuer and token endpoint are under that name."
    )
    access_token_seconds: Annotated[int, Field(ge=1, le=2592000)] | None = Field(
        default=None,
        description="Lifetime of a token, up to 30 days; Auth0's default is one day. Removed, the last one stays.",
    )

    @classmethod
    def host(cls, stack: StackConfiguration) -> str:
        return stack.value("auth0:domain", "AUTH0_DOMAIN") or ""

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        stack = context.stack
        yield from checks.host_name("auth0:domain", self.host(stack), "the tenant's domain")
        if self.custom_domain is not None:
            yield from checks.host_name(f"{path}.customDomain", self.custom_domain, "the tenant's custom domain")
        yield from checks.credentials(
            stack,
            "auth0:clientSecret",
            "the credentials of a machine-to-machine application with access to Auth0's Management API",
            [
                {"auth0:apiToken": "AUTH0_API_TOKEN"},
                {"auth0:clientId": "AUTH0_CLIENT_ID", "auth0:clientSecret": "AUTH0_CLIENT_SECRET"},
            ],
        )
        yield from checks.client_scopes(path, self.clients, self.scopes)
        yield from checks.some_client(path, self.clients, self.allowed_clients)
        if not self.create_api and self.access_token_seconds is not None:
            yield Mistake(
                f"{path}.accessTokenSeconds", "is a property of the API, which exists already (createApi: false)"
            )
        if context.pinned and (reason := self.one_client_only(self.token_dialect)):
            yield Mistake(f"{path}.tokenDialect", reason)

    def one_client_only(self, dialect: str) -> str:
        """Why a gateway that pins the clients cannot have those of this section in such a dialect; empty if it can."""
        callers = len(self.clients) + len(self.allowed_clients or ())
        if dialect not in ONE_CLIENT_DIALECTS or callers <= 1:
            return ""
        return (
            f"{dialect} names the client in azp, of which a gateway can check only one, and there are {callers} "
            f"clients: choose {_for_several(dialect)}"
        )

    def second_client_problem(self) -> str:
        dialect = self.token_dialect
        if dialect not in ONE_CLIENT_DIALECTS:
            return ""
        return (
            f"the dialect {dialect} lets one client in at a time, so there is no moment for both: change "
            f"auth0.tokenDialect to {_for_several(dialect)} first, at a time when callers may be refused"
        )

    def callers(self, gateway_name: str) -> Callers:
        spelled = {scope: scope for scope in self.scopes}
        return checks.callers(self.clients, self.allowed_clients, spelled, AUTH0[self.token_dialect])

    def create(self, name: str, context: ProviderContext, opts: pulumi.ResourceOptions | None = None) -> Auth0Provider:
        from idp.auth0.component import Auth0Provider  # noqa: PLC0415 - imports Pulumi and pulumi_auth0

        return Auth0Provider(
            name,
            self,
            audience=self.audience or context.gateway_name,
            domain=self.custom_domain or context.host,
            pins_clients=context.mode == "pinned",
            opts=opts,
        )


def _for_several(dialect: str) -> str:
    """The dialect like this one whose tokens name the client where several can be checked."""
    return dialect.replace("access_token", "rfc9068_profile")
