"""What the program sets up at Okta, and what a gateway checks of its tokens."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from tests.unit.pulumi_mocks import deploy
from tests.unit.stack_files import OKTA as KEYS
from tests.unit.stack_files import Bad, assert_named, each_of, loaded
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


CONFIGURED: dict[str, Any] = {"identityProviders": ["okta"], **KEYS}
BAD: list[Bad] = [
    ({**CONFIGURED, "okta:orgName": "ORG"}, "okta:orgName", "placeholder ORG"),
    ({"identityProviders": ["okta"]}, "okta:orgName", "is required"),
    ({"identityProviders": ["okta"], "okta:orgName": "acme"}, "okta:apiToken", "okta:accessToken"),
    (
        {"identityProviders": ["okta"], "okta:orgName": "acme", "okta:clientId": "c", "okta:privateKey": "k"},
        "okta:apiToken",
        "or okta:clientId and okta:privateKey and okta:privateKeyId and okta:scopes",
    ),
    ({**CONFIGURED, "okta:orgName": "https://acme.okta.com"}, "okta:orgName", "scheme"),
    ({**CONFIGURED, "okta:orgName": "acme.okta.com"}, "okta:orgName", "write only acme "),
    ({**CONFIGURED, "okta:baseUrl": "https://okta.com/"}, "okta:baseUrl", "write okta.com"),
    ({**CONFIGURED, "okta:baseUrl": "okta com"}, "okta:baseUrl", "not a host name"),
    ({**CONFIGURED, "okta": {"scopes": ["a", "email"]}}, "okta.scopes[1]", "Okta reserves"),
    (
        {**CONFIGURED, "gateway": {"name": "g" * 40}, "okta": {"clients": {"c" * 55: {}}}},
        f"okta.clients.{'c' * 55}",
        "has 101 characters; Okta takes 100",
    ),
    ({**CONFIGURED, "okta": {"authorizationServer": "own"}}, "okta.audience", "is required"),
    (
        {**CONFIGURED, "okta": {"authorizationServer": "own", "audience": "api://a", "createScopes": False}},
        "okta.createScopes",
        "no scopes yet",
    ),
]


@each_of(BAD)
def test_a_mistake_in_okta_s_section_is_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)


ACCEPTED: list[dict[str, Any]] = [
    {**CONFIGURED, "gateway": {"name": "g" * 40}, "okta": {"clients": {"c" * 54: {}}}},
    {**CONFIGURED, "okta:baseUrl": "oktapreview.com"},
    {**CONFIGURED, "okta": {"scopes": ["email"], "createScopes": False}},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_what_fills_a_limit_or_only_looks_like_a_mistake_is_accepted(changes: dict[str, Any]) -> None:
    loaded(changes)
