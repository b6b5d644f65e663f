"""What is known where a token was refused: what a remedy depends on. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentcore_auth.authorizer.families import Family, family_of
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.shapes import shape_of

BUILT_IN = ("cognito", "auth0", "okta")


@dataclass(frozen=True)
class Context:
    """What is known where a token was refused. `provider` is the gateway's identity provider in the stack, if any."""

    claims: Mapping[str, object] = field(default_factory=dict[str, object])
    authorizer: Authorizer[str] | None = None
    provider: str | None = None
    stack: str | None = None

    @property
    def of_stack(self) -> bool:
        """Whether a stack made the gateway, so that its user has a stack file."""
        return self.provider is not None or self.stack is not None

    @property
    def kind(self) -> str:
        """cognito, auth0, okta or oidc, as the configuration has keys: by the gateway's provider, or else the token."""
        if self.provider is not None:
            return self.provider if self.provider in BUILT_IN else "oidc"
        return self.issued_by

    @property
    def issued_by(self) -> str:
        """cognito, auth0, okta or oidc, by the token's shape."""
        shape = shape_of(self.claims)
        kind = shape.name.partition("/")[0].partition("+")[0] if shape else "oidc"
        return kind if kind in BUILT_IN else "oidc"

    @property
    def family(self) -> Family | None:
        """The family of the token's issuer."""
        return family_of(self.claims.get("iss"))

    @property
    def get(self) -> str:
        """The command that fetches a new token: with a stack, or as `.env` says."""
        if not self.of_stack:
            return "agentcore-auth get --no-cache"
        provider = self.provider or (self.kind if self.kind != "oidc" else "PROVIDER")
        return shlex.join(["agentcore-auth", "get", "--stack", self.stack or "STACK", "--idp", provider, "--no-cache"])

    def text(self, claim: str) -> str:
        value = self.claims.get(claim)
        return value if isinstance(value, str) else ""
