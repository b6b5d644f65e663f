"""Calls that are made with the execution role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.iam.endpoints import signed_call
from components.targets.base import TargetContext
from components.targets.credentials.base import Credentials, OutboundAuth
from components.targets.grant import Grant
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake


class ServiceRole(Credentials, frozen=True):
    """The execution role, at a service of AWS that the target names: there is nothing to configure."""

    type: Literal["iam"] = "iam"

    def outbound_auth(self, context: TargetContext, target: str, endpoint: str) -> OutboundAuth:
        return OutboundAuth({"gateway_iam_role": {}})


class Iam(Credentials, frozen=True):
    """Requests signed with the execution role, for endpoints that take AWS signatures.

    The address of AgentCore Runtime, of a gateway and of a stage of API Gateway tells which permission a call needs;
    for all others (Lambda function URLs, custom domains, an OpenAPI document's servers) `actions` and `resources` do.
    """

    type: Literal["iam"]
    service: Annotated[str, forms.matching(r"[a-zA-Z0-9._-]{1,64}", "a service's signing name")] = Field(
        description="The service's signing name: `bedrock-agentcore`, `execute-api` (API Gateway), `lambda` (function "
        "URLs)."
    )
    region: forms.Region | None = Field(default=None, description="The endpoint's region. Default: the gateway's.")
    actions: Annotated[tuple[forms.Action, ...], Field(min_length=1)] | None = Field(
        default=None, description="IAM actions that calls need, where the address does not tell."
    )
    resources: Annotated[tuple[forms.ResourceArn, ...], Field(min_length=1)] | None = Field(
        default=None, description="ARNs that they act on."
    )

    def mistakes(self, path: str, endpoint: str, context: CheckContext) -> Iterator[Mistake]:
        section = f"{path}.credentials"
        if (self.actions is None) != (self.resources is None):
            missing = "resources" if self.resources is None else "actions"
            yield Mistake(f"{section}.{missing}", "is required, and missing: actions and resources go together")
        elif (grant := self._grant()) is not None:
            if context.pinned:
                yield from grant.mistakes(section)
        elif signed_call(endpoint) is None:
            yield _untold(path, endpoint)

    def permissions(
        self, scope: iam.AwsScope, gateway_name: str, target: str, endpoint: str
    ) -> Sequence[iam.Permission]:
        if (grant := self._grant()) is not None:
            return grant.permissions(target)
        call = signed_call(endpoint)
        if call is None:
            raise AssertionError("the settings refuse a signed endpoint that does not tell its permission")
        return (call.permission(target, scope),)

    def outbound_auth(self, context: TargetContext, target: str, endpoint: str) -> OutboundAuth:
        permissions = self.permissions(context.scope, context.name, target, endpoint)
        return OutboundAuth({"gateway_iam_role": {"service": self.service, "region": self.region}}, permissions)

    def _grant(self) -> Grant | None:
        return Grant(self.actions, self.resources) if self.actions and self.resources else None


def _untold(path: str, endpoint: str) -> Mistake:
    """What is wrong with an endpoint that does not tell its permission."""
    if not endpoint:
        return Mistake(f"{path}.credentials", "needs actions and resources: what calls of the document's servers are")
    if ".lambda-url." in endpoint:
        sentence = (
            "needs actions: [lambda:InvokeFunctionUrl, lambda:InvokeFunction] and resources: [the function's ARN]; a "
            "function URL does not tell its function"
        )
        return Mistake(f"{path}.credentials", sentence)
    sentence = (
        "does not tell which permission a signed call needs; known are AgentCore Runtime (the runtime's ARN in the "
        "path, percent-encoded), AgentCore gateways and stages of API Gateway. For others give credentials.actions and "
        "credentials.resources"
    )
    return Mistake(f"{path}.endpoint", sentence)
