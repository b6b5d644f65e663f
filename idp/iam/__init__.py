"""Callers with AWS signatures: IAM is the issuer, and the caller policy's `InvokeGateway` the door.

There is nothing to set up, and no token: a gateway of authorizer type AWS_IAM judges the signature of each request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from agentcore_auth.access.rules import IamCallers
from idp.provider import Callers, Provider, ProviderContext

if TYPE_CHECKING:
    import pulumi

    from idp.iam.component import IamProvider


class Iam(Provider, frozen=True):
    """Roles and users of the gateway's account, by the signatures of their requests. It has no keys."""

    summary: ClassVar[str] = (
        "A gateway for callers with AWS signatures. Who has the caller policy (`callers.attachTo`) comes in; `access` "
        "names them by their ARNs."
    )
    issues_tokens: ClassVar[bool] = False

    def callers(self, gateway_name: str) -> Callers:
        return Callers(None, None, IamCallers())

    def create(self, name: str, context: ProviderContext, opts: pulumi.ResourceOptions | None = None) -> IamProvider:
        from idp.iam.component import IamProvider  # noqa: PLC0415 - imports Pulumi

        return IamProvider(name, opts)
