"""What the program registers as a whole, run as it is on mocks that refuse unknown types, functions and properties."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

from tests.unit.pulumi_mocks import PROGRAM, Recorder, deploy
from tests.unit.stacks import COGNITO, ISSUER


def test_tags_are_on_everything_that_takes_tags() -> None:
    recorder = deploy({**COGNITO, "tags": {"team": "a"}, "clientSecrets": "secretsManager"})
    tagged = {":Role", ":Policy", ":UserPool", ":AgentcoreGateway", ":Function", ":LogGroup", ":Secret"}
    for kind in tagged:
        assert all(each.inputs["tags"] == {"team": "a"} for each in recorder.all(kind)), kind
        assert recorder.all(kind), kind


def test_a_mistake_stops_the_program_before_any_resource() -> None:
    recorder = Recorder()
    with pytest.raises(pulumi.RunError, match=r"gateway\.name"):
        deploy({**COGNITO, "gateway": {"name": "Demo"}}, recorder=recorder)
    assert recorder.resources == []


@pytest.mark.parametrize(
    ("provider", "absent"),
    [("cognito", {"pulumi_auth0", "pulumi_okta"}), ("keycloak", {"pulumi_auth0", "pulumi_okta"})],
)
def test_only_the_packages_of_the_providers_switched_on_are_imported(provider: str, absent: set[str]) -> None:
    configuration = {
        **COGNITO,
        "identityProviders": [provider],
        "oidc": {"keycloak": {"discoveryUrl": ISSUER, "allowedClients": ["a"]}},
    }
    script = (
        "import sys, json; from tests.unit.pulumi_mocks import deploy; "
        "deploy(json.loads(sys.argv[1])); print(json.dumps(sorted(sys.modules)))"
    )
    command = [sys.executable, "-c", script, json.dumps(configuration)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROGRAM.parent)
    assert absent.isdisjoint(json.loads(answer.stdout))


def test_a_mistake_is_told_before_a_providers_package_is_imported() -> None:
    script = (
        "import pulumi, runpy, sys\n"
        "try: runpy.run_path(sys.argv[1])\n"
        "except pulumi.RunError as error: print(error, sorted(name for name in sys.modules if name[:7] == 'pulumi_'))"
    )
    configuration = {"aws:region": "us-west-2", "agentcore-auth:gateway": json.dumps({"name": "Demo"})}
    command = [sys.executable, "-c", script, str(PROGRAM)]
    environment = {**os.environ, "PULUMI_CONFIG": json.dumps(configuration), "PYTHONPATH": str(PROGRAM.parent)}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROGRAM.parent, env=environment)
    assert "gateway.name" in answer.stdout
    assert answer.stdout.endswith(" []\n")


def test_the_program_fits_on_one_screen() -> None:
    assert len(Path(PROGRAM).read_text().splitlines()) <= 60
