"""The sandbox's gateway, asked over HTTP with signed tokens, held against a table that was written from AWS's pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.caller import knock
from sandbox.services import Services
from tests.sandbox.hand_made import HandMade, make
from tests.unit.authorizer_truth_table import ROWS, Row, claims_at


@dataclass
class Judge:
    """A gateway whose authorizer can be changed, and the issuer whose tokens it takes."""

    made: HandMade
    discovery_url: str

    @property
    def issuer(self) -> str:
        return self.discovery_url.partition("/.well-known/")[0]

    def demand(self, authorizer: dict[str, Any]) -> None:
        judging = {"discoveryUrl": self.discovery_url, **authorizer}
        self.made.change_gateway(authorizerConfiguration={"customJWTAuthorizer": judging})


@pytest.fixture(scope="module")
def judge(running_aws: Callable[[str], Any]) -> Judge:
    made = make(running_aws, "def handler(event, context): pass")
    gateway = running_aws("bedrock-agentcore-control").get_gateway(gatewayIdentifier=made.gateway_id)
    return Judge(made, gateway["authorizerConfiguration"]["customJWTAuthorizer"]["discoveryUrl"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_answers_as_aws_says(judge: Judge, services: Services, row: Row) -> None:
    judge.demand(row.authorizer)
    token = services.mint(claims_at(row, judge.issuer, time.time()), issuer=judge.issuer)
    assert knock(judge.made.mcp_url, token).status == row.status, row.page
