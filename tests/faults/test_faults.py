"""A small part of the fault matrix (`make faults` has all of it): what is lost in a deployment, and how it goes on."""

from __future__ import annotations

from collections.abc import Generator

import psutil
import pytest
from pulumi.automation import PulumiCommand

from sandbox.project import copy
from sandbox.services import PROJECT, start
from tests.faults import providers
from tests.faults.deployments import PHASES, Deployed, Ordeal, two_at_once
from tests.faults.providers import Call, Fault, Faults, Forward, interposed

HAPPENS = {
    ":UserPool::": providers.answer_lost,  # its name is Pulumi's, its id AWS's
    ":AgentcoreGateway::": providers.killed_after,
    ":LogGroup::": providers.interrupted,
}
"""Which fault happens to the creation of what."""
FIRST_UP, _, DESTROY = PHASES


def fault_of(call: Call) -> Fault | None:
    return next((fault for kind, fault in HAPPENS.items() if kind in call.subject), None)


def as_listed(call: Call, forward: Forward, cli: psutil.Process) -> bytes:
    fault = fault_of(call)
    assert fault is not None
    return fault(call, forward, cli)


@pytest.fixture(scope="module")
def faults() -> Faults:
    return Faults(concerns=lambda call: call.method == "Create" and fault_of(call) is not None)


@pytest.fixture(scope="module")
def deployed(
    faults: Faults, tmp_path_factory: pytest.TempPathFactory, cli: PulumiCommand
) -> Generator[tuple[Deployed, Deployed]]:
    """The same stack twice, as two people have it."""
    services = start(tmp_path_factory.mktemp("services"), attached=True)
    with interposed(services.providers, faults) as ports:
        folder = copy(PROJECT, tmp_path_factory.mktemp("project") / "project")
        yield Deployed(services, ports, folder, cli), Deployed(services, ports, folder, cli)
    services.stop()


def test_a_deployment_that_fails_again_and_again_reaches_its_end_and_leaves_nothing(
    deployed: tuple[Deployed, Deployed], faults: Faults
) -> None:
    mine, _ = deployed
    ordeal = Ordeal(mine, faults, {})
    outcome = ordeal.go_through(FIRST_UP, as_listed)
    assert (outcome.problems, len(outcome.tried)) == ([], 3)
    assert mine.is_unchanged()
    kinds = mine.situation().kinds
    assert {kind: kinds[kind] for kind in ("cognito-idp:userpool", "bedrock-agentcore:gateway", "logs:log-group")} == {
        "cognito-idp:userpool": 1,
        "bedrock-agentcore:gateway": 1,
        "logs:log-group": 1,
    }
    mine.run(DESTROY.operation)
    assert mine.situation().urns == frozenset()
    assert mine.situation().kinds == {}


def test_a_second_deployment_at_the_same_time_is_refused(deployed: tuple[Deployed, Deployed], faults: Faults) -> None:
    assert two_at_once(*deployed, faults) == []
    assert deployed[0].run(DESTROY.operation) is None
