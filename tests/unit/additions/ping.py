"""A provider in one file, as somebody might add it: environments of PingOne, whose applications exist already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import pulumi
from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.access.rules import TokenClaims
from agentcore_auth.authorizer.issued import IssuedTokens
from agentcore_auth.authorizer.shapes import TokenShape
from configuration import forms
from configuration.context import CheckContext, StackConfiguration
from configuration.mistakes import Mistake
from idp import checks
from idp.base import Application, IdentityProvider
from idp.provider import Callers, Provider, ProviderContext

ROTATOR = "function:rotate-ping"

SHAPE = TokenShape("ping", "client_id", has_audience=True, scope_claim="scope")


class Ping(Provider, frozen=True):
    """An environment of PingOne."""

    summary: ClassVar[str] = "PingOne. Its secret is in `ping:clientSecret`."

    environment: Annotated[str, forms.matching(r"[0-9a-f-]{36}", "an environment's id")] | None = Field(
        default=None, description="The environment's id."
    )
    scopes: forms.Scopes = Field(default=("orders:read",), description="What tokens are asked for.")
    client: forms.ClientId = Field(default="worker", description="The application that comes in.")

    @classmethod
    def host(cls, stack: StackConfiguration) -> str:
        return stack.value("ping:host", "PING_HOST") or ""

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from checks.host_name("ping:host", self.host(context.stack), "the region's host")
        if self.environment is None:
            yield Mistake(f"{path}.environment", "is required where PingOne is switched on")

    def callers(self, gateway_name: str) -> Callers:
        return Callers([self.client], {scope: scope for scope in self.scopes}, TokenClaims.of_shape(SHAPE))

    def deployment_statements(self, scope: iam.AwsScope) -> Iterator[iam.Statement]:
        yield iam.allow("RotatePing", ["lambda:InvokeFunction"], [iam.regional_arn(scope, "lambda", ROTATOR)])

    def create(self, name: str, context: ProviderContext, opts: pulumi.ResourceOptions | None = None) -> PingProvider:
        return PingProvider(name, self, audience=context.gateway_name, host=context.host, opts=opts)


class PingProvider(IdentityProvider):
    """What is known of the environment; nothing is created there."""

    def __init__(
        self, name: str, arguments: Ping, *, audience: str, host: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("agentcore-auth:index:PingProvider", name, None, opts)
        issuer = f"https://{host}/{arguments.environment}/as"
        self.issuer = pulumi.Output.from_input(issuer)
        self.discovery_url = pulumi.Output.from_input(f"{issuer}/.well-known/openid-configuration")
        self.token_endpoint = pulumi.Output.from_input(f"{issuer}/token")
        self.audience = audience
        self.scopes = arguments.scopes
        secret = pulumi.Config("ping").require_secret("clientSecret")
        self.applications = {
            "worker": Application(pulumi.Output.from_input(arguments.client), secret, arguments.scopes)
        }
        self.tokens = IssuedTokens(SHAPE, [arguments.client], arguments.scopes, audience)
        self.finish()
