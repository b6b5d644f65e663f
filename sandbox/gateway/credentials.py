"""What a gateway shows its targets: nothing, an API key or an OAuth access token out of AgentCore's token vault.

The permissions are those that the developer guide lists under "gateway-outbound-auth".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx2
from moto.bedrockagentcorecontrol.models import Gateway
from moto.core.exceptions import ServiceException

from sandbox.aws.credential_providers import CredentialProvider
from sandbox.gateway.deployed import control_plane
from sandbox.gateway.execution_role import require
from sandbox.gateway.invocation import CallFailedError, HttpClients, Target

Auth = Callable[[httpx2.Request], httpx2.Request]
"""Adds a credential to a request: one of the forms of `auth` that httpx2 takes."""


class TokenVault:
    """Gets targets' credentials as the gateway's workload identity."""

    def __init__(self, clients: HttpClients) -> None:
        self._clients = clients

    async def auth(self, target: Target) -> Auth | None:
        """For requests to the target. Raises CallFailedError without a permission or a credential."""
        if settings := target.credential.get("apiKeyCredentialProvider"):
            _, secret = _fetch(target.gateway, settings["providerArn"], "GetResourceApiKey")
            prefix, key = settings.get("credentialPrefix"), secret["api_key_value"]
            name = settings.get("credentialParameterName") or "Authorization"
            in_query = settings.get("credentialLocation") == "QUERY_PARAMETER"
            return _shown(name, f"{prefix} {key}" if prefix else key, in_query=in_query)
        if settings := target.credential.get("oauthCredentialProvider"):
            provider, secret = _fetch(target.gateway, settings["providerArn"], "GetResourceOauth2Token")
            token = await self._token(provider, secret["client_secret"], settings["scopes"])
            return _shown("Authorization", f"Bearer {token}")
        return None

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


def _shown(name: str, value: str, *, in_query: bool = False) -> Auth:
    def show(request: httpx2.Request) -> httpx2.Request:
        if in_query:
            request.url = request.url.copy_merge_params({name: value})
        else:
            request.headers[name] = value
        return request

    return show


def _fetch(gateway: Gateway, provider_arn: str, action: str) -> tuple[CredentialProvider, Mapping[str, str]]:
    """A credential provider and its secret, for which the role needs rights to the workload identity and its
    directory, to the vault and the provider, and to the secret in Secrets Manager."""
    identity: str = gateway.workload_identity_details["workloadIdentityArn"]
    directory = identity.removesuffix(f"/workload-identity/{gateway.gateway_id}")
    vault = provider_arn.rsplit("/", 2)[0]
    require(gateway, "bedrock-agentcore:GetWorkloadAccessToken", directory, identity)
    require(gateway, f"bedrock-agentcore:{action}", directory, identity, vault, provider_arn)
    providers = control_plane(gateway).credential_providers
    try:
        provider = providers.find(provider_arn)
    except ServiceException as missing:
        raise CallFailedError(str(missing)) from missing
    require(gateway, "secretsmanager:GetSecretValue", provider.secret_arn)
    return provider, providers.secret(provider)
