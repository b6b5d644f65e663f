"""What the program sets up at Okta, and what a gateway checks of its tokens."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.unit.pulumi_mocks import deploy
from tests.unit.stacks import OKTA, OKTA_SECRET, authorizer


def test_okta_issues_tokens_to_this_client_for_this_grant_and_its_scopes_only() -> None:
    recorder = deploy(OKTA, secrets=OKTA_SECRET)
    assert recorder.one(":ServerPolicy")["clientWhitelists"] == ["demo-okta-default-client"]
    rule = recorder.one(":ServerPolicyRule")
    assert rule["grantTypeWhitelists"] == ["client_credentials"]
    assert rule["scopeWhitelists"] == ["InvokeGateway"]


def test_one_okta_client_is_pinned_by_its_own_claim() -> None:
    recorder = deploy(OKTA, secrets=OKTA_SECRET)
    checks = authorizer(recorder)
    assert checks["discoveryUrl"] == "https://acme.okta.com/oauth2/default/.well-known/openid-configuration"
    assert [claim["inboundTokenClaimName"] for claim in checks["customClaims"]] == ["cid"]
    assert not recorder.all(":ServerClaim")


def test_several_okta_clients_get_a_claim_that_the_authorizer_can_list() -> None:
    recorder = deploy({**OKTA, "okta": {"clients": {"a": {}, "b": {}}}}, secrets=OKTA_SECRET)
    claim = recorder.one(":ServerClaim")
    assert (claim["name"], claim["value"], claim["scopes"]) == ("client_id", "app.clientId", ["InvokeGateway"])
    assert authorizer(recorder)["allowedClients"] == ["demo-okta-a-client", "demo-okta-b-client"]


def test_further_claims_are_added_for_the_stack_s_own_scopes() -> None:
    recorder = deploy({**OKTA, "okta": {"claims": {"team": "app.profile.team"}}}, secrets=OKTA_SECRET)
    claim = recorder.one(":ServerClaim")
    assert (claim["name"], claim["value"], claim["scopes"]) == ("team", "app.profile.team", ["InvokeGateway"])


def test_a_claim_that_okta_sets_itself_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"okta\.claims\.sub: is a claim that Okta"):
        deploy({**OKTA, "okta": {"claims": {"sub": "app.clientId"}}}, secrets=OKTA_SECRET)


def test_policies_of_one_server_are_made_one_after_another() -> None:
    recorder = deploy({**OKTA, "okta": {"clients": {"c": {}, "a": {}, "b": {}}}}, secrets=OKTA_SECRET)
    made = [each.name for each in recorder.resources if each.type.endswith(":ServerPolicy")]
    assert made == ["demo-okta-c", "demo-okta-a", "demo-okta-b"]


def test_the_tutorial_adds_no_claim_at_okta() -> None:
    recorder = deploy({**OKTA, "mode": "tutorial", "okta": {"clients": {"a": {}, "b": {}}}}, secrets=OKTA_SECRET)
    assert not recorder.all(":ServerClaim")
    assert set(authorizer(recorder)) == {"discoveryUrl", "allowedAudiences"}


def test_another_audience_than_the_default_server_s_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match="issues tokens for api://default"):
        deploy({**OKTA, "okta": {"audience": "api://other"}}, secrets=OKTA_SECRET)


def test_scopes_that_another_stack_should_have_made_have_to_be_there() -> None:
    answer = {"okta:auth/getServerScopes:getServerScopes": {"scopes": [{"name": "Other"}]}}
    with pytest.raises(pulumi.RunError, match="no scope InvokeGateway"):
        deploy({**OKTA, "okta": {"createScopes": False}}, secrets=OKTA_SECRET, functions=answer)


THERE: dict[str, Any] = {"id": "aus1", "audiences": ["api://orders"], "issuerMode": "ORG_URL"}


@pytest.mark.parametrize(
    ("server", "issuer"),
    [
        ({}, "https://acme.okta.com/oauth2/aus1"),
        ({"issuerMode": "CUSTOM_URL", "issuer": "https://id.acme.example/oauth2/aus1"}, None),
    ],
)
def test_an_existing_okta_server_is_used_by_its_name(server: dict[str, Any], issuer: str | None) -> None:
    answers = {
        "okta:auth/getServer:getServer": {**THERE, **server},
        "okta:auth/getServerScopes:getServerScopes": {"scopes": [{"name": "orders:read"}]},
    }
    okta = {
        "authorizationServer": "Orders",
        "audience": "api://orders",
        "scopes": ["orders:read"],
        "createScopes": False,
        "clients": {},
        "allowedClients": ["by-hand"],
    }
    recorder = deploy({**OKTA, "okta": okta}, secrets=OKTA_SECRET, functions=answers)
    assert not [each.type for each in recorder.resources if each.type.startswith("okta:")]
    checks = authorizer(recorder)
    assert checks["discoveryUrl"] == f"{issuer or server['issuer']}/.well-known/openid-configuration"
    assert (checks["allowedAudiences"], checks["allowedScopes"]) == (["api://orders"], ["orders:read"])
    assert [claim["inboundTokenClaimName"] for claim in checks["customClaims"]] == ["cid"]


def test_an_existing_okta_server_needs_its_audience() -> None:
    with pytest.raises(pulumi.RunError, match=r"okta\.audience: is required"):
        deploy({**OKTA, "okta": {"authorizationServer": "Orders"}}, secrets=OKTA_SECRET)
