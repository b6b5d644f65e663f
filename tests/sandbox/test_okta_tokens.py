"""What an Okta authorization server grants, and what its tokens say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.credentials import OKTA_DOMAIN
from sandbox.tenants.collection import Collection
from sandbox.tenants.okta.state import App, OktaError, State
from sandbox.tenants.okta.tokens import claims_of, decide
from sandbox.tenants.token_request import OAuthError, TokenRequest

PAYLOAD: dict[str, Any] = {
    "name": "oidc_client",
    "label": "caller",
    "signOnMode": "OPENID_CONNECT",
    "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic"}},
    "settings": {"oauthClient": {"application_type": "service", "grant_types": ["client_credentials"]}},
}


@pytest.fixture(scope="module")
def state() -> State:
    """One org for the module: tests that change it make an app of their own."""
    state = State()
    for name in ("invoke", "read", "other"):
        state.scopes.create({"name": name}, server="default")
    return state


@pytest.fixture
def app(state: State) -> App:
    return state.apps.create(PAYLOAD)


@pytest.fixture
def request_of(app: App) -> TokenRequest:
    return TokenRequest(
        grant_type="client_credentials",
        client_id=app.client_id,
        client_secret=app.client_secret,
        method="client_secret_basic",
        scopes=("invoke", "read"),
    )


def allow(state: State, client_id: str, scopes: list[str], **changes: Any) -> tuple[str, str]:
    """A policy and a rule for one client; gives their ids."""
    policy = state.policies.create(
        {
            "type": "OAUTH_AUTHORIZATION_POLICY",
            "name": f"for {client_id} {len(state.policies)}",
            "description": "",
            "conditions": {"clients": {"include": [client_id]}},
            "priority": changes.get("priority", 1),
        },
        server="default",
    )
    rule = state.rules.create(
        {
            "type": "RESOURCE_ACCESS",
            "name": "rule",
            "conditions": {
                "grantTypes": {"include": changes.get("grants", ["client_credentials"])},
                "scopes": {"include": scopes},
            },
            "actions": {"token": {"accessTokenLifetimeMinutes": changes.get("minutes", 60)}},
        },
        server="default",
        policy=policy.id,
    )
    return policy.id, rule.id


def deactivate(kind: Collection[Any], key: str) -> None:
    kind[key] = kind[key].model_copy(update={"status": "INACTIVE"})


def decision(request: TokenRequest, state: State) -> tuple[tuple[str, ...], int]:
    scopes, lifetime = decide(request, state.servers["default"], state)
    return tuple(scopes), lifetime


def refusal(request: TokenRequest, state: State) -> tuple[int, str, str]:
    with pytest.raises(OAuthError) as refused:
        decide(request, state.servers["default"], state)
    return refused.value.status, refused.value.error, refused.value.description


def test_a_rule_for_client_grant_and_scopes_lets_the_request_through(state: State, request_of: TokenRequest) -> None:
    allow(state, request_of.client_id, ["invoke", "read"], minutes=10)
    assert decision(request_of, state) == (("invoke", "read"), 600)


def test_a_rule_for_every_scope(state: State, request_of: TokenRequest) -> None:
    allow(state, request_of.client_id, ["*"])
    assert decision(request_of, state) == (("invoke", "read"), 3600)


def test_the_rule_of_the_first_priority_decides(state: State, request_of: TokenRequest) -> None:
    allow(state, request_of.client_id, ["*"], minutes=30, priority=2)
    allow(state, request_of.client_id, ["*"], minutes=20, priority=1)
    assert decision(request_of, state)[1] == 1200


def test_a_policy_pushes_down_the_one_whose_priority_it_takes(state: State, request_of: TokenRequest) -> None:
    first, _ = allow(state, request_of.client_id, ["*"], minutes=30)
    second, _ = allow(state, request_of.client_id, ["*"], minutes=20)
    policies = state.policies
    assert (policies[second].priority, policies[first].priority) == (1, 2)
    assert decision(request_of, state)[1] == 1200


@pytest.mark.parametrize(
    ("scopes", "grants"),
    [(["invoke"], ["client_credentials"]), ([], ["client_credentials"]), (["*"], ["authorization_code"])],
)
def test_a_rule_that_does_not_cover_the_request_denies_it(
    state: State, request_of: TokenRequest, scopes: list[str], grants: list[str]
) -> None:
    allow(state, request_of.client_id, scopes, grants=grants)
    assert refusal(request_of, state)[:2] == (400, "access_denied")


def test_without_a_policy_everything_is_denied(state: State, request_of: TokenRequest) -> None:
    status, error, description = refusal(request_of, state)
    assert (status, error) == (400, "access_denied")
    assert description.startswith("Policy evaluation failed")


@pytest.mark.parametrize("inactive", ["policy", "rule"])
def test_what_is_inactive_lets_nothing_through(state: State, request_of: TokenRequest, inactive: str) -> None:
    policy, rule = allow(state, request_of.client_id, ["*"])
    kind, key = (state.policies, policy) if inactive == "policy" else (state.rules, rule)
    deactivate(kind, key)
    assert refusal(request_of, state)[1] == "access_denied"


@pytest.mark.parametrize(
    ("change", "status", "error", "says"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", "client secret supplied"),
        ({"method": "client_secret_post"}, 401, "invalid_client", "client_secret_basic, not client_secret_post"),
        ({"method": "none", "client_secret": ""}, 401, "invalid_client", "client_secret_basic, not none"),
        ({"grant_type": ""}, 400, "invalid_request", "grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", "password"),
        ({"scopes": ("nothing",)}, 400, "invalid_scope", "not configured"),
        ({"scopes": ("openid", "invoke")}, 400, "invalid_scope", "Cannot request 'openid' scopes"),
        ({"scopes": ()}, 400, "invalid_scope", "'scope' must be provided"),
    ],
)
def test_what_is_refused(
    state: State, request_of: TokenRequest, change: dict[str, object], status: int, error: str, says: str
) -> None:
    allow(state, request_of.client_id, ["*"])
    changed = replace(request_of, **change)  # pyright: ignore[reportArgumentType]  the table is mixed
    answer = refusal(changed, state)
    assert answer[:2] == (status, error)
    assert says in answer[2]


def test_an_app_bound_to_dpop_gets_no_plain_token(state: State, app: App, request_of: TokenRequest) -> None:
    settings = {**PAYLOAD["settings"]["oauthClient"], "dpop_bound_access_tokens": True}
    state.apps.replace(app, {**PAYLOAD, "settings": {"oauthClient": settings}})
    allow(state, request_of.client_id, ["*"])
    answer = refusal(request_of, state)
    assert answer[:2] == (400, "invalid_dpop_proof")
    assert "The DPoP proof JWT header is missing." in answer[2]


@pytest.mark.parametrize("client", ["unknown", "deactivated"])
def test_who_is_no_active_client_gets_no_token(state: State, app: App, request_of: TokenRequest, client: str) -> None:
    allow(state, request_of.client_id, ["*"])
    deactivate(state.apps, app.id)
    asked = request_of if client == "deactivated" else replace(request_of, client_id=client)
    with pytest.raises(OktaError, match="Invalid value for 'client_id' parameter") as refused:
        decision(asked, state)
    assert (refused.value.status, refused.value.document["errorCode"]) == (401, "invalid_client")


def test_a_request_without_scopes_gets_the_default_ones() -> None:
    state = State()
    state.scopes.create({"name": "invoke", "default": True}, server="default")
    app = state.apps.create(PAYLOAD)
    allow(state, app.client_id, ["*"])
    secret = app.client_secret
    request = TokenRequest("client_credentials", app.client_id, secret, "client_secret_basic", ())
    assert decision(request, state)[0] == ("invoke",)


def test_a_token_says_who_for_whom_and_which_scopes(state: State) -> None:
    claims = claims_of(state.servers["default"], state, "0oa1", ["invoke", "read"])
    assert str(claims.pop("jti")).startswith("AT.")
    assert claims == {
        "ver": 1,
        "iss": f"https://{OKTA_DOMAIN}/oauth2/default",
        "aud": "api://default",
        "cid": "0oa1",
        "scp": ["invoke", "read"],
        "sub": "0oa1",
    }


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"value": "app.clientId"}, "0oa1"),
        ({"value": '"a tenant"'}, "a tenant"),
        ({"value": "app.clientId", "conditions": {"scopes": ["read", "invoke"]}}, "0oa1"),
        ({"value": "app.clientId", "conditions": {"scopes": ["other"]}}, None),
        ({"value": "app.clientId", "status": "INACTIVE"}, None),
    ],
)
def test_a_custom_claim_is_said_where_it_applies(state: State, claim: dict[str, object], said: str | None) -> None:
    server = state.servers.create({"name": "own", "audiences": ["api://own"]})
    for name in ("read", "invoke", "other"):
        state.scopes.create({"name": name}, server=server.id)
    state.claims.create({"name": "custom", "claimType": "RESOURCE", **claim}, server=server.id)
    assert claims_of(server, state, "0oa1", ["invoke"]).get("custom") == said
