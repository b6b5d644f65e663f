"""What the program sets up at Auth0, and what a gateway checks of its tokens."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.unit.pulumi_mocks import Recorder, deploy
from tests.unit.stacks import AUTH0, AUTH0_SECRET, authorizer


def test_auth0_grants_each_client_its_scopes_on_the_api() -> None:
    recorder = deploy({**AUTH0, "auth0": {"clients": {"a": {"scopes": ["read:gateway"]}}}}, secrets=AUTH0_SECRET)
    grant = recorder.one(":ClientGrant")
    assert (grant["audience"], grant["scopes"]) == ("demo", ["read:gateway"])
    api = recorder.one(":ResourceServer")
    assert (api["tokenDialect"], api["enforcePolicies"]) == ("rfc9068_profile_authz", True)


def test_an_auth0_gateway_checks_audience_client_and_scopes() -> None:
    checks = authorizer(deploy(AUTH0, secrets=AUTH0_SECRET))
    assert checks["allowedAudiences"] == ["demo"]
    assert checks["allowedClients"] == ["demo-auth0-default-client"]
    assert checks["allowedScopes"] == ["invoke:gateway", "read:gateway"]
    assert checks["discoveryUrl"] == "https://tenant.us.auth0.com/.well-known/openid-configuration"


def test_an_auth0_dialect_with_azp_is_pinned_by_a_claim() -> None:
    checks = authorizer(deploy({**AUTH0, "auth0": {"tokenDialect": "access_token"}}, secrets=AUTH0_SECRET))
    assert "allowedClients" not in checks
    assert [claim["inboundTokenClaimName"] for claim in checks["customClaims"]] == ["azp"]


@pytest.mark.parametrize(
    ("api", "message"),
    [
        ({"tokenDialect": "access_token", "scopes": []}, "auth0.tokenDialect: the API demo has access_token"),
        ({"tokenDialect": "rfc9068_profile_authz", "scopes": [{"name": "invoke:gateway"}]}, "no scope read:gateway"),
    ],
)
def test_an_existing_auth0_api_has_to_be_the_one_described(api: dict[str, Any], message: str) -> None:
    answer = {"auth0:index/getResourceServer:getResourceServer": api}
    with pytest.raises(pulumi.RunError, match=message):
        deploy({**AUTH0, "auth0": {"createApi": False}}, secrets=AUTH0_SECRET, functions=answer)


def test_a_client_secret_that_auth0_hides_is_an_error_that_names_the_permission() -> None:
    recorder = Recorder(hidden=("ClientCredentials.clientSecret",))
    with pytest.raises(pulumi.RunError, match="read:client_keys"):
        deploy(AUTH0, secrets=AUTH0_SECRET, recorder=recorder)
