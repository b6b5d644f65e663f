"""Waits for IAM where the AWS plugin does not: roles and policies take seconds to be known to all of AWS.

Pulumi's engine asks an error hook whether an operation that failed is tried again. Only refusals that a role made
seconds before explains are: a function's policy that names it, AgentCore's validation of it, what it may not do yet.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping, Sequence
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor

#: Seconds between the attempts: a minute and a half in all, and then the refusal counts.
PAUSES = (2, 3, 5, 5, 10, 10, 15, 20, 20)
_SPREADING = re.compile(
    r"The provided principal was invalid"
    r"|Role validation failed"
    r"|assumed-role/[^/ ]+-gateway/.* because no identity-based policy allows"
)
_hooks: MutableMapping[object, pulumi.ErrorHook] = WeakKeyDictionary()
"""By the resource monitor, of which every run of a program has its own."""


def pause_after(errors: Sequence[str]) -> int | None:
    """How many seconds to wait after these failures, newest first; None where waiting would not help any more."""
    if len(errors) > len(PAUSES) or not _SPREADING.search(errors[0]):
        return None
    return PAUSES[len(errors) - 1]


def retried(name: str) -> pulumi.ResourceHookBinding | None:
    """The hook for the resource of this name; None in a preview, where nothing can fail.

    One for all resources of a program: each hook costs it two round trips to the engine, and the SDK opens a port for
    every one that is made before the first is registered.
    """
    if pulumi.runtime.is_dry_run():
        return None
    monitor = get_monitor()
    if monitor not in _hooks:
        # The name has to be unique among all that an engine runs, and other programs may have components of ours.
        _hooks[monitor] = pulumi.ErrorHook(f"iam-spreads-{name}", _wait)
    return pulumi.ResourceHookBinding(on_error=[_hooks[monitor]])


async def _wait(failed: pulumi.ErrorHookArgs) -> bool:
    pause = pause_after(failed.errors)
    if pause is None:
        return False
    if len(failed.errors) == 1:
        pulumi.log.info(f"{failed.name}: waiting for IAM, up to {sum(PAUSES)} seconds")
    await asyncio.sleep(pause)
    return True
