"""AWS signatures: nothing is created, and callers have no token to get."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from agentcore_auth.access.rules import IamCallers
from agentcore_auth.mode import Mode
from agentcore_auth.outputs import Client
from idp.base import IdentityProvider


class IamProvider(IdentityProvider):
    """IAM, which knows its roles and users already."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agentcore-auth:index:IamProvider", name, None, opts)
        self.applications = {}
        self.register_outputs({})

    @property
    def token_claims(self) -> IamCallers:
        """The callers' ARNs."""
        return IamCallers()

    def authorizer(self, mode: Mode) -> None:
        """None: no list of an authorizer is asked about a signature."""

    def outputs(self, clients: Mapping[str, Client[pulumi.Output[str]]]) -> dict[str, object]:
        """Nothing: there is no issuer to ask for a token."""
        return {}
