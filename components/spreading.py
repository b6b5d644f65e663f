"""Waits for IAM where the AWS plugin does not: roles and policies take seconds to be known to all of AWS.

Pulumi's engine asks an error hook whether an operation that failed is tried again. Only refusals that a role made
seconds before explains are: a function's policy that names it, AgentCore's validation of it, what it may not do yet.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import pulumi

#: Seconds between the attempts: a minute and a half in all, and then the refusal counts.
PAUSES = (2, 3, 5, 5, 10, 10, 15, 20, 20)
_SPREADING = re.compile(
    r"The provided principal was invalid"
    r"|Role validation failed"
    r"|assumed-role/[^/ ]+-gateway/.* because no identity-based policy allows"
)


def pause_after(errors: Sequence[str]) -> int | None:
    """How many seconds to wait after these failures, newest first; None where waiting would not help any more."""
    if len(errors) > len(PAUSES) or not _SPREADING.search(errors[0]):
        return None
    return PAUSES[len(errors) - 1]


def retried(name: str) -> pulumi.ResourceHookBinding:
    """The hook for the resource of this name."""
    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(f"iam-spreads-{name}", _wait)])


async def _wait(failed: pulumi.ErrorHookArgs) -> bool:
    pause = pause_after(failed.errors)
    if pause is None:
        return False
    if len(failed.errors) == 1:
        pulumi.log.info(f"{failed.name}: waiting for IAM, up to {sum(PAUSES)} seconds")
    await asyncio.sleep(pause)
    return True
