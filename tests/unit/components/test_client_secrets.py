"""Where client secrets go."""

from __future__ import annotations

from tests.unit.pulumi_mocks import deploy
from tests.unit.stacks import COGNITO


def test_client_secrets_go_to_secrets_manager_where_asked() -> None:
    recorder = deploy({**COGNITO, "clientSecrets": "secretsManager"})
    assert recorder.one(":SecretVersion")["secretString"] == "secret of demo-cognito-default"
    assert [each.name for each in recorder.all(":ClientSecrets")] == ["demo-cognito"]


def test_nothing_is_made_for_secrets_that_stay_in_the_outputs() -> None:
    recorder = deploy(COGNITO)
    assert recorder.outputs["identityProviders"]["cognito"]["clients"]["default"]["clientSecret"]
    assert not recorder.all(":Secret")
    assert not recorder.all(":ClientSecrets")
