"""Calls that show an access token, which AgentCore's token vault obtains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, cast

from pydantic import Field

from agentcore_auth import iam
from components.targets.base import TargetContext
from components.targets.credentials.vault import VaultCredentials
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake
from configuration.section import Section

if TYPE_CHECKING:
    import pulumi

    from components.targets.base import CredentialArguments

CUSTOM = "CustomOauth2"
MICROSOFT = "MicrosoftOauth2"
# Vendors whose form the API has by itself; all others have the "included" one.
_OF_THEIR_OWN = ("Google", "Github", "Slack", "Salesforce", "Microsoft", "Atlassian", "Linkedin", "Custom")


class AuthorizationServer(Section, frozen=True):
    """An issuer's addresses, where it publishes no discovery document (or a vendor's tenant has its own)."""

    issuer: forms.HttpsUrl = Field(description="The claim `iss` of its tokens.")
    authorization_endpoint: forms.HttpsUrl = Field(description="AWS asks for it, even where no user logs in.")
    token_endpoint: forms.HttpsUrl = Field(description="Where tokens are asked for.")


class OAuth(VaultCredentials, frozen=True):
    """Access tokens of the gateway's own client: `clientId`, its secret and an issuer, or `providerArn`.

    The issuer is `discoveryUrl`, `authorizationServer` or a `vendor` that AgentCore knows.
    """

    kind: ClassVar[iam.CredentialKind] = iam.OAUTH

    type: Literal["oauth"]
    discovery_url: forms.DiscoveryUrl | None = Field(default=None, description="The tool's issuer.")
    authorization_server: AuthorizationServer | None = Field(
        default=None, description="Instead of `discoveryUrl`: the issuer's addresses."
    )
    vendor: forms.OAuthVendor = Field(
        default=CUSTOM, description=f"An issuer that AgentCore knows; `{CUSTOM}` for all others."
    )
    tenant_id: Annotated[str, Field(min_length=1, max_length=2048)] | None = Field(
        default=None, description=f"With `{MICROSOFT}`: the tenant."
    )
    client_id: forms.ClientId | None = Field(default=None, description="The gateway's client id at that issuer.")
    client_authentication: Literal["CLIENT_SECRET_BASIC", "CLIENT_SECRET_POST"] | None = Field(
        default=None, description="How the client shows its secret to the token endpoint; AgentCore's default."
    )
    scopes: Annotated[tuple[forms.TargetScope, ...], Field(max_length=100), forms.DISTINCT] = Field(
        description="Scopes to ask for, up to 100; may be empty."
    )
    grant_type: Literal["CLIENT_CREDENTIALS", "TOKEN_EXCHANGE", "AUTHORIZATION_CODE"] = Field(
        default="CLIENT_CREDENTIALS",
        description="`TOKEN_EXCHANGE`: for the caller's token (RFC 8693). `AUTHORIZATION_CODE`: by a user's consent.",
    )
    return_url: Annotated[str, forms.matching(r"\w+:\S{1,2000}", "an address")] | None = Field(
        default=None, description="With `AUTHORIZATION_CODE`: where the user's browser goes afterwards."
    )
    custom_parameters: forms.CustomParameters | None = Field(
        default=None, description="Further parameters of the token request, such as Auth0's `audience`. Not secret."
    )

    def mistakes(self, path: str, endpoint: str, context: CheckContext) -> Iterator[Mistake]:
        section = f"{path}.credentials"
        own = {
            "clientId": self.client_id,
            "discoveryUrl": self.discovery_url,
            "authorizationServer": self.authorization_server,
            "tenantId": self.tenant_id,
            "clientAuthentication": self.client_authentication,
            "vendor": None if self.vendor == CUSTOM else self.vendor,
        }
        if self.provider_arn:
            for key in (key for key, value in own.items() if value is not None):
                yield Mistake(f"{section}.{key}", "does not go with providerArn, which has it already")
        else:
            if self.client_id is None:
                yield Mistake(f"{section}.clientId", "is required, and missing (or give providerArn)")
            yield from self._issuer_mistakes(section)
        if (self.grant_type == "AUTHORIZATION_CODE") != (self.return_url is not None):
            yield Mistake(f"{section}.returnUrl", "is for grantType: AUTHORIZATION_CODE, and required there")
        if self.grant_type == "TOKEN_EXCHANGE" and self.vendor != CUSTOM:
            yield Mistake(f"{section}.grantType", f"TOKEN_EXCHANGE is set up here for {CUSTOM}; give providerArn")
        yield from super().mistakes(path, endpoint, context)

    def _issuer_mistakes(self, section: str) -> Iterator[Mistake]:
        if self.vendor == CUSTOM:
            if (self.discovery_url is None) == (self.authorization_server is None):
                found = "neither" if self.discovery_url is None else "both"
                yield Mistake(
                    section, f"needs exactly one of discoveryUrl, authorizationServer, or a vendor; it has {found}"
                )
        elif self.discovery_url is not None:
            yield Mistake(f"{section}.discoveryUrl", f"does not go with {self.vendor}, whose addresses AgentCore knows")
        elif self.authorization_server is not None and self._form() != "included":
            yield Mistake(f"{section}.authorizationServer", f"does not go with {self.vendor}: AgentCore knows it")
        if (self.vendor == MICROSOFT) != (self.tenant_id is not None):
            yield Mistake(f"{section}.tenantId", f"is for vendor: {MICROSOFT}, and required there")
        if self.client_authentication and self.vendor != CUSTOM:
            yield Mistake(f"{section}.clientAuthentication", f"is for vendor: {CUSTOM}")

    def created(
        self, name: str, secret: pulumi.Output[str] | None, context: TargetContext
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        import pulumi_aws as aws  # noqa: PLC0415 - sections are read without Pulumi

        settings: dict[str, Any] = {"client_id": self.client_id, **self._addresses()}
        if self.secret_arn:
            reference = {"secret_id": self.secret_arn, "json_key": self.secret_json_key}
            settings |= {"client_secret_source": "EXTERNAL", "client_secret_config": reference}
        else:
            settings["client_secret"] = secret
        provider = aws.bedrock.AgentcoreOauth2CredentialProvider(
            name,
            credential_provider_vendor=self.vendor,
            # The SDK has a type for each vendor's form; they are alike in what stands here.
            oauth2_provider_config=cast("Any", {f"{self._form()}_oauth2_provider_config": settings}),
            tags=context.tags,
            opts=context.child(),
        )
        secrets = provider.client_secret_arns.apply(lambda arns: arns[0].secret_arn)
        return provider.credential_provider_arn, secrets

    def _form(self) -> str:
        """How the API calls the vendor's form."""
        name = self.vendor.removesuffix("Oauth2")
        return name.lower() if name in _OF_THEIR_OWN else "included"

    def _addresses(self) -> dict[str, Any]:
        """What the vendor's form says of the issuer, and of how it is asked."""
        server = self.authorization_server.model_dump() if self.authorization_server else None
        if self.vendor != CUSTOM:
            return {**(server or {}), **({"tenant_id": self.tenant_id} if self.tenant_id else {})}
        found: dict[str, Any] = {
            "oauth_discovery": {"authorization_server_metadata": server}
            if server
            else {"discovery_url": self.discovery_url}
        }
        if self.client_authentication:
            found["client_authentication_method"] = self.client_authentication
        if self.grant_type == "TOKEN_EXCHANGE":
            actor = {"actor_token_content": "NONE"}
            found["on_behalf_of_token_exchange_config"] = {
                "grant_type": "TOKEN_EXCHANGE",
                "token_exchange_grant_type_config": actor,
            }
        return found

    def named(self, provider_arn: pulumi.Input[str]) -> CredentialArguments:
        return {
            "oauth": {
                "provider_arn": provider_arn,
                "scopes": list(self.scopes),
                "grant_type": self.grant_type,
                "default_return_url": self.return_url,
                "custom_parameters": self.custom_parameters,
            }
        }
