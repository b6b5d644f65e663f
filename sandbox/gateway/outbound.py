"""Outbound: what a gateway may do by its execution role, and what it shows its targets.

That is a signature, an API key or an OAuth access token out of AgentCore's token vault, with the permissions that the
developer guide lists under "gateway-outbound-auth".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core.exceptions import ServiceException

from agentcore_auth.iam import SERVICE, AwsScope, account_of
from agentcore_auth.iam.endpoints import signed_call
from sandbox.aws.documents import Document
from sandbox.aws.permissions import is_allowed, trusts
from sandbox.credentials import AWS_SECRET_KEY
from sandbox.functions import FUNCTION_URL, FunctionNotFoundError, function_with_url
from sandbox.gateway.deployed import control_plane
from sandbox.gateway.invocation import CallFailedError, HttpClients, Target
from sandbox.tenants.token_request import ACCESS_TOKEN, TOKEN_EXCHANGE

Auth = Callable[[httpx2.Request], httpx2.Request]
"""Adds a credential to a request: one of the forms of `auth` that httpx2 takes."""


def may(gateway: Document, action: str, resource: str) -> bool:
    """Whether the gateway can assume its role, and the role may do this."""
    role, arn = gateway["roleArn"], gateway["gatewayArn"]
    return trusts(role, SERVICE, source_account=account_of(arn), source_arn=arn) and is_allowed(role, action, resource)


def require(gateway: Document, action: str, *resources: str) -> None:
    """Raises CallFailedError where the role may not do this on every one of the resources."""
    for resource in resources:
        if not may(gateway, action, resource):
            raise CallFailedError(
                f"Access denied: the gateway's execution role {gateway['roleArn']} is not allowed to perform {action} "
                f"on {resource}. Check its permissions, and retry the request."
            )


def signed_by_role(scope: AwsScope, service: str, region: str | None = None) -> Auth:
    """Signs requests (AWS Signature Version 4) with credentials of the role's account."""
    # The sandbox's AWS takes an account's id for an access key of that account.
    signer = SigV4Auth(Credentials(scope.account, AWS_SECRET_KEY), service, region or scope.region)

    def sign(request: httpx2.Request) -> httpx2.Request:
        to_sign = AWSRequest(request.method, str(request.url), {"Host": request.url.host}, request.read())
        signer.add_auth(to_sign)
        request.headers.update(dict(to_sign.headers.items()))
        return request

    return sign


def signed(target: Target, method: str, url: str) -> Auth:
    """For a target that is called with the role, if that may do what a request of `url` asks for.

    The signature is for the service that the target's credential names, by default the one that the permission is of.
    """
    provider: Mapping[str, str] = target.credential.get("iamCredentialProvider", {})
    asked = _asked(target, method, url)
    for action, resource in asked:
        require(target.gateway, action, resource)
    service = provider.get("service") or asked[0][0].partition(":")[0]
    return signed_by_role(target.scope, service, provider.get("region"))


def _asked(target: Target, method: str, url: str) -> list[tuple[str, str]]:
    """The actions that a request needs, and the resources that they act on."""
    address = urlsplit(url)
    if function := FUNCTION_URL.fullmatch(address.hostname or ""):
        try:
            arn = function_with_url(f"https://{address.hostname}", target.scope.account, function[1])
        except FunctionNotFoundError as missing:
            raise CallFailedError(str(missing)) from missing
        return [("lambda:InvokeFunctionUrl", arn), ("lambda:InvokeFunction", arn)]
    call = signed_call(url)
    if call is None:
        raise CallFailedError(f"The sandbox cannot tell which permission {url} asks for.")
    asked = call.permission(target.name, target.scope)
    path = address.path.strip("/").partition("/")[2]
    return [(asked.actions[0], arn.replace("/*/*", f"/{method}/{path}")) for arn in asked.resources]


class Outbound:
    """Reaches targets with clients that `clients` makes, and with what each of them is to be shown."""

    def __init__(self, clients: HttpClients) -> None:
        self._clients = clients

    async def client(self, target: Target, sign: Callable[[], Auth]) -> httpx2.AsyncClient:
        """For calls of the target; `sign` is for one that is called with the execution role.

        Raises CallFailedError without a permission or a credential.
        """
        auth = sign() if target.signs else await self._credential(target)
        return self._clients(auth=auth, headers=target.headers)

    async def _credential(self, target: Target) -> Auth | None:
        """Out of the token vault, got as the gateway's workload identity."""
        if settings := target.credential.get("apiKeyCredentialProvider"):
            _, key = _fetch(target.gateway, settings["providerArn"], "GetResourceApiKey")
            prefix = settings.get("credentialPrefix")
            name = settings.get("credentialParameterName") or "Authorization"
            in_query = settings.get("credentialLocation") == "QUERY_PARAMETER"
            return _shown(name, f"{prefix} {key}" if prefix else key, in_query=in_query)
        if settings := target.credential.get("oauthCredentialProvider"):
            provider, secret = _fetch(target.gateway, settings["providerArn"], "GetResourceOauth2Token")
            token = await self._token(provider, secret, settings, target.token)
            return _shown("Authorization", f"Bearer {token}")
        return None

    async def _token(self, provider: Document, secret: str, settings: Mapping[str, Any], caller_token: str) -> str:
        """An access token by client credentials (RFC 6749 section 4.4), or for the caller's own (RFC 8693)."""
        grant, scopes, name = settings.get("grantType") or "CLIENT_CREDENTIALS", settings["scopes"], provider["name"]
        if grant == "AUTHORIZATION_CODE":
            raise CallFailedError(f"{name} waits for a user's consent, and nobody logs in on the sandbox.")
        form = {"grant_type": "client_credentials", **({"scope": " ".join(scopes)} if scopes else {})}
        if grant == "TOKEN_EXCHANGE":
            form |= {"grant_type": TOKEN_EXCHANGE, "subject_token": caller_token, "subject_token_type": ACCESS_TOKEN}
        form |= settings.get("customParameters") or {}
        [config] = provider["oauth2ProviderConfigOutput"].values()
        client: tuple[str, str] | None = (str(config["clientId"]), secret)
        if config.get("clientAuthenticationMethod") == "CLIENT_SECRET_POST":
            form |= {"client_id": str(config["clientId"]), "client_secret": secret}
            client = None
        endpoint = await self._endpoint(name, config)
        async with self._clients(auth=client) as http:
            answer = await http.post(endpoint, data=form)
        if answer.status_code != 200:
            raise CallFailedError(f"The token endpoint of {name} answers {answer.status_code}: {answer.text}")
        return str(answer.json()["access_token"])

    async def _endpoint(self, name: str, config: Mapping[str, Any]) -> str:
        """The token endpoint: where the discovery document says, or the configuration itself."""
        told: Mapping[str, Any] = config.get("oauthDiscovery", config)
        told = told.get("authorizationServerMetadata", told)
        if "discoveryUrl" in told:
            async with self._clients() as http:
                discovered = await http.get(str(told["discoveryUrl"]))
            if discovered.status_code != 200:
                raise CallFailedError(f"The discovery document of {name} answers {discovered.status_code}.")
            return str(discovered.json()["token_endpoint"])
        if "tokenEndpoint" not in told:
            raise CallFailedError(f"The sandbox does not know the token endpoint of {name}'s vendor.")
        return str(told["tokenEndpoint"])


def _shown(name: str, value: str, *, in_query: bool = False) -> Auth:
    def show(request: httpx2.Request) -> httpx2.Request:
        if in_query:
            request.url = request.url.copy_merge_params({name: value})
        else:
            request.headers[name] = value
        return request

    return show


def _fetch(gateway: Document, provider_arn: str, action: str) -> tuple[Document, str]:
    """A credential provider and its secret, for which the role needs rights to the workload identity and its
    directory, to the vault and the provider, and to the secret in Secrets Manager."""
    identity: str = gateway["workloadIdentityDetails"]["workloadIdentityArn"]
    directory = identity.partition("/workload-identity/")[0]
    vault = provider_arn.rsplit("/", 2)[0]
    require(gateway, "bedrock-agentcore:GetWorkloadAccessToken", directory, identity)
    require(gateway, f"bedrock-agentcore:{action}", directory, identity, vault, provider_arn)
    providers = control_plane(gateway).providers_of(provider_arn)
    try:
        provider = providers.find(provider_arn)
    except ServiceException as missing:
        raise CallFailedError(str(missing)) from missing
    require(gateway, "secretsmanager:GetSecretValue", providers.secret_arn(provider))
    try:
        return provider, providers.secret(provider)
    except ServiceException as unreadable:
        raise CallFailedError(str(unreadable)) from unreadable
