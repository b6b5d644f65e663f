"""Outbound: what a gateway may do by its execution role, and what it shows its targets.

That is a signature, an API key or an OAuth access token out of AgentCore's token vault, with the permissions that the
developer guide lists under "gateway-outbound-auth".
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

import httpx2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.bedrockagentcorecontrol.models import Gateway
from moto.core.exceptions import ServiceException

from agentcore_auth.iam import SERVICE
from sandbox.aws.credential_providers import CredentialProvider
from sandbox.aws.permissions import is_allowed, trusts
from sandbox.credentials import AWS_SECRET_KEY
from sandbox.gateway.deployed import control_plane
from sandbox.gateway.invocation import CallFailedError, HttpClients, Target

Auth = Callable[[httpx2.Request], httpx2.Request]
"""Adds a credential to a request: one of the forms of `auth` that httpx2 takes."""


def may(gateway: Gateway, action: str, resource: str) -> bool:
    """Whether the gateway can assume its role, and the role may do this."""
    assumable = trusts(gateway.role_arn, SERVICE, source_account=gateway.account_id, source_arn=gateway.gateway_arn)
    return assumable and is_allowed(gateway.role_arn, action, resource)


def require(gateway: Gateway, action: str, *resources: str) -> None:
    """Raises CallFailedError where the role may not do this on every one of the resources."""
    for resource in resources:
        if not may(gateway, action, resource):
            raise CallFailedError(
                f"Access denied: the gateway's execution role {gateway.role_arn} is not allowed to perform {action} on "
                f"{resource}. Check its permissions, and retry the request."
            )


class SignedByRole(httpx2.Auth):
    """Signs requests (AWS Signature Version 4) with credentials of the role's account."""

    requires_request_body = True

    def __init__(self, gateway: Gateway, service: str, region: str | None = None) -> None:
        # The sandbox's AWS takes an account's id for an access key of that account.
        credentials = Credentials(gateway.account_id, AWS_SECRET_KEY)
        self._signer = SigV4Auth(credentials, service, region or gateway.region_name)

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        to_sign = AWSRequest(request.method, str(request.url), {"Host": request.url.host}, request.content)
        self._signer.add_auth(to_sign)
        request.headers.update(dict(to_sign.headers.items()))
        yield request


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
