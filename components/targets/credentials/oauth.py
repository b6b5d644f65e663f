"""Calls that show an access token, which AgentCore's token vault obtains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from agentcore_auth import iam
from components.targets.base import TargetContext
from components.targets.credentials.vault import VaultCredentials
from configuration import forms
from configuration.mistakes import Mistake

if TYPE_CHECKING:
    import pulumi

    from components.targets.base import CredentialArguments


class OAuth(VaultCredentials, frozen=True):
    """Client credentials of the gateway's own: `discoveryUrl`, `clientId` and `secretRef`, or `providerArn`."""

    kind: ClassVar[iam.CredentialKind] = iam.OAUTH

    type: Literal["oauth"]
    discovery_url: forms.DiscoveryUrl | None = Field(default=None, description="The tool's issuer.")
    client_id: forms.ClientId | None = Field(default=None, description="The gateway's client id at that issuer.")
    secret_ref: forms.SecretName | None = Field(
        default=None, description="Secret configuration key with the client secret."
    )
    provider_arn: forms.CredentialProviderArn | None = Field(
        default=None, description="An existing OAuth2 credential provider."
    )
    scopes: Annotated[tuple[forms.TargetScope, ...], Field(max_length=100), forms.DISTINCT] = Field(
        description="Scopes to ask for, up to 100; may be empty."
    )

    def mistakes(self, path: str, endpoint: str) -> Iterator[Mistake]:
        own = {"discoveryUrl": self.discovery_url, "clientId": self.client_id, "secretRef": self.secret_ref}
        for key, value in own.items():
            if self.provider_arn and value is not None:
                yield Mistake(f"{path}.credentials.{key}", "does not go with providerArn, which has it already")
            if not self.provider_arn and value is None:
                yield Mistake(f"{path}.credentials.{key}", "is required, and missing (or give providerArn)")
        yield from super().mistakes(path, endpoint)

    def created(
        self, name: str, secret: pulumi.Output[str], context: TargetContext
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        import pulumi_aws as aws  # noqa: PLC0415 - sections are read without Pulumi

        provider = aws.bedrock.AgentcoreOauth2CredentialProvider(
            name,
            credential_provider_vendor="CustomOauth2",
            oauth2_provider_config={
                "custom_oauth2_provider_config": {
                    "client_id": self.client_id,
                    "client_secret": secret,
                    "oauth_discovery": {"discovery_url": self.discovery_url},
                }
            },
            tags=context.tags,
            opts=context.child(),
        )
        secrets = provider.client_secret_arns.apply(lambda arns: arns[0].secret_arn)
        return provider.credential_provider_arn, secrets

    def named(self, provider_arn: pulumi.Input[str]) -> CredentialArguments:
        return {
            "oauth": {
                "provider_arn": provider_arn,
                "scopes": list(self.scopes),
                "grant_type": "CLIENT_CREDENTIALS",
            }
        }
