"""Amazon Cognito: a user pool that issues machine-to-machine tokens.

Creates the pool, a resource server with the scopes (or uses existing ones), one confidential client for each name, and
the domain with the token endpoint. It sets up no user login: nobody can sign up, and no client has a user flow.

Tokens of client credentials have `client_id` and no `aud` (Cognito developer guide, "Understanding the access token").
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pulumi
import pulumi_aws as aws

from agentcore_auth.authorizer.issued import IssuedTokens
from agentcore_auth.authorizer.shapes import COGNITO
from idp.base import Application, IdentityProvider
from idp.checks import client_ids, scopes_of_all
from idp.cognito import Cognito, CognitoClient

# What AWS knows by a name without the gateway's in it keeps its place in the stack when the gateway is renamed: a new
# resource would be created before the old one is gone, and collide with it.
_SAME_AFTER_A_RENAME = "cognito"


class CognitoProvider(IdentityProvider):
    """A pool, its resource server, its clients and its domain."""

    def __init__(
        self,
        name: str,
        arguments: Cognito,
        *,
        resource_server: str,
        region: str,
        tags: Mapping[str, str] = MappingProxyType({}),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`resource_server` is its identifier, the part of a scope before the slash."""
        super().__init__("agentcore-auth:index:CognitoProvider", name, None, opts)
        self._name = name
        self._arguments = arguments
        self._child = pulumi.ResourceOptions(parent=self)

        pool_id = self._pool(tags)
        domain = self._domain(pool_id)
        servers = [self._resource_server(pool_id, resource_server)] if arguments.create_resource_server else []

        self.audience = None
        self.scopes = [f"{resource_server}/{scope}" for scope in arguments.scopes]
        self.issuer = pool_id.apply(lambda pool: f"https://cognito-idp.{region}.amazonaws.com/{pool}")
        self.discovery_url = self.issuer.apply(lambda issuer: f"{issuer}/.well-known/openid-configuration")
        self.token_endpoint = domain.apply(
            lambda prefix: f"https://{prefix}.auth.{region}.amazoncognito.com/oauth2/token"
        )
        self.applications = {
            client: self._application(client, own, pool_id, servers, resource_server)
            for client, own in arguments.clients.items()
        }
        self.tokens = IssuedTokens(
            shape=COGNITO,
            client_ids=[
                *(application.client_id for application in self.applications.values()),
                *client_ids(arguments.allowed_clients),
            ],
            scopes=scopes_of_all(self.scopes, arguments.allowed_clients),
        )
        self.finish()

    def _pool(self, tags: Mapping[str, str]) -> pulumi.Output[str]:
        """The pool's id; the pool is made unless the configuration names one."""
        if self._arguments.user_pool_id:
            return pulumi.Output.from_input(self._arguments.user_pool_id)
        pool = aws.cognito.UserPool(
            self._name,
            admin_create_user_config={"allow_admin_create_user_only": True},
            deletion_protection="ACTIVE" if self._arguments.deletion_protection else "INACTIVE",
            user_pool_tier=self._arguments.tier,
            tags=tags,
            opts=self._child,
        )
        return pool.id

    def _resource_server(self, pool_id: pulumi.Output[str], identifier: str) -> aws.cognito.ResourceServer:
        return aws.cognito.ResourceServer(
            _SAME_AFTER_A_RENAME,
            user_pool_id=pool_id,
            identifier=identifier,
            name=self._name,
            scopes=[{"scope_name": scope, "scope_description": f"{scope} access"} for scope in self._arguments.scopes],
            # An identifier is unique in its pool, and another one replaces the resource server.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _domain(self, pool_id: pulumi.Output[str]) -> pulumi.Output[str]:
        """The prefix of the pool's domain. Raises RunError for an existing pool that has none and gets none."""
        arguments = self._arguments
        if arguments.user_pool_id and not arguments.domain_prefix:
            # Asked of AWS only here: where the stack makes the domain, the answer would be the stack's own doing.
            there = aws.cognito.get_user_pool(
                user_pool_id=arguments.user_pool_id, opts=pulumi.InvokeOptions(parent=self)
            )
            if not there.domain:
                raise pulumi.RunError(
                    f"cognito.domainPrefix: the pool {arguments.user_pool_id} has no domain, and so no token endpoint; "
                    "set a prefix, and the stack makes one"
                )
            return pulumi.Output.from_input(there.domain)
        domain = aws.cognito.UserPoolDomain(
            _SAME_AFTER_A_RENAME,
            user_pool_id=pool_id,
            # The pool's id without underscore, as in the tutorial; in lower case, because a domain has no other.
            domain=arguments.domain_prefix or pool_id.apply(lambda pool: pool.replace("_", "").lower()),
            # A prefix is unique in its region, and a pool has room for one domain.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return domain.domain

    def _application(
        self,
        client: str,
        own: CognitoClient,
        pool_id: pulumi.Output[str],
        servers: list[aws.cognito.ResourceServer],
        resource_server: str,
    ) -> Application:
        scopes = [f"{resource_server}/{scope}" for scope in own.scopes or self._arguments.scopes]
        user_pool_client = aws.cognito.UserPoolClient(
            f"{self._name}-{client}",
            user_pool_id=pool_id,
            generate_secret=True,
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_flows=["client_credentials"],
            allowed_oauth_scopes=scopes,
            supported_identity_providers=["COGNITO"],
            access_token_validity=self._arguments.access_token_minutes,
            token_validity_units={"access_token": "minutes"},
            # Left out, AWS would add password flows for users that this pool does not have.
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            # The scopes are plain strings: without this, a client could be made before the scopes that it names.
            opts=pulumi.ResourceOptions(parent=self, depends_on=servers),
        )
        return Application(user_pool_client.id, pulumi.Output.secret(user_pool_client.client_secret), scopes)
