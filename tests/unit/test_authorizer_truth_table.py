"""The library's judgement, held against a table that was written from AWS's pages."""

from __future__ import annotations

from collections import Counter

import pytest

from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import judge
from tests.unit.authorizer_truth_table import ROWS, Row, claims_at

NOW = 1_800_000_000.0
ISSUER = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_abcDEF123"
DISCOVERY_URL = f"{ISSUER}/.well-known/openid-configuration"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.case)
def test_judges_as_aws_says(row: Row) -> None:
    authorizer = Authorizer.from_api({"discoveryUrl": DISCOVERY_URL, **row.authorizer})
    assert judge(authorizer, claims_at(row, ISSUER, NOW), issuer=ISSUER, now=NOW).status == row.status, row.page


def test_the_table_has_every_list_let_in_and_refused() -> None:
    statuses = Counter((tuple(sorted(row.authorizer)), row.status == 200) for row in ROWS)
    lists = ("allowedAudience", "allowedClients", "allowedScopes", "customClaims")
    for lists_given in (*((each,) for each in lists), lists):
        assert statuses[lists_given, True]
        assert statuses[lists_given, False] > 1
    assert len({row.case for row in ROWS}) == len(ROWS)
