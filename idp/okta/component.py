"""Okta: one service application for each client, and an authorization server that issues their tokens.

Creates the applications, the scopes, for each client an access policy with one rule (this client, this grant, its
scopes), and, if asked, an authorization server. The org authorization server cannot be used: its tokens are opaque.

Sources: Okta, "Implement authorization by grant type: Client Credentials", "Configure an access policy", "Claims".
"""

from __future__ import annotations

import pulumi
import pulumi_okta as okta

from agentcore_auth.authorizer.issued import IssuedTokens
from agentcore_auth.authorizer.shapes import OKTA, OKTA_WITH_CLIENT_ID
from idp.base import Application, IdentityProvider
from idp.checks import client_ids, scopes_of_all
from idp.okta import OWN_SERVER, Okta

# The plugin would send an update to the new server, which does not know the resource, and forget the old one.
_BELONGS_TO_A_SERVER = ["authServerId"]


class OktaProvider(IdentityProvider):
    """Service applications, and the authorization server's part that concerns them."""

    def __init__(
        self,
        name: str,
        arguments: Okta,
        *,
        host: str,
        tell_clients_apart: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`host` is the org's.

        `tell_clients_apart`: the authorizer lists the clients, so several need a claim that it can compare.
        """
        super().__init__("agentcore-auth:index:OktaProvider", name, None, opts)
        self._name = name
        self._arguments = arguments
        self._child = pulumi.ResourceOptions(parent=self)
        there = None if arguments.authorization_server == OWN_SERVER else self._existing_server()
        server_id = pulumi.Output.from_input(there.id) if there else self._new_server()
        scopes = self._scopes(server_id, there)
        self.audience = arguments.audience
        self.scopes = arguments.scopes
        # One that exists may have been given the org's custom domain.
        self.issuer = (
            pulumi.Output.from_input(there.issuer)
            if there and there.issuer_mode == "CUSTOM_URL"
            else server_id.apply(lambda server: f"https://{host}/oauth2/{server}")
        )
        self.discovery_url = self.issuer.apply(lambda issuer: f"{issuer}/.well-known/openid-configuration")
        self.token_endpoint = self.issuer.apply(lambda issuer: f"{issuer}/v1/token")
        self.applications = {client: self._application(client) for client in arguments.clients}
        own_ids = [application.client_id for application in self.applications.values()]
        several = len(own_ids) + len(arguments.allowed_clients or ()) > 1
        if tell_clients_apart and several:
            # Okta's own `cid` is nothing that an authorizer's list looks at.
            self._claim("okta-client-id", "client_id", "app.clientId", server_id, scopes)
        for claim, expression in arguments.claims.items():
            self._claim(f"okta-{claim}", claim, expression, server_id, scopes)
        before: list[pulumi.Resource] = []
        for client in arguments.clients:
            before = [self._policy(client, server_id, scopes, before)]
        self.tokens = IssuedTokens(
            shape=OKTA_WITH_CLIENT_ID if tell_clients_apart and several else OKTA,
            audience=arguments.audience,
            client_ids=[*own_ids, *client_ids(arguments.allowed_clients)],
            scopes=scopes_of_all(arguments.scopes, arguments.allowed_clients),
        )
        self.finish()

    def _existing_server(self) -> okta.auth.AwaitableGetServerResult:
        """The authorization server that exists; raises RunError where it has another audience."""
        name = self._arguments.authorization_server
        there = okta.auth.get_server(name=name, opts=pulumi.InvokeOptions(parent=self))
        if self._arguments.audience not in there.audiences:
            raise pulumi.RunError(
                f"okta.audience: the org's authorization server {name} issues tokens for "
                f"{', '.join(there.audiences)}; the configuration says {self._arguments.audience}"
            )
        return there

    def _new_server(self) -> pulumi.Output[str]:
        server = okta.auth.Server(
            self._name, audiences=[self._arguments.audience], issuer_mode="ORG_URL", opts=self._child
        )
        return server.id

    def _scopes(
        self, server_id: pulumi.Output[str], there: okta.auth.AwaitableGetServerResult | None
    ) -> list[pulumi.Resource]:
        """The scopes that were made here; raises RunError where they should exist and do not."""
        if self._arguments.create_scopes or there is None:
            return [
                okta.auth.ServerScope(
                    # Without the gateway's name: renamed, it must not make a second scope before the first is gone.
                    f"okta-{scope}",
                    auth_server_id=server_id,
                    name=scope,
                    consent="IMPLICIT",
                    metadata_publish="ALL_CLIENTS",
                    opts=pulumi.ResourceOptions(
                        parent=self, delete_before_replace=True, replace_on_changes=_BELONGS_TO_A_SERVER
                    ),
                )
                for scope in self._arguments.scopes
            ]
        listed = okta.auth.get_server_scopes(auth_server_id=there.id, opts=pulumi.InvokeOptions(parent=self))
        missing = sorted(set(self._arguments.scopes) - {scope.name for scope in listed.scopes})
        if missing:
            raise pulumi.RunError(
                f"okta.scopes: the authorization server {self._arguments.authorization_server} has no scope "
                f"{', '.join(missing)}; make them there, or let this stack make them (okta.createScopes: true)"
            )
        return []

    def _application(self, client: str) -> Application:
        application = okta.app.OAuth(
            f"{self._name}-{client}",
            label=f"{self._name}-{client}",
            type="service",
            grant_types=["client_credentials"],
            response_types=["token"],
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
            opts=self._child,
        )
        scopes = self._arguments.clients[client].scopes or self._arguments.scopes
        return Application(application.client_id, pulumi.Output.secret(application.client_secret), scopes)

    def _claim(
        self, resource: str, name: str, expression: str, server_id: pulumi.Output[str], scopes: list[pulumi.Resource]
    ) -> None:
        """Have tokens say this as well. `resource` is without the gateway's name, like the scopes."""
        okta.auth.ServerClaim(
            resource,
            auth_server_id=server_id,
            name=name,
            claim_type="RESOURCE",
            value_type="EXPRESSION",
            value=expression,
            always_include_in_token=True,
            # Other stacks share the default server: their tokens are none of our business.
            scopes=self._arguments.scopes,
            opts=pulumi.ResourceOptions(parent=self, depends_on=scopes, replace_on_changes=_BELONGS_TO_A_SERVER),
        )

    def _policy(
        self, client: str, server_id: pulumi.Output[str], scopes: list[pulumi.Resource], before: list[pulumi.Resource]
    ) -> pulumi.Resource:
        """Without a policy and a rule the server issues no token.

        Policies of one server that are made at once fight over their priorities: each waits for the one `before`.
        """
        name = f"{self._name}-{client}"
        application = self.applications[client]
        policy = okta.auth.ServerPolicy(
            name,
            auth_server_id=server_id,
            description=f"Client {client} of the gateway {self._name}",
            client_whitelists=[application.client_id],
            priority=1,
            # Okta moves others down when a policy takes their place: policies must not fight over it at every update.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=before,
                ignore_changes=["priority"],
                replace_on_changes=_BELONGS_TO_A_SERVER,
            ),
        )
        okta.auth.ServerPolicyRule(
            name,
            auth_server_id=server_id,
            policy_id=policy.id,
            grant_type_whitelists=["client_credentials"],
            scope_whitelists=application.scopes,
            access_token_lifetime_minutes=self._arguments.access_token_minutes,
            priority=1,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=scopes, replace_on_changes=[*_BELONGS_TO_A_SERVER, "policyId"]
            ),
        )
        return policy
