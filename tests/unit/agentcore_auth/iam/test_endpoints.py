"""What an endpoint's address may bring into an IAM document: nothing that reaches further than the address."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from agentcore_auth import iam
from agentcore_auth.iam.endpoints import SignedCall, signed_call

API = "https://abc.execute-api.us-west-2.amazonaws.com"
RUNTIME = quote("arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/notes-0123456789", safe="")
INVOCATIONS = f"https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/{RUNTIME}/invocations"


@pytest.mark.parametrize(
    "endpoint",
    [
        f"{API}/{{stage}}/mcp",
        f"{API}/{{account}}/mcp",
        f"{API}/*/mcp",
        f"{INVOCATIONS}?qualifier=*",
        f"{INVOCATIONS}?qualifier={{endpoint}}",
    ],
)
def test_a_placeholder_or_a_wildcard_tells_no_permission(endpoint: str) -> None:
    assert signed_call(endpoint) is None


def test_only_the_partition_and_the_account_are_filled_in() -> None:
    call = SignedCall("execute-api:Invoke", ("arn:{partition}:execute-api:us-west-2:{account}:{stage}",))
    assert call.permission("t", iam.AwsScope("aws-cn", "1", "cn-north-1")).resources == (
        "arn:aws-cn:execute-api:us-west-2:1:{stage}",
    )
