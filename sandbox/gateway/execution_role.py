"""What a gateway does in the name of its execution role, and whether that role lets it."""

from __future__ import annotations

from collections.abc import Generator

import httpx2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.bedrockagentcorecontrol.models import Gateway

from agentcore_auth.iam import SERVICE
from sandbox.aws.permissions import is_allowed, trusts
from sandbox.credentials import AWS_SECRET_KEY
from sandbox.gateway.invocation import CallFailedError


def may(gateway: Gateway, action: str, resource: str) -> bool:
    """Whether the gateway can assume its role, and the role may do this."""
    assumable = trusts(gateway.role_arn, SERVICE, source_account=gateway.account_id, source_arn=gateway.gateway_arn)
    return assumable and is_allowed(gateway.role_arn, action, resource)


def require(gateway: Gateway, action: str, *resources: str) -> None:
    """Raises CallFailedError where the role may not do this on every one of the resources."""
    for resource in resources:
        if not may(gateway, action, resource):
            raise CallFailedError(
                f"Access denied: the gateway's execution role {gateway.role_arn} is not allowed to perform {action} on "
                f"{resource}. Check its permissions, and retry the request."
            )


class SignedByRole(httpx2.Auth):
    """Signs requests (AWS Signature Version 4) with credentials of the role's account."""

    requires_request_body = True

    def __init__(self, gateway: Gateway, service: str, region: str | None = None) -> None:
        # The sandbox's AWS takes an account's id for an access key of that account.
        self._signer = SigV4Auth(
            Credentials(gateway.account_id, AWS_SECRET_KEY), service, region or gateway.region_name
        )

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        to_sign = AWSRequest(request.method, str(request.url), {"Host": request.url.host}, request.content)
        self._signer.add_auth(to_sign)
        request.headers.update(dict(to_sign.headers.items()))
        yield request
