"""Cognito user pools as moto has them, with the real service's rules and the resource servers' operations it lacks."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any, cast

from moto.cognitoidp import urls as moto_urls
from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpUserPool,
    CognitoIdpUserPoolClient,
    CognitoIdpUserPoolDomain,
    CognitoResourceServer,
    cognitoidp_backends,
)
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.aws.refusals import Refusal

RESERVED_WORDS = ("aws", "amazon", "cognito")
_STANDARD_SCOPES = ("phone", "email", "openid", "profile", "aws.cognito.signin.user.admin")
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_SHORTEST, _LONGEST = 5 * 60, 24 * 3600
"""Of access tokens, in seconds (Cognito API reference, CreateUserPoolClient)."""


class UserPoolsBackend(CognitoIdpBackend):
    """One account's user pools in one region."""

    @property
    def _url_module(self) -> Any:
        return _Urls

    def create_user_pool(self, name: str, extended_config: dict[str, Any]) -> CognitoIdpUserPool:
        pool = super().create_user_pool(name, extended_config)
        del self.user_pools[pool.id]
        arn = pool.arn.removesuffix(pool.id)
        pool.id = f"{self.region_name}_{_random(9, string.ascii_letters + string.digits)}"  # moto's are far longer
        pool.arn = arn + pool.id
        self.user_pools[pool.id] = pool
        return pool

    def update_user_pool(self, user_pool_id: str, extended_config: dict[str, Any]) -> None:
        super().update_user_pool(user_pool_id, extended_config)
        pool = self.describe_user_pool(user_pool_id)
        pool.name = extended_config.get("PoolName", pool.name)

    def delete_user_pool(self, user_pool_id: str) -> None:
        pool = self.describe_user_pool(user_pool_id)
        if pool.domain:
            raise _invalid("User pool cannot be deleted. It has a domain configured that should be deleted first.")
        if pool.extended_config.get("DeletionProtection") == "ACTIVE":
            raise _invalid(
                "The user pool cannot be deleted because deletion protection is activated. "
                "Deletion protection must be inactivated first."
            )
        super().delete_user_pool(user_pool_id)

    def create_user_pool_domain(
        self, user_pool_id: str, domain: str, custom_domain_config: dict[str, str] | None = None
    ) -> CognitoIdpUserPoolDomain:
        pool = self.describe_user_pool(user_pool_id)
        for word in RESERVED_WORDS:
            if word in domain:
                raise _invalid(f"Domain cannot contain reserved word: {word}")
        if any(domain in backend.user_pool_domains for backend in _all_accounts(self.region_name)):
            raise _invalid("Domain already associated with another user pool.")
        if pool.domain:
            raise _invalid("User pool already has a domain configured.")
        return super().create_user_pool_domain(user_pool_id, domain, custom_domain_config)

    def create_user_pool_client(
        self, user_pool_id: str, generate_secret: bool, extended_config: dict[str, Any]
    ) -> CognitoIdpUserPoolClient:
        _check_client(self.describe_user_pool(user_pool_id), extended_config, has_secret=generate_secret)
        client = super().create_user_pool_client(user_pool_id, generate_secret, extended_config)
        pool = self.describe_user_pool(user_pool_id)
        del pool.clients[client.id]
        client.id = _random(26, string.ascii_lowercase + string.digits)
        client.secret = _random(51, string.ascii_lowercase + string.digits)
        pool.clients[client.id] = client
        return client

    def update_user_pool_client(
        self, user_pool_id: str, client_id: str, extended_config: dict[str, Any]
    ) -> CognitoIdpUserPoolClient:
        client = self.describe_user_pool_client(user_pool_id, client_id)
        pool = self.describe_user_pool(user_pool_id)
        _check_client(pool, extended_config, has_secret=client.generate_secret)
        # The real update resets what is left out; moto's keeps it.
        kept = {"ClientName": client.extended_config.get("ClientName")}
        fresh = CognitoIdpUserPoolClient(user_pool_id, client.generate_secret, kept)
        client.extended_config = cast("CognitoIdpUserPoolClient", fresh).extended_config
        return super().update_user_pool_client(user_pool_id, client_id, extended_config)

    def update_resource_server(
        self, user_pool_id: str, identifier: str, name: str, scopes: list[dict[str, str]]
    ) -> CognitoResourceServer:
        """Replaces name and scopes."""
        server = self.describe_resource_server(user_pool_id, identifier)
        server.name, server.scopes = name, scopes
        return server

    def delete_resource_server(self, user_pool_id: str, identifier: str) -> None:
        """Raises where there is none."""
        self.describe_resource_server(user_pool_id, identifier)
        del self.describe_user_pool(user_pool_id).resource_servers[identifier]


class UserPoolsResponse(CognitoIdpResponse):
    """moto calls the method of an operation's name in snake case."""

    @property
    def backend(self) -> UserPoolsBackend:
        return cast("UserPoolsBackend", super().backend)

    def update_resource_server(self) -> ActionResult:
        given = self.parameters
        server = self.backend.update_resource_server(
            given["UserPoolId"], given["Identifier"], given["Name"], given.get("Scopes", [])
        )
        return ActionResult({"ResourceServer": server.to_json()})

    def delete_resource_server(self) -> ActionResult:
        self.backend.delete_resource_server(self.parameters["UserPoolId"], self.parameters["Identifier"])
        return EmptyResult()


class _Urls:
    url_bases = moto_urls.url_bases
    url_paths: Mapping[str, Callable[..., Any]] = {**moto_urls.url_paths, "{0}/$": UserPoolsResponse.dispatch}


def access_token_lifetime(config: Mapping[str, Any]) -> int:
    """In seconds, by a client's settings."""
    unit = (config.get("TokenValidityUnits") or {}).get("AccessToken", "hours")
    return (config.get("AccessTokenValidity") or 1) * _SECONDS[unit]


def _check_client(pool: CognitoIdpUserPool, config: Mapping[str, Any], *, has_secret: bool) -> None:
    flows, scopes = config.get("AllowedOAuthFlows") or [], config.get("AllowedOAuthScopes") or []
    known = {
        f"{server.identifier}/{scope['ScopeName']}"
        for server in pool.resource_servers.values()
        for scope in server.scopes
    }
    unknown = [scope for scope in scopes if scope not in known and scope not in _STANDARD_SCOPES]
    if unknown:
        raise Refusal("ScopeDoesNotExistException", f"Scope {unknown[0]} does not exist.")
    if "client_credentials" in flows:
        if not has_secret:
            raise _flow("client_credentials flow can not be selected if client does not have a client secret.")
        if len(flows) > 1:
            raise _flow("client_credentials flow can not be selected along with code flow or implicit flow.")
        if not scopes or any(scope in _STANDARD_SCOPES for scope in scopes):
            raise _flow("client_credentials flow needs scopes of a resource server, and no others.")
    if flows and not config.get("AllowedOAuthFlowsUserPoolClient"):
        raise _invalid("AllowedOAuthFlows and AllowedOAuthScopes need AllowedOAuthFlowsUserPoolClient.")
    if config.get("AccessTokenValidity") and not _SHORTEST <= access_token_lifetime(config) <= _LONGEST:
        raise _invalid("Invalid range for token validity.")
    for provider in config.get("SupportedIdentityProviders") or []:
        if provider != "COGNITO" and provider not in pool.identity_providers:
            raise _invalid(f"The provider {provider} does not exist for User Pool {pool.id}.")


def _all_accounts(region: str) -> list[CognitoIdpBackend]:
    return [account[region] for account in list(cognitoidp_backends.values()) if region in account.keys()]  # noqa: SIM118  moto's `in` asks whether the region exists


def _random(length: int, alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _invalid(message: str) -> Refusal:
    return Refusal("InvalidParameterException", message)


def _flow(message: str) -> Refusal:
    return Refusal("InvalidOAuthFlowException", message)
