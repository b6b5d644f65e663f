"""Cognito user pools as moto has them, with the real service's rules and the resource servers' operations it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, cast

from moto.cognitoidp import urls as moto_urls
from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpUserPool,
    CognitoIdpUserPoolClient,
    CognitoIdpUserPoolDomain,
    cognitoidp_backends,
)
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.aws.accounts import every
from sandbox.aws.refusals import Refusal

RESERVED_WORDS = ("aws", "amazon", "cognito")
_STANDARD_SCOPES = ("phone", "email", "openid", "profile", "aws.cognito.signin.user.admin")
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_SHORTEST, _LONGEST = 5 * 60, 24 * 3600
"""Of access tokens, in seconds (Cognito API reference, CreateUserPoolClient)."""
_invalid = partial(Refusal, "InvalidParameterException")
_flow = partial(Refusal, "InvalidOAuthFlowException")


class UserPoolsBackend(CognitoIdpBackend):
    """One account's user pools in one region."""

    @property
    def _url_module(self) -> Any:
        return _Urls

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
        if pool_of_domain(domain, self.region_name):
            raise _invalid("Domain already associated with another user pool.")
        if pool.domain:
            raise _invalid("User pool already has a domain configured.")
        return super().create_user_pool_domain(user_pool_id, domain, custom_domain_config)

    def create_user_pool_client(
        self, user_pool_id: str, generate_secret: bool, extended_config: dict[str, Any]
    ) -> CognitoIdpUserPoolClient:
        _check_client(self.describe_user_pool(user_pool_id), extended_config, has_secret=generate_secret)
        return super().create_user_pool_client(user_pool_id, generate_secret, extended_config)

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


class UserPoolsResponse(CognitoIdpResponse):
    """The operations that moto lacks, each a method of its name in snake case."""

    def update_resource_server(self) -> ActionResult:
        given = self.parameters
        server = self.backend.describe_resource_server(given["UserPoolId"], given["Identifier"])
        server.name, server.scopes = given["Name"], given.get("Scopes", [])
        return ActionResult({"ResourceServer": server.to_json()})

    def delete_resource_server(self) -> ActionResult:
        pool, identifier = self.parameters["UserPoolId"], self.parameters["Identifier"]
        self.backend.describe_resource_server(pool, identifier)  # raises where there is none
        del self.backend.describe_user_pool(pool).resource_servers[identifier]
        return EmptyResult()


class _Urls:
    url_bases = moto_urls.url_bases
    url_paths: Mapping[str, Callable[..., Any]] = {**moto_urls.url_paths, "{0}/$": UserPoolsResponse.dispatch}


def access_token_lifetime(config: Mapping[str, Any]) -> int:
    """In seconds, by a client's settings."""
    unit = (config.get("TokenValidityUnits") or {}).get("AccessToken", "hours")
    return (config.get("AccessTokenValidity") or 1) * _SECONDS[unit]


def every_pool() -> Iterator[CognitoIdpUserPool]:
    for backend in every(cognitoidp_backends):
        yield from list(backend.user_pools.values())


def pool_of_domain(prefix: str, region: str) -> CognitoIdpUserPool | None:
    """A prefix is unique in its region, whichever account's."""
    for pool in every_pool():
        if pool.region == region and pool.domain and pool.domain.domain == prefix:
            return pool
    return None


def _check_client(pool: CognitoIdpUserPool, config: Mapping[str, Any], *, has_secret: bool) -> None:
    flows, scopes = config.get("AllowedOAuthFlows") or [], config.get("AllowedOAuthScopes") or []
    known = {
        f"{each.identifier}/{scope['ScopeName']}" for each in pool.resource_servers.values() for scope in each.scopes
    }
    if unknown := [scope for scope in scopes if scope not in known and scope not in _STANDARD_SCOPES]:
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
