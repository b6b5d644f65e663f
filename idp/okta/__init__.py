"""Okta: its section of the stack file, and its checks. It asks nothing of IAM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from agentcore_auth.authorizer.shapes import OKTA
from configuration import forms
from configuration.context import CheckContext, StackConfiguration
from configuration.mistakes import Mistake
from idp import checks
from idp.checks import Client
from idp.provider import Callers, Provider, ProviderContext

if TYPE_CHECKING:
    import pulumi

    from idp.okta.component import OktaProvider

# Okta, "API access management": names that every authorization server has already.
RESERVED_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access", "device_sso")
# Okta, "Tokens and claims": what access tokens have anyway; and what this program adds for several clients.
RESERVED_CLAIMS = ("aud", "cid", "client_id", "exp", "iat", "iss", "jti", "scp", "sub", "uid", "ver")
LONGEST_LABEL = 100
DEFAULT_SERVER = "default"
OWN_SERVER = "own"


class Okta(Provider, frozen=True):
    """Service applications of the org in `okta:orgName`, and an authorization server that issues their tokens."""

    summary: ClassVar[str] = "Okta. Org and credentials are pulumi-okta's own `okta:*` keys."

    authorization_server: str = Field(
        default="default",
        description="`default`, `own` to create one for this stack, or the name of another one that exists.",
        min_length=1,
    )
    audience: forms.Audience = Field(
        default="api://default",
        description="The authorization server's audience; has to be given for a server of its own.",
    )
    scopes: forms.Scopes = Field(default=("InvokeGateway",), description="Scopes of the authorization server.")
    create_scopes: bool = Field(default=True, description="`false` where another stack of the same org made them.")
    clients: dict[forms.ClientName, Client] = Field(
        default={"default": Client.model_construct()},
        description="One application for each name; `{}` where all exist already.",
    )
    allowed_clients: checks.AllowedClients | None = Field(
        default=None, description="Existing applications that come in as well: ids, or `{id, scopes}`."
    )
    claims: dict[forms.ClaimName, Annotated[str, Field(min_length=1, max_length=1024)]] = Field(
        default={},
        description="Further claims of the tokens, by name: an expression of Okta's, such as `app.profile.team`.",
    )
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)] = Field(default=60, description="5 minutes to 1 day.")

    @classmethod
    def host(cls, stack: StackConfiguration) -> str:
        org = _org(stack)
        return f"{org}.{_domain(stack) or 'okta.com'}" if org else ""

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from _org_mistakes(context.stack)
        yield from checks.credentials(
            context.stack,
            "okta:apiToken",
            "a token of the org's API",
            [
                {"okta:apiToken": "OKTA_API_TOKEN"},
                {"okta:accessToken": "OKTA_ACCESS_TOKEN"},
                {
                    "okta:clientId": "OKTA_API_CLIENT_ID",
                    "okta:privateKey": "OKTA_API_PRIVATE_KEY",
                    "okta:privateKeyId": "OKTA_API_PRIVATE_KEY_ID",
                    "okta:scopes": "OKTA_API_SCOPES",
                },
            ],
        )
        yield from checks.client_scopes(path, self.clients, self.scopes)
        yield from checks.some_client(path, self.clients, self.allowed_clients)
        for client in self.clients:
            label = f"{context.gateway_name}-okta-{client}"
            if len(label) > LONGEST_LABEL:
                yield Mistake(
                    f"{path}.clients.{client}",
                    f"the application's label {label} has {len(label)} characters; Okta takes {LONGEST_LABEL}",
                )
        for index, scope in enumerate(self.scopes if self.create_scopes else ()):
            if scope in RESERVED_SCOPES:
                yield Mistake(
                    f"{path}.scopes[{index}]",
                    f"{scope!r} is a scope that Okta reserves, so it cannot be created; choose another",
                )
        for name in self.claims:
            if name in RESERVED_CLAIMS:
                yield Mistake(f"{path}.claims.{name}", "is a claim that Okta or this program sets itself")
        if self.authorization_server != DEFAULT_SERVER and "audience" not in self.model_fields_set:
            yield Mistake(f"{path}.audience", "is required for an authorization server other than the default one")
        if self.authorization_server == OWN_SERVER and not self.create_scopes:
            yield Mistake(f"{path}.createScopes", "a new authorization server has no scopes yet: leave it out, or true")

    def callers(self, gateway_name: str) -> Callers:
        spelled = {scope: scope for scope in self.scopes}
        return checks.callers(self.clients, self.allowed_clients, spelled, OKTA)

    def second_client_problem(self) -> str:
        return (
            "with a second client the gateway compares a claim that the tokens of today do not have, and refuses them "
            "until they are renewed: add a client that nobody uses when callers may be refused, and keep it; after "
            "that, rotations cost nothing"
        )

    def create(self, name: str, context: ProviderContext, opts: pulumi.ResourceOptions | None = None) -> OktaProvider:
        from idp.okta.component import OktaProvider  # noqa: PLC0415 - imports Pulumi and pulumi_okta

        return OktaProvider(name, self, host=context.host, tell_clients_apart=context.mode == "pinned", opts=opts)


def _org(stack: StackConfiguration) -> str | None:
    return stack.value("okta:orgName", "OKTA_ORG_NAME")


def _domain(stack: StackConfiguration) -> str | None:
    return stack.value("okta:baseUrl", "OKTA_BASE_URL")


def _org_mistakes(stack: StackConfiguration) -> Iterator[Mistake]:
    org = _org(stack)
    found = list(checks.host_name("okta:orgName", org, "the org's name, the part before .okta.com"))
    yield from found
    if org and not found and "." in org:
        name, _, domain = org.partition(".")
        yield Mistake(
            "okta:orgName", f"{org!r} is a host name; write only {name} (the rest, {domain}, is okta:baseUrl)"
        )
    if domain := _domain(stack):
        yield from checks.host_name("okta:baseUrl", domain, "the domain that the org is in, such as okta.com")
