"""AgentCore's token vault: the credentials that targets show, and the names under which IAM knows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentcore_auth.iam.statements import AwsScope, Statement, agentcore, allow, distinct, regional_arn


@dataclass(frozen=True)
class CredentialKind:
    """A kind of credential provider: its folder in ARNs, its name in operations, and what getting one is called."""

    folder: str
    spelled: str
    action: str
    sid: str


API_KEY = CredentialKind("apikey", "ApiKey", "GetResourceApiKey", "GetApiKeys")
OAUTH = CredentialKind("oauth2", "Oauth2", "GetResourceOauth2Token", "GetOAuthTokens")
CREDENTIAL_KINDS = (API_KEY, OAUTH)


@dataclass(frozen=True)
class CredentialUse:
    """A target that sends a credential out of the vault: an API key, or an access token that the vault obtains."""

    kind: CredentialKind
    provider_arn: str
    secret_arn: str


def credential_statements(
    identities: Sequence[str], uses: Sequence[CredentialUse], tokens: Sequence[str]
) -> Iterator[Statement]:
    """Getting these credentials as these workload identities; `tokens` are the actions that begin it.

    What gets a credential is checked on the workload identity, the vault and the provider, each with its parent.
    """
    if not uses:
        return
    yield allow("GetWorkloadTokens", agentcore(tokens), identities)
    for kind in CREDENTIAL_KINDS:
        providers = distinct(_vault_arn(use.provider_arn) for use in uses if use.kind is kind)
        vaults = distinct(provider.rsplit("/", 2)[0] for provider in providers)
        if providers:
            yield allow(kind.sid, agentcore([kind.action]), [*identities, *vaults, *providers])
    secrets = distinct(use.secret_arn for kind in CREDENTIAL_KINDS for use in uses if use.kind is kind)
    yield allow("ReadCredentials", ["secretsmanager:GetSecretValue"], secrets)


def _vault_arn(provider_arn: str) -> str:
    """IAM knows credential providers as resources of `bedrock-agentcore`; the API's own model also spells `acps`."""
    partition, _, *rest = provider_arn.split(":")[1:]
    return ":".join(["arn", partition, "bedrock-agentcore", *rest])


def existing_credential(kind: CredentialKind, provider_arn: str) -> CredentialUse:
    """The use of a credential provider that exists, with the secret that the vault keeps for it."""
    return CredentialUse(kind, provider_arn, secret_arn_of(provider_arn))


def expected_credential(scope: AwsScope, kind: CredentialKind, name: str) -> CredentialUse:
    """The use of a credential provider that a deployment is going to make; `name` as far as it is known before."""
    return CredentialUse(kind, provider_arn(scope, kind, name), f"{secret_arn(scope, kind, name)}-<assigned>")


def provider_arn(scope: AwsScope, kind: CredentialKind, name: str) -> str:
    """The ARN of a credential provider in the default vault."""
    return f"{vault_arn(scope)}/{kind.folder}credentialprovider/{name}"


def vault_arn(scope: AwsScope) -> str:
    """The ARN of the default vault."""
    return regional_arn(scope, "bedrock-agentcore", "token-vault/default")


def secret_arn(scope: AwsScope, kind: CredentialKind, name: str) -> str:
    """The ARN of the secret that the default vault keeps for a provider, without the characters that AWS adds."""
    return regional_arn(scope, "secretsmanager", f"secret:bedrock-agentcore-identity!default/{kind.folder}/{name}")


def secret_arn_of(provider_arn: str) -> str:
    """The ARN of the secret that the vault keeps for an existing provider; its last six characters are AWS's choice.

    AgentCore names the secret after the provider, `bedrock-agentcore-identity!<vault>/<apikey|oauth2>/<name>`.
    """
    _, partition, _, region, account, resource = provider_arn.split(":", 5)
    _, vault, kind, name = resource.split("/")
    folder = kind.removesuffix("credentialprovider")
    secret = f"bedrock-agentcore-identity!{vault}/{folder}/{name}-??????"
    return f"arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}"
