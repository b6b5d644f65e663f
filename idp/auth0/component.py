"""Auth0: an API with its identifier as audience, and one application for each client.

Creates the API (or uses one that exists), its scopes, and for each client an application with credentials and a grant.
It creates no users and no roles: with RBAC enforced (`*_authz` dialects), a client's permissions are its grant's
scopes.

Sources: Auth0, "Access token profiles" (dialects), "Client credentials flow"; pulumi-auth0's `ClientCredentials`.
"""

from __future__ import annotations

import pulumi
import pulumi_auth0 as auth0

from agentcore_auth.authorizer.issued import IssuedTokens
from agentcore_auth.authorizer.shapes import AUTH0
from idp.auth0 import Auth0
from idp.base import Application, IdentityProvider
from idp.checks import Client, client_ids, scopes_of_all

# An audience need not hold the gateway's name: when the gateway is renamed, the API has to stay the same resource, or a
# second one of the same audience would be created before the first is gone.
_SAME_AFTER_A_RENAME = "auth0"


class Auth0Provider(IdentityProvider):
    """An API, its scopes, and applications that may call it."""

    def __init__(
        self,
        name: str,
        arguments: Auth0,
        *,
        audience: str,
        domain: str,
        pins_clients: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`audience` is the API's identifier, `domain` the host name in the tokens' issuer.

        `pins_clients`: the authorizer checks the client, which not every dialect allows for several.
        """
        super().__init__("agentcore-auth:index:Auth0Provider", name, None, opts)
        self._name = name
        self._arguments = arguments
        self.audience = audience
        self.scopes = arguments.scopes
        self.issuer = pulumi.Output.from_input(f"https://{domain}/")
        self.discovery_url = pulumi.Output.from_input(f"https://{domain}/.well-known/openid-configuration")
        self.token_endpoint = pulumi.Output.from_input(f"https://{domain}/oauth/token")

        scopes = [self._api(audience)] if arguments.create_api else []
        dialect = arguments.token_dialect if arguments.create_api else self._existing_dialect(audience, pins_clients)
        self.applications = {
            client: self._application(client, own, audience, scopes) for client, own in arguments.clients.items()
        }
        self.tokens = IssuedTokens(
            shape=AUTH0[dialect],
            audience=audience,
            client_ids=[
                *(application.client_id for application in self.applications.values()),
                *client_ids(arguments.allowed_clients),
            ],
            scopes=scopes_of_all(arguments.scopes, arguments.allowed_clients),
        )
        self.finish()

    def _api(self, audience: str) -> auth0.ResourceServerScopes:
        api = auth0.ResourceServer(
            _SAME_AFTER_A_RENAME,
            identifier=audience,
            name=self._name,
            signing_alg="RS256",
            token_dialect=self._arguments.token_dialect,
            enforce_policies=self._arguments.token_dialect.endswith("_authz"),
            token_lifetime=self._arguments.access_token_seconds,
            # Auth0's default lets every application with a user login have tokens for a new API.
            subject_type_authorization={"client": {"policy": "require_client_grant"}, "user": {"policy": "deny_all"}},
            # An identifier is unique in its tenant, and changing it replaces the API.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return auth0.ResourceServerScopes(
            _SAME_AFTER_A_RENAME,
            resource_server_identifier=api.identifier,
            scopes=[{"name": scope, "description": scope} for scope in self._arguments.scopes],
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _existing_dialect(self, audience: str, pins_clients: bool) -> str:
        """The dialect of the API that exists; raises RunError where it is not as the configuration needs it."""
        api = auth0.get_resource_server(identifier=audience, opts=pulumi.InvokeOptions(parent=self))
        wanted = self._arguments.token_dialect if "token_dialect" in self._arguments.model_fields_set else None
        if wanted not in {None, api.token_dialect}:
            raise pulumi.RunError(
                f"auth0.tokenDialect: the API {audience} has {api.token_dialect}, the configuration says "
                f"{wanted}; leave it out, or change the API"
            )
        if api.token_dialect not in AUTH0:
            raise pulumi.RunError(
                f"auth0.createApi: the API {audience} has the dialect {api.token_dialect or 'none'}; known are "
                f"{', '.join(AUTH0)}"
            )
        if pins_clients and (reason := self._arguments.one_client_only(api.token_dialect)):
            raise pulumi.RunError(f"auth0.audience: the API {audience} has a dialect for one client: {reason}")
        missing = sorted(set(self._arguments.scopes) - {scope.name for scope in api.scopes})
        if missing:
            raise pulumi.RunError(f"auth0.scopes: the API {audience} has no scope {', '.join(missing)}")
        return api.token_dialect

    def _application(
        self, client: str, own: Client, audience: str, scopes: list[auth0.ResourceServerScopes]
    ) -> Application:
        name = f"{self._name}-{client}"
        child = pulumi.ResourceOptions(parent=self)
        application = auth0.Client(
            name,
            app_type="non_interactive",
            grant_types=["client_credentials"],
            oidc_conformant=True,
            jwt_configuration={"alg": "RS256"},
            opts=child,
        )
        credentials = auth0.ClientCredentials(
            name, client_id=application.client_id, authentication_method="client_secret_post", opts=child
        )
        granted = own.scopes or self._arguments.scopes
        auth0.ClientGrant(
            name,
            client_id=application.client_id,
            audience=audience,
            scopes=granted,
            subject_type="client",
            # Auth0 refuses a grant of scopes that do not exist yet, and the audience is a plain string.
            opts=pulumi.ResourceOptions(parent=self, depends_on=scopes),
        )
        return Application(
            application.client_id, pulumi.Output.secret(credentials.client_secret.apply(_given)), granted
        )


def _given(client_secret: str | None) -> str:
    """The client secret; Auth0 answers with none where the credentials of the deployment may not read it."""
    if not client_secret:
        raise pulumi.RunError(
            "Auth0 hides the client secret from the deployment's credentials: grant them read:client_keys and "
            "read:client_credentials (Auth0 Management API, application of auth0:clientId), and deploy by pulumi up "
            "--refresh: without it the empty secret stays in the state"
        )
    return client_secret
