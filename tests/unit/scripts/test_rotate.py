"""`make rotate`: what comes next in the rotation of a client, by the stack file and what is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentcore_auth.outputs import Outputs
from scripts import rotate
from scripts.rotate import Rotation, RotationError, chosen, next_step
from tests.unit.stack_files import AUTH0, OKTA, loaded

READING = {"scopes": ["read"]}


def step(deployed: list[str], provider: str = "cognito", client: str = "agent", **keys: Any) -> tuple[str, str]:
    settings = loaded({"identityProviders": [provider], **AUTH0, **OKTA, **keys})
    return next_step(Rotation("dev", provider, client), settings, deployed, keys.get("access"))


def test_successors_are_numbered() -> None:
    names = ["agent", "agent-2", "agent-9", "a-b", "3"]
    assert [Rotation("dev", "cognito", name).successor for name in names] == [
        "agent-2",
        "agent-3",
        "agent-10",
        "a-b-2",
        "3-2",
    ]


def test_goes_from_step_to_step() -> None:
    one, two = {"clients": {"agent": READING}}, {"clients": {"agent": READING, "agent-2": READING}}
    new = {"clients": {"agent-2": READING}}
    seen = [
        step(["agent"], cognito=one)[0],
        step(["agent"], cognito=two)[0],
        step(["agent", "agent-2"], cognito=two)[0],
        step(["agent", "agent-2"], cognito=new)[0],
        step(["agent-2"], cognito=new)[0],
    ]
    assert seen == ["add", "deploy", "move", "deploy", "done"]


def test_what_is_to_be_added_is_a_stack_file_that_gives_the_successor_the_same() -> None:
    access = {"cognito": {"agent": ["echo", {"scope": "read", "tools": ["echo___echo"]}]}}
    cognito = {"clients": {"agent": READING, "other": {}}}
    _, said = step(["agent"], cognito=cognito, access=access)
    snippet = "\n".join(line for line in said.splitlines() if line.startswith("    "))
    added = yaml.safe_load(snippet)
    assert added["agentcore-auth:cognito"]["clients"] == {**cognito["clients"], "agent-2": READING}
    assert added["agentcore-auth:access"] == {"cognito": {"agent-2": access["cognito"]["agent"]}}


def test_what_is_to_be_removed_is_told_with_its_access() -> None:
    access = {"cognito": {"agent": ["echo"], "agent-2": ["echo"]}}
    _, said = step(["agent", "agent-2"], cognito={"clients": {"agent": {}, "agent-2": {}}}, access=access)
    assert "agentcore-auth env --stack dev --idp cognito --client agent-2" in said
    assert yaml.safe_load("\n".join(line for line in said.splitlines() if line.startswith("    "))) == {
        "agentcore-auth:cognito": {"clients": {"agent-2": {}}}
    }
    assert "access.cognito.agent" in said


@pytest.mark.parametrize(
    ("provider", "keys", "reason"),
    [
        ("okta", {"okta": {"clients": {"agent": {}}}}, "until they are renewed"),
        ("auth0", {"auth0": {"clients": {"agent": {}}, "tokenDialect": "access_token"}}, "to rfc9068_profile first"),
    ],
)
def test_says_where_a_second_client_would_cost_an_outage(provider: str, keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(RotationError, match=reason):
        step(["agent"], provider, **keys)


@pytest.mark.parametrize(
    ("provider", "keys"),
    [
        ("okta", {"okta": {"clients": {"agent": {}, "spare": {}}}}),
        ("okta", {"okta": {"clients": {"agent": {}}}, "mode": "tutorial"}),
        ("auth0", {"auth0": {"clients": {"agent": {}}}}),
    ],
)
def test_costs_nothing_elsewhere(provider: str, keys: dict[str, Any]) -> None:
    assert step(["agent"], provider, **keys)[0] == "add"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("agent", ("cognito", "agent")),
        ("okta/default", ("okta", "default")),
        ("gone", ("okta", "gone")),
        ("default", "several providers have"),
        ("agnt", "no provider has a client agnt; valid: auth0/default, cognito/agent, cognito/default, okta/default"),
        ("auth0/agent", "no provider has"),
    ],
)
def test_a_client_is_found_by_its_name(given: str, found: Any) -> None:
    stack = {"identityProviders": ["cognito", "auth0", "okta"], "cognito": {"clients": {"agent": {}, "default": {}}}}
    settings = loaded({**stack, **AUTH0, **OKTA})
    if isinstance(found, tuple):
        rotation = chosen(settings, "dev", given, {"okta": ["default", "gone"]})
        assert (rotation.provider, rotation.client) == found
    else:
        with pytest.raises(RotationError, match=found):
            chosen(settings, "dev", given, {})


def test_reads_the_stack_file_and_the_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = {"gateway": {"name": "demo"}, "identityProviders": ["cognito"], "targets": [{"name": "e", "type": "sample"}]}
    config = {"aws:region": "us-west-2", **{f"agentcore-auth:{key}": value for key, value in keys.items()}}
    (tmp_path / "Pulumi.dev.yaml").write_text(json.dumps({"config": config}))
    provider = {"discoveryUrl": "https://i.example/d", "issuer": "i", "clients": {"default": {"clientId": "x"}}}
    outputs = Outputs({"identityProviders": {"cognito": provider}}, "dev")
    asked = ["--stack", "dev", "--project", str(tmp_path), "--client"]
    assert rotate.main([*asked, "default"], lambda _: outputs) == 0
    assert "default-2: {}" in capsys.readouterr().out
    assert rotate.main([*asked, "defalt"], lambda _: outputs) == 2
    assert "rotate: no provider has a client defalt; valid: cognito/default" in capsys.readouterr().err
    assert rotate.main(["--stack", "none", "--project", str(tmp_path), "--client", "x"], lambda _: outputs) == 2
    assert "Pulumi.none.yaml" in capsys.readouterr().err
    (tmp_path / "Pulumi.odd.yaml").write_text("config: {aws:region: 2020-01-01}")
    assert rotate.main(["--stack", "odd", "--project", str(tmp_path), "--client", "x"], lambda _: outputs) == 2
    assert "rotate: Pulumi.odd.yaml cannot be read as a stack file" in capsys.readouterr().err
