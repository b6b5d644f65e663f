"""A gateway for an issuer that exists."""

from __future__ import annotations

from tests.unit.pulumi_mocks import deploy
from tests.unit.stacks import COGNITO, ISSUER, authorizer


def test_nothing_is_created_at_an_issuer_that_exists() -> None:
    oidc = {
        "keycloak": {"discoveryUrl": ISSUER, "allowedClients": ["a"], "customClaims": [{"name": "r", "equals": "x"}]}
    }
    recorder = deploy({**COGNITO, "identityProviders": ["keycloak"], "oidc": oidc})
    assert not [each.type for each in recorder.resources if each.type.startswith(("aws:cognito", "auth0:", "okta:"))]
    assert set(authorizer(recorder)) == {"discoveryUrl", "allowedClients", "customClaims"}
