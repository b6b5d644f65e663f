"""What a gateway gets from AgentCore Identity for its outbound calls: the credential behind a provider's ARN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from moto.bedrockagentcorecontrol.models import bedrockagentcorecontrol_backends

from sandbox.aws.agentcore import AgentCoreBackend
from sandbox.aws.arns import Arn
from sandbox.aws.credential_providers import CredentialProvider, CredentialProviders
from sandbox.aws.refusals import Refusal


class NoSuchProviderError(LookupError):
    """No credential provider of that kind has this ARN."""


@dataclass(frozen=True)
class OAuthClient:
    """An OAuth client for client credentials, and where its tokens come from."""

    client_id: str
    client_secret: str
    discovery: Mapping[str, Any]
    """`{"discoveryUrl": ...}`, or `{"authorizationServerMetadata": {"tokenEndpoint": ..., ...}}`."""

    def __repr__(self) -> str:
        return f"OAuthClient({self.client_id})"


def api_key(provider_arn: str) -> str:
    """The key of an API key provider. Raises NoSuchProviderError."""
    providers, provider = _find(provider_arn, "apikey")
    return providers.secret(provider)["api_key_value"]


def oauth_client(provider_arn: str) -> OAuthClient:
    """The client of an OAuth2 provider. Raises NoSuchProviderError."""
    providers, provider = _find(provider_arn, "oauth2")
    secret = providers.secret(provider)["client_secret"]
    return OAuthClient(provider.config["clientId"], secret, provider.config["oauthDiscovery"])


def secret_arn(provider_arn: str) -> str:
    """The ARN of the secret that holds a provider's credential. Raises NoSuchProviderError."""
    return _find(provider_arn, None)[1].secret_arn


def _find(provider_arn: str, kind: str | None) -> tuple[CredentialProviders, CredentialProvider]:
    arn = Arn.parse(provider_arn)
    backend = cast("AgentCoreBackend", bedrockagentcorecontrol_backends[arn.account][arn.region])
    try:
        provider = backend.credential_providers.find(provider_arn)
    except Refusal:
        raise NoSuchProviderError(provider_arn) from None
    if kind is not None and provider.kind != kind:
        raise NoSuchProviderError(provider_arn)
    return backend.credential_providers, provider
