"""An issuer that exists already: Entra ID, Keycloak, an existing pool. Nothing is created there.

Of its tokens only what the configuration says is known, so the authorizer holds exactly the lists given.
"""

from __future__ import annotations

import pulumi

from agentcore_auth.access.rules import IamCallers, TokenClaims
from agentcore_auth.authorizer.checking import issuer_of
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.mode import Mode
from idp.base import IdentityProvider
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
        for note in arguments.notes():
            pulumi.log.info(f"oidc, {name}: {note}; try a token: agentcore-auth check", self)
        self._claims = arguments.callers(name).claims
        entry = arguments.model_dump(mode="json", by_alias=True, exclude_none=True)
        self._authorizer = Authorizer.from_stack_file(entry)
        self.finish()

    @property
    def token_claims(self) -> TokenClaims | IamCallers:
        """What is known of the issuer's family, and what the configuration's lists look at."""
        return self._claims

    def authorizer(self, mode: Mode) -> Authorizer[pulumi.Input[str]]:
        """The lists that the configuration gives, and how the issuer is reached; nothing else."""
        return self._authorizer
