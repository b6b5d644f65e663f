"""Where client secrets go."""

from __future__ import annotations

from tests.unit.pulumi_mocks import deploy
from tests.unit.stacks import COGNITO


def test_client_secrets_go_to_secrets_manager_where_asked() -> None:
    recorder = deploy({**COGNITO, "clientSecrets": "secretsManager"})
    assert recorder.one(":SecretVersion")["secretString"] == "secret of demo-cognito-default"
    assert not deploy(COGNITO).all(":Secret")
