"""What API keys and access tokens have in common: AgentCore's token vault gets them for a gateway.

With `secretRef`, a credential provider of the stack's own is made, and the vault keeps the secret. With `secretArn` it
is made as well, and reads a secret that exists in Secrets Manager: that never enters the stack. With `providerArn`, a
credential provider that exists is used and nothing is created.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.iam import deployment
from components.targets.base import TargetContext
from components.targets.credentials.base import Credentials, OutboundAuth
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake

if TYPE_CHECKING:
    import pulumi

    from components.targets.base import CredentialArguments


class VaultCredentials(Credentials, frozen=True):
    """A credential out of the token vault."""

    kind: ClassVar[iam.CredentialKind]

    secret_ref: forms.SecretName | None = Field(default=None, description="Secret configuration key that holds it.")
    secret_arn: forms.SecretArn | None = Field(
        default=None, description="Instead: a secret of this account and region in Secrets Manager, a JSON object."
    )
    secret_json_key: forms.SecretJsonKey | None = Field(
        default=None, description="With `secretArn`: the key of that object under which it stands."
    )
    provider_arn: forms.CredentialProviderArn | None = Field(
        default=None, description="Instead of all that makes a credential provider: one that exists."
    )

    def secret_references(self) -> Sequence[tuple[str, str]]:
        return [("secretRef", self.secret_ref)] if self.secret_ref else []

    def mistakes(self, path: str, endpoint: str, context: CheckContext) -> Iterator[Mistake]:
        section = f"{path}.credentials"
        sources = {"secretRef": self.secret_ref, "secretArn": self.secret_arn, "providerArn": self.provider_arn}
        given = [key for key, value in sources.items() if value is not None]
        if len(given) != 1:
            yield Mistake(section, f"needs exactly one of {', '.join(sources)}; it has {', '.join(given) or 'none'}")
        if (self.secret_arn is None) != (self.secret_json_key is None):
            missing = "secretArn" if self.secret_arn is None else "secretJsonKey"
            yield Mistake(f"{section}.{missing}", "is required, and missing: secretArn and secretJsonKey go together")
        kind = f"/{self.kind.folder}credentialprovider/"
        if self.provider_arn and kind not in self.provider_arn:
            yield Mistake(f"{section}.providerArn", f"is not the ARN of a provider of this type (…{kind}…)")
        region = context.stack.region
        if self.secret_arn and region and (found := iam.region_of(self.secret_arn)) != region:
            name = self.secret_arn.split(":")[6][:-7]
            yield Mistake(
                f"{section}.secretArn",
                f"is a secret of {found}, and AgentCore reads those of its own region, {region}: replicate it (aws "
                f"secretsmanager replicate-secret-to-regions --region {found} --secret-id {name} --add-replica-regions "
                f"Region={region}), and give the replica's ARN",
            )
        if self.provider_arn and region and (found := iam.region_of(self.provider_arn)) != region:
            yield Mistake(f"{section}.providerArn", f"is a provider of {found}; the gateways need one of {region}")

    def account_mistakes(self, path: str, account: str) -> Iterator[Mistake]:
        if self.secret_arn and (owner := iam.account_of(self.secret_arn)) != account:
            yield Mistake(
                f"{path}.credentials.secretArn",
                f"is a secret of the account {owner}, and the gateways are in {account}: put a copy of the secret into "
                f"{account} (aws secretsmanager create-secret), and give its ARN",
            )
        if self.provider_arn and (owner := iam.account_of(self.provider_arn)) != account:
            yield Mistake(
                f"{path}.credentials.providerArn",
                f"is a provider of the account {owner}; the gateways need one of their own, {account}",
            )

    def permissions(
        self, scope: iam.AwsScope, gateway_name: str, target: str, endpoint: str
    ) -> Sequence[iam.Permission]:
        if self.provider_arn:
            return (iam.existing_credential(self.kind, self.provider_arn),)
        expected = iam.expected_credential(scope, self.kind, f"{gateway_name}-{target}-<assigned>")
        if self.secret_arn:
            return (iam.CredentialUse(self.kind, expected.provider_arn, self.secret_arn),)
        return (expected,)

    def deployment_statements(self, scope: iam.AwsScope, gateway_name: str, target: str) -> Iterator[iam.Statement]:
        if not self.provider_arn:
            names = [f"{gateway_name}-{target}-*"]
            yield from deployment.credential_providers(scope, self.kind, names, external=self.secret_arn)

    def outbound_auth(self, context: TargetContext, target: str, endpoint: str) -> OutboundAuth:
        import pulumi  # noqa: PLC0415 - sections are read without Pulumi

        provider: pulumi.Input[str]
        secret: pulumi.Input[str]
        if self.provider_arn:
            provider, secret = self.provider_arn, iam.secret_arn_of(self.provider_arn)
        else:
            value = context.secret(self.secret_ref) if self.secret_ref else None
            provider, kept = self.created(f"{context.name}-{target}", value, context)
            secret = self.secret_arn or kept
        permission = pulumi.Output.all(provider, secret).apply(lambda arns: iam.CredentialUse(self.kind, *arns))
        return OutboundAuth(self.named(provider), [permission])

    def created(
        self, name: str, secret: pulumi.Output[str] | None, context: TargetContext
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Create a credential provider; its ARN, and that of the secret behind it.

        It gets `secret` to keep; None: it reads that of `secret_arn`.
        """
        raise NotImplementedError

    def named(self, provider_arn: pulumi.Input[str]) -> CredentialArguments:
        """The credential as a target's arguments name it."""
        raise NotImplementedError
