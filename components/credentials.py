"""What a target shows its tools: API keys and access tokens out of AgentCore's token vault.

A credential that the configuration names by `secretRef` is put into the vault by a credential provider of the stack's
own; with `providerArn`, one that exists is used and nothing is created.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pulumi
import pulumi_aws as aws

from agentcore_auth.iam import secret_arn_of
from configuration.schema import ApiKey, OAuth

CredentialArguments: TypeAlias = aws.bedrock.AgentcoreGatewayTargetCredentialProviderConfigurationArgsDict


@dataclass(frozen=True)
class Credential:
    """A credential provider: its ARN, and that of the secret which the vault keeps for it."""

    provider_arn: pulumi.Output[str]
    secret_arn: pulumi.Output[str]


def api_key_provider(
    name: str,
    settings: ApiKey,
    secret: Callable[[str], pulumi.Output[str]],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> Credential:
    """The provider of an API key: a new one with the key that `secret` finds, or the existing one."""
    if settings.secret_ref is None:
        return _existing(settings.provider_arn)
    provider = aws.bedrock.AgentcoreApiKeyCredentialProvider(
        name, api_key=secret(settings.secret_ref), tags=tags, opts=opts
    )
    return Credential(
        provider.credential_provider_arn, provider.api_key_secret_arns.apply(lambda arns: arns[0].secret_arn)
    )


def oauth_provider(
    name: str,
    settings: OAuth,
    secret: Callable[[str], pulumi.Output[str]],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> Credential:
    """The provider of access tokens: a new one with the client secret that `secret` finds, or the existing one."""
    if settings.secret_ref is None:
        return _existing(settings.provider_arn)
    provider = aws.bedrock.AgentcoreOauth2CredentialProvider(
        name,
        credential_provider_vendor="CustomOauth2",
        oauth2_provider_config={
            "custom_oauth2_provider_config": {
                "client_id": settings.client_id,
                "client_secret": secret(settings.secret_ref),
                "oauth_discovery": {"discovery_url": settings.discovery_url},
            }
        },
        tags=tags,
        opts=opts,
    )
    return Credential(
        provider.credential_provider_arn, provider.client_secret_arns.apply(lambda arns: arns[0].secret_arn)
    )


def _existing(provider_arn: str | None) -> Credential:
    if provider_arn is None:
        raise AssertionError("the settings refuse credentials with neither secretRef nor providerArn")
    return Credential(pulumi.Output.from_input(provider_arn), pulumi.Output.from_input(secret_arn_of(provider_arn)))


def configuration(settings: ApiKey | OAuth, credential: Credential) -> CredentialArguments:
    """The credential as a target's arguments name it."""
    if isinstance(settings, ApiKey):
        return {
            "api_key": {
                "provider_arn": credential.provider_arn,
                "credential_location": settings.location,
                "credential_parameter_name": settings.parameter_name,
                "credential_prefix": settings.prefix,
            }
        }
    return {
        "oauth": {
            "provider_arn": credential.provider_arn,
            "scopes": list(settings.scopes),
            "grant_type": "CLIENT_CREDENTIALS",
        }
    }
