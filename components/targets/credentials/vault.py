"""What API keys and access tokens have in common: AgentCore's token vault keeps the secret behind them.

A credential that the configuration names by `secretRef` is put into the vault by a credential provider of the stack's
own; with `providerArn`, one that exists is used and nothing is created.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from components import iam
from components.targets.base import TargetContext
from components.targets.credentials.base import Credentials, Shown
from configuration.mistakes import Mistake

if TYPE_CHECKING:
    import pulumi

    from components.targets.base import CredentialArguments
    from configuration import forms

_SECRET_ACTIONS = ("CreateSecret", "DeleteSecret", "DescribeSecret", "PutSecretValue", "TagResource", "UpdateSecret")


class VaultCredentials(Credentials, frozen=True):
    """A credential out of the token vault; a kind declares the fields `secret_ref` and `provider_arn`."""

    #: How the vault spells the kind: in its folders and secrets, and in the API's operations.
    folder: ClassVar[str]
    operations: ClassVar[str]

    if TYPE_CHECKING:
        secret_ref: forms.SecretName | None
        provider_arn: forms.CredentialProviderArn | None

    def secret_references(self) -> Sequence[tuple[str, str]]:
        return [("secretRef", self.secret_ref)] if self.secret_ref else []

    def mistakes(self, path: str, endpoint: str) -> Iterator[Mistake]:
        del endpoint
        kind = f"/{self.folder}credentialprovider/"
        if self.provider_arn and kind not in self.provider_arn:
            yield Mistake(f"{path}.credentials.providerArn", f"is not the ARN of a provider of this type (…{kind}…)")

    def permissions(self, scope: iam.Place, gateway_name: str, target: str, endpoint: str) -> Sequence[iam.Need]:
        del endpoint
        if self.provider_arn:
            return (self.permission(self.provider_arn, secret_arn(self.provider_arn)),)
        name = f"{gateway_name}-{target}-<assigned>"
        provider = _arn(scope, f"{self.folder}credentialprovider/{name}")
        secret = f"secret:bedrock-agentcore-identity!default/{self.folder}/{name}-<assigned>"
        return (self.permission(provider, iam.regional_arn(scope, "secretsmanager", secret)),)

    def deployment_statements(self, scope: iam.Place, gateway_name: str, target: str) -> Iterator[iam.Statement]:
        """AgentCore keeps the secrets of credential providers with the rights of whoever creates them."""
        if not self.secret_ref:
            return
        spelled, name = self.operations, f"{gateway_name}-{target}-*"
        provider = _arn(scope, f"{self.folder}credentialprovider/{name}")
        secret = f"secret:bedrock-agentcore-identity!default/{self.folder}/{name}"
        actions = [f"{verb}{spelled}CredentialProvider" for verb in ("Create", "Delete", "Get", "Update")]
        vault = iam.regional_arn(scope, "bedrock-agentcore", "token-vault/default")
        yield iam.allow(f"Manage{spelled}Providers", iam.agentcore(actions), [vault, provider])
        yield iam.allow(f"Tag{spelled}Providers", iam.agentcore(iam.TAG_ACTIONS), [provider])
        yield iam.allow(
            f"Keep{spelled}Secrets",
            iam.prefixed("secretsmanager", _SECRET_ACTIONS),
            [iam.regional_arn(scope, "secretsmanager", secret)],
        )

    def shown(self, context: TargetContext, target: str, endpoint: str) -> Shown:
        del endpoint
        import pulumi  # noqa: PLC0415 - sections are read without Pulumi

        provider: pulumi.Input[str]
        secret: pulumi.Input[str]
        if self.secret_ref:
            provider, secret = self.created(f"{context.name}-{target}", context.secret(self.secret_ref), context)
        elif self.provider_arn:
            provider, secret = self.provider_arn, secret_arn(self.provider_arn)
        else:
            raise AssertionError("the settings refuse credentials with neither secretRef nor providerArn")
        permission = pulumi.Output.all(provider, secret).apply(lambda arns: self.permission(*arns))
        return Shown(self.named(provider), [permission])

    def permission(self, provider_arn: str, secret_arn: str) -> iam.Need:
        """What the execution role needs, given the ARNs of the credential provider and of its secret."""
        raise NotImplementedError

    def created(
        self, name: str, secret: pulumi.Output[str], context: TargetContext
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Create a credential provider with this secret; its ARN, and that of the vault's own secret for it."""
        raise NotImplementedError

    def named(self, provider_arn: pulumi.Input[str]) -> CredentialArguments:
        """The credential as a target's arguments name it."""
        raise NotImplementedError


def secret_arn(provider_arn: str) -> str:
    """The ARN of the secret that the vault keeps for an existing provider; its last six characters are AWS's choice.

    AgentCore names the secret after the provider, `bedrock-agentcore-identity!<vault>/<apikey|oauth2>/<name>`.
    """
    _, partition, _, region, account, resource = provider_arn.split(":", 5)
    _, vault, kind, name = resource.split("/")
    folder = kind.removesuffix("credentialprovider")
    secret = f"bedrock-agentcore-identity!{vault}/{folder}/{name}-??????"
    return f"arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}"


def _arn(scope: iam.Place, resource: str) -> str:
    return iam.regional_arn(scope, "bedrock-agentcore", f"token-vault/default/{resource}")
