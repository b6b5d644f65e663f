"""What API keys and access tokens have in common: AgentCore's token vault keeps the secret behind them.

A credential that the configuration names by `secretRef` is put into the vault by a credential provider of the stack's
own; with `providerArn`, one that exists is used and nothing is created.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from agentcore_auth import iam
from agentcore_auth.iam import deployment
from components.targets.base import TargetContext
from components.targets.credentials.base import Credentials, OutboundAuth
from configuration.mistakes import Mistake

if TYPE_CHECKING:
    import pulumi

    from components.targets.base import CredentialArguments
    from configuration import forms


class VaultCredentials(Credentials, frozen=True):
    """A credential out of the token vault; a kind declares the fields `secret_ref` and `provider_arn`."""

    kind: ClassVar[iam.CredentialKind]

    if TYPE_CHECKING:
        secret_ref: forms.SecretName | None
        provider_arn: forms.CredentialProviderArn | None

    def secret_references(self) -> Sequence[tuple[str, str]]:
        return [("secretRef", self.secret_ref)] if self.secret_ref else []

    def mistakes(self, path: str, endpoint: str) -> Iterator[Mistake]:
        kind = f"/{self.kind.folder}credentialprovider/"
        if self.provider_arn and kind not in self.provider_arn:
            yield Mistake(f"{path}.credentials.providerArn", f"is not the ARN of a provider of this type (…{kind}…)")

    def permissions(
        self, scope: iam.AwsScope, gateway_name: str, target: str, endpoint: str
    ) -> Sequence[iam.Permission]:
        if self.provider_arn:
            return (iam.existing_credential(self.kind, self.provider_arn),)
        return (iam.expected_credential(scope, self.kind, f"{gateway_name}-{target}-<assigned>"),)

    def deployment_statements(self, scope: iam.AwsScope, gateway_name: str, target: str) -> Iterator[iam.Statement]:
        names = [f"{gateway_name}-{target}-*"] if self.secret_ref else []
        return deployment.credential_providers(scope, self.kind, names)

    def outbound_auth(self, context: TargetContext, target: str, endpoint: str) -> OutboundAuth:
        import pulumi  # noqa: PLC0415 - sections are read without Pulumi

        provider: pulumi.Input[str]
        secret: pulumi.Input[str]
        if self.secret_ref:
            provider, secret = self.created(f"{context.name}-{target}", context.secret(self.secret_ref), context)
        elif self.provider_arn:
            provider, secret = self.provider_arn, iam.secret_arn_of(self.provider_arn)
        else:
            raise AssertionError("the settings refuse credentials with neither secretRef nor providerArn")
        permission = pulumi.Output.all(provider, secret).apply(lambda arns: iam.CredentialUse(self.kind, *arns))
        return OutboundAuth(self.named(provider), [permission])

    def created(
        self, name: str, secret: pulumi.Output[str], context: TargetContext
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Create a credential provider with this secret; its ARN, and that of the vault's own secret for it."""
        raise NotImplementedError

    def named(self, provider_arn: pulumi.Input[str]) -> CredentialArguments:
        """The credential as a target's arguments name it."""
        raise NotImplementedError
