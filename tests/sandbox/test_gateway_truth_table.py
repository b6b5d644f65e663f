"""The sandbox's gateway, asked over HTTP with signed tokens, held against a table that was written from AWS's pages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from sandbox.caller import knock
from sandbox.services import Services
from tests.sandbox.hand_made import make
from tests.unit.authorizer_truth_table import ROWS, Row, claims_at


@dataclass
class Judge:
    """A gateway whose authorizer can be changed, and the issuer whose tokens it takes."""

    control: Any
    gateway: dict[str, Any]

    @property
    def mcp_url(self) -> str:
        return f"{self.gateway['gatewayUrl'].removesuffix('/mcp')}/mcp"

    @property
    def _authorizer(self) -> dict[str, Any]:
        return self.gateway["authorizerConfiguration"]["customJWTAuthorizer"]

    @property
    def issuer(self) -> str:
        return self._authorizer["discoveryUrl"].partition("/.well-known/")[0]

    def demand(self, authorizer: dict[str, Any]) -> None:
        kept = ("name", "roleArn", "protocolType", "authorizerType")
        self.control.update_gateway(
            gatewayIdentifier=self.gateway["gatewayId"],
            **{name: self.gateway[name] for name in kept},
            authorizerConfiguration={
                "customJWTAuthorizer": {"discoveryUrl": self._authorizer["discoveryUrl"], **authorizer}
            },
        )


@pytest.fixture(scope="module")
def judge(running_services: Services) -> Judge:
    environment = running_services.environment({})
    session = boto3.Session(
        environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name="us-west-2"
    )

    def aws(service: str) -> Any:
        return session.client(service, endpoint_url=running_services.aws)

    control = aws("bedrock-agentcore-control")
    made = make(aws, "def handler(event, context): pass")
    return Judge(control, control.get_gateway(gatewayIdentifier=made.gateway_id))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_answers_as_aws_says(judge: Judge, services: Services, row: Row) -> None:
    judge.demand(row.authorizer)
    token = services.mint(claims_at(row, judge.issuer, time.time()), issuer=judge.issuer)
    assert knock(judge.mcp_url, token).status == row.status, row.page
