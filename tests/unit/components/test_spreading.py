"""How long a deployment waits for IAM, and for what."""

from __future__ import annotations

import pytest

from components.spreading import PAUSES, pause_after

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
