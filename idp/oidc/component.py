"""An issuer that exists already: Entra ID, Keycloak, an existing pool. Nothing is created there.

Of its tokens only what the configuration says is known, so the authorizer holds exactly the lists given.
"""

from __future__ import annotations

import pulumi

from agentcore_auth.tokens.checking import issuer_of
from idp.base import IdentityProvider, RequiredClaim, RequiredClaims
from idp.oidc import Oidc


class OidcProvider(IdentityProvider):
    """A discovery URL and the lists that the configuration gives for it."""

    def __init__(self, name: str, arguments: Oidc, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agentcore-auth:index:OidcProvider", name, None, opts)
        self.discovery_url = pulumi.Output.from_input(arguments.discovery_url)
        self.issuer = pulumi.Output.from_input(issuer_of(arguments.discovery_url, {}))
        # Only the discovery document knows it, and a deployment should not depend on reading that.
        self.token_endpoint = None
        audiences = arguments.allowed_audience or ()
        self.audience = audiences[0] if audiences else None
        self.scopes = arguments.allowed_scopes or ()
        self.applications = {}
        self.tokens = RequiredClaims(
            audience=audiences,
            client_ids=arguments.allowed_clients or (),
            scopes=self.scopes,
            claims=[
                RequiredClaim(claim.name, claim.equals, claim.contains, claim.contains_any or ())
                for claim in arguments.custom_claims or ()
            ],
        )
        self.finish()
