"""What a gateway shows its targets: nothing, an API key or an OAuth access token out of AgentCore's token vault.

The permissions are those that the developer guide lists under "gateway-outbound-auth": the workload identity and its
directory, the vault and the provider, and the secret in Secrets Manager that the vault keeps the credential in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from moto.bedrockagentcorecontrol.models import bedrockagentcorecontrol_backends
from moto.core.exceptions import ServiceException

from sandbox.aws.agentcore import AgentCoreBackend
from sandbox.aws.credential_providers import CredentialProvider
from sandbox.gateway.deployed import Gateway, Target
from sandbox.gateway.execution_role import require
from sandbox.gateway.invocation import CallFailedError, HttpClients

_PREFIX = "bedrock-agentcore"


@dataclass(frozen=True)
class Shown:
    """Headers and query parameters to add to a request."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])


class TokenVault:
    """Gets targets' credentials as the gateway's workload identity."""

    def __init__(self, clients: HttpClients) -> None:
        self._clients = clients

    async def shown(self, gateway: Gateway, target: Target) -> Shown:
        """What requests to the target carry. Raises CallFailedError without a permission or a credential."""
        provider: Mapping[str, Any] = target.credentials.get("credentialProvider") or {}
        if "apiKeyCredentialProvider" in provider:
            return _key_shown(gateway, provider["apiKeyCredentialProvider"])
        if "oauthCredentialProvider" in provider:
            settings = provider["oauthCredentialProvider"]
            held, secret = _fetch(gateway, settings["providerArn"], "GetResourceOauth2Token")
            token = await self._token(held, secret["client_secret"], settings["scopes"])
            return Shown({"Authorization": f"Bearer {token}"})
        return Shown()

    async def _token(self, provider: CredentialProvider, secret: str, scopes: list[str]) -> str:
        """An access token by client credentials (RFC 6749 section 4.4), from where the issuer's discovery says."""
        form = {"grant_type": "client_credentials", **({"scope": " ".join(scopes)} if scopes else {})}
        async with self._clients() as http:
            discovered = await http.get(str(provider.config["oauthDiscovery"]["discoveryUrl"]))
            if discovered.status_code != 200:
                raise CallFailedError(f"The discovery document of {provider.name} answers {discovered.status_code}.")
            endpoint = str(discovered.json()["token_endpoint"])
            answer = await http.post(endpoint, data=form, auth=(str(provider.config["clientId"]), secret))
        if answer.status_code != 200:
            raise CallFailedError(f"The token endpoint of {provider.name} answers {answer.status_code}: {answer.text}")
        return str(answer.json()["access_token"])


def _key_shown(gateway: Gateway, settings: Mapping[str, Any]) -> Shown:
    _, secret = _fetch(gateway, settings["providerArn"], "GetResourceApiKey")
    prefix = settings.get("credentialPrefix")
    value = f"{prefix} {secret['api_key_value']}" if prefix else secret["api_key_value"]
    name = settings.get("credentialParameterName") or "Authorization"
    if settings.get("credentialLocation") == "QUERY_PARAMETER":
        return Shown(query={name: value})
    return Shown({name: value})


def _fetch(gateway: Gateway, provider_arn: str, action: str) -> tuple[CredentialProvider, Mapping[str, str]]:
    directory = (
        f"arn:{gateway.partition}:{_PREFIX}:{gateway.region}:{gateway.account}:workload-identity-directory/default"
    )
    identity = f"{directory}/workload-identity/{gateway.id}"
    vault = provider_arn.rsplit("/", 2)[0]
    require(gateway, f"{_PREFIX}:GetWorkloadAccessToken", directory, identity)
    require(gateway, f"{_PREFIX}:{action}", directory, identity, vault, provider_arn)
    backend = cast("AgentCoreBackend", bedrockagentcorecontrol_backends[gateway.account][gateway.region])
    try:
        held = backend.credential_providers.find(provider_arn)
    except ServiceException as missing:
        raise CallFailedError(str(missing)) from missing
    require(gateway, "secretsmanager:GetSecretValue", held.secret_arn)
    return held, backend.credential_providers.secret(held)
