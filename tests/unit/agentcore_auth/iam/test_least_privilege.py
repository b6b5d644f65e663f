"""Which actions and ARNs are too wide for the pinned mode."""

from __future__ import annotations

import pytest

from agentcore_auth.iam.least_privilege import too_wide

TABLES = "arn:aws:dynamodb:us-west-2:123456789012"
FUNCTIONS = "arn:aws:lambda:us-west-2:123456789012"


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "**",
        "s3:*",
        "s3:**",
        "s3:*t*",
        "s3:Get*",
        "s3:GetObjec?",
        "arn:aws:s3:::*",
        "arn:aws-cn:s3:::*",
        "arn:aws:s3:::**",
        "arn:aws:s3:::?*",
        "arn:aws:s3:::*/*",
        "arn:aws:s3:::*-logs/*",
        "arn:aws:s3:us-west-2:123456789012:accesspoint/*",
        "arn:aws:dynamodb:*:*:*",
        "arn:*:s3:::orders",
        "arn:aws:*",
        "arn:aws:*:us-west-2:123456789012:table/orders",
        "arn:aws:dynamodb:*:123456789012:table/orders",
        "arn:aws:dynamodb:us-west-?:123456789012:table/orders",
        "arn:aws:dynamodb:us-west-2:12345678901?:table/orders",
        f"{TABLES}:*",
        f"{TABLES}:t*",
        f"{TABLES}:table*",
        f"{TABLES}:*/orders",
        f"{TABLES}:table/*",
        f"{TABLES}:table/**",
        f"{TABLES}:table/?rders",
        f"{TABLES}:table/*/index/by-day",
        f"{FUNCTIONS}:*",
        f"{FUNCTIONS}:function:*",
        f"{FUNCTIONS}:function:*:live",
        "arn:aws:logs:us-west-2:123456789012:log-group:/*",
        "arn:aws:apigateway:us-west-2::/restapis/*",
        "arn:aws:execute-api:us-west-2:123456789012:*/prod/GET/orders",
        "arn:aws:sqs:us-west-2:123456789012:*",
    ],
)
def test_a_wildcard_that_names_nothing_is_too_wide(value: str) -> None:
    assert too_wide(value) is not None


@pytest.mark.parametrize(
    "value",
    [
        "s3:GetObject",
        "arn:aws:s3:::bucket",
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::bucket/*/day?.json",
        "arn:aws:s3:::team-*",
        f"{TABLES}:table/orders",
        f"{TABLES}:table/orders-*",
        f"{TABLES}:table/orders/index/*",
        f"{FUNCTIONS}:function:orders:*",
        "arn:aws:scheduler:us-west-2:123456789012:schedule/default/*",
        "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/orders:*",
        "arn:aws:execute-api:us-west-2:123456789012:abc123/*/GET/orders",
        "arn:aws:sqs:us-west-2:123456789012:orders-*",
        "arn:aws:iam::123456789012:role/agents",
    ],
)
def test_a_wildcard_within_what_is_named_is_narrow(value: str) -> None:
    assert too_wide(value) is None
