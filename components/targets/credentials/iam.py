"""Calls that are signed with the execution role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.iam.endpoints import signed_call
from components.targets.base import TargetContext
from components.targets.credentials.base import Credentials, OutboundAuth
from configuration import forms
from configuration.mistakes import Mistake


class Iam(Credentials, frozen=True):
    """Requests signed with the execution role: AgentCore Runtime and other endpoints that take AWS signatures."""

    type: Literal["iam"]
    service: Annotated[str, forms.matching(r"[a-zA-Z0-9._-]{1,64}", "a service's signing name")] = Field(
        description="The service's signing name, such as `bedrock-agentcore`."
    )
    region: forms.Region | None = Field(default=None, description="The endpoint's region. Default: the gateway's.")

    def mistakes(self, path: str, endpoint: str) -> Iterator[Mistake]:
        if signed_call(endpoint) is None:
            yield Mistake(
                f"{path}.endpoint",
                "does not tell which permission a signed call needs; known are AgentCore Runtime (the runtime's ARN in "
                "the path, percent-encoded), AgentCore gateways and stages of API Gateway",
            )

    def permissions(
        self, scope: iam.AwsScope, gateway_name: str, target: str, endpoint: str
    ) -> Sequence[iam.Permission]:
        call = signed_call(endpoint)
        if call is None:
            raise AssertionError("the settings refuse a signed endpoint that does not tell its permission")
        return (call.permission(target, scope),)

    def outbound_auth(self, context: TargetContext, target: str, endpoint: str) -> OutboundAuth:
        permissions = self.permissions(context.scope, context.name, target, endpoint)
        return OutboundAuth({"gateway_iam_role": {"service": self.service, "region": self.region}}, permissions)
