"""How long a deployment waits for IAM, and for what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pulumi
import pytest

from components.spreading import PAUSES, pause_after, retried
from tests.unit.pulumi_mocks import Recorder, event_loop

PRINCIPAL = "InvalidParameterValueException: The provided principal was invalid. Please check the principal"
ROLE = "ValidationException: Role validation failed for 'arn:aws:iam::1:role/demo-gateway'. Please verify that …"
POLICY = (
    "AccessDeniedException: User: arn:aws:sts::1:assumed-role/demo-gateway/session is not authorized to perform: "
    "kms:CreateGrant on resource: k because no identity-based policy allows the kms:CreateGrant action"
)
DEPLOYER = POLICY.replace("demo-gateway", "deployer")


@pytest.mark.parametrize("error", [PRINCIPAL, ROLE, POLICY])
def test_what_a_fresh_role_explains_is_tried_again_and_not_for_ever(error: str) -> None:
    assert [pause_after([error] * tried) for tried in range(1, len(PAUSES) + 2)] == [*PAUSES, None]


@pytest.mark.parametrize("error", [DEPLOYER, "ConflictException: A gateway with name demo already exists", ""])
def test_every_other_refusal_counts_at_once(error: str) -> None:
    assert pause_after([error]) is None
    assert pause_after([error, ROLE]) is None


def test_the_wait_is_bounded() -> None:
    assert sum(PAUSES) <= 120


def _made(*, preview: bool, names: Sequence[str]) -> list[pulumi.ResourceHookBinding | None]:
    """The hooks of the resources of these names, in a run of a program of its own."""
    made: list[pulumi.ResourceHookBinding | None] = []
    asyncio.set_event_loop(event_loop())
    pulumi.runtime.set_mocks(Recorder(), preview=preview)
    pulumi.runtime.test(lambda: made.extend(map(retried, names)))()
    return made


def test_all_resources_of_a_deployment_share_one_hook() -> None:
    first, second = (_made(preview=False, names=["demo-cognito", "demo-cognito-sample"]) for _ in range(2))
    hooks = [[hook for binding in run if binding for hook in binding.on_error or []] for run in (first, second)]
    assert [[hook.name for hook in run] for run in hooks] == [["iam-spreads-demo-cognito"] * 2] * 2
    assert hooks[0][0] is hooks[0][1]
    assert hooks[0][0] is not hooks[1][0]


def test_a_preview_has_nothing_to_wait_for() -> None:
    assert _made(preview=True, names=["demo-cognito"]) == [None]
