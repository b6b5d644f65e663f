"""The okta provider server over gRPC: it sends what the plugin sends, and gives back what the SDK names."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import grpc
import pytest

from sandbox.credentials import OKTA_API_TOKEN, OKTA_BASE_URL, OKTA_ORG_NAME
from sandbox.providers.okta import OktaProvider
from sandbox.providers.values import UNKNOWN
from sandbox.tenants.okta.org import OktaOrg
from tests.sandbox.provider_connection import Connection, Recorder, command, connected, secret

APP = "okta:app/oAuth:OAuth"
SERVER = "okta:auth/server:Server"
SCOPE = "okta:auth/serverScope:ServerScope"
CLAIM = "okta:auth/serverClaim:ServerClaim"
POLICY = "okta:auth/serverPolicy:ServerPolicy"
RULE = "okta:auth/serverPolicyRule:ServerPolicyRule"
GET_SERVER = "okta:auth/getServer:getServer"
GET_SCOPES = "okta:auth/getServerScopes:getServerScopes"

APP_INPUTS = {"label": "caller", "type": "service", "grantTypes": ["client_credentials"], "responseTypes": ["token"]}
SCOPE_INPUTS = {"authServerId": "default", "name": "invoke"}
CLAIM_INPUTS = {"authServerId": "default", "name": "client_id", "claimType": "RESOURCE", "value": "app.clientId"}
POLICY_INPUTS = {
    "authServerId": "default",
    "name": "policy",
    "description": "d",
    "priority": 1,
    "clientWhitelists": ["ALL_CLIENTS"],
}
RULE_INPUTS = {
    "authServerId": "default",
    "name": "rule",
    "priority": 1,
    "grantTypeWhitelists": ["client_credentials"],
    "scopeWhitelists": ["*"],
}
SERVERS = "/api/v1/authorizationServers"


@pytest.fixture
def org() -> OktaOrg:
    return OktaOrg()


@pytest.fixture
def requests(org: OktaOrg) -> Recorder:
    """Between provider and org: what went over the wire."""
    recorder = Recorder(org.app)
    org.app = recorder
    return recorder


@pytest.fixture
def okta(org: OktaOrg, requests: Recorder) -> Generator[Connection]:
    with connected(OktaProvider(org)) as connection:
        requests.taken()
        yield connection


def test_an_app_from_creation_to_deletion(okta: Connection, requests: Recorder, org: OktaOrg) -> None:
    key, state = okta.create(APP, APP_INPUTS)
    claims = f"/api/v1/internal/apps/{key}/settings/oauth/idToken"
    read = [f"GET /api/v1/apps/{key}", "GET /.well-known/okta-organization", f"GET {claims}"]
    assert requests.taken() == ["POST /api/v1/apps?activate=true", f"POST {claims}", *read]
    assert {name: state[name] for name in APP_INPUTS} == APP_INPUTS
    assert (state["clientId"], state["tokenEndpointAuthMethod"]) == (key, "client_secret_basic")
    told = secret(state["clientSecret"])
    assert told == org.state.apps[key].client_secret

    again = okta.read(APP, key, state)
    assert again is not None
    assert secret(again["clientSecret"]) == told
    requests.taken()
    changed = okta.update(APP, key, state, {**APP_INPUTS, "label": "renamed"})
    assert requests.taken() == [
        f"PUT /api/v1/apps/{key}",
        "GET /api/v1/policies?type=ACCESS_POLICY",
        f"PUT /api/v1/apps/{key}/policies/rstsandboxAccessPolicy",
        *read,
    ]
    assert (changed["label"], secret(changed["clientSecret"])) == ("renamed", told)

    okta.delete(APP, key, changed)
    assert requests.taken() == [f"POST /api/v1/apps/{key}/lifecycle/deactivate", f"DELETE /api/v1/apps/{key}"]
    with pytest.raises(grpc.RpcError, match="Not found"):
        okta.read(APP, key, changed)


def test_an_app_needs_no_dpop_proof(okta: Connection, org: OktaOrg) -> None:
    key, _ = okta.create(APP, APP_INPUTS)
    assert not org.state.apps[key].dpop_bound


def test_a_server_from_creation_to_deletion(okta: Connection, requests: Recorder, org: OktaOrg) -> None:
    key, state = okta.create(SERVER, {"name": "own", "audiences": ["api://own"]})
    assert requests.taken() == [f"POST {SERVERS}", f"GET {SERVERS}/{key}"]
    assert state["issuer"] == f"https://{org.domain}/oauth2/{key}"
    assert state["kid"] == org.state.servers[key].kid
    assert okta.read(SERVER, key, state) == state
    changed = okta.update(SERVER, key, state, {"name": "own", "audiences": ["api://new"]})
    assert (changed["audiences"], changed["kid"]) == (["api://new"], state["kid"])
    requests.taken()
    okta.delete(SERVER, key, changed)
    assert requests.taken() == [f"POST {SERVERS}/{key}/lifecycle/deactivate", f"DELETE {SERVERS}/{key}"]
    assert okta.read(SERVER, key, changed) is None
    okta.delete(SERVER, key, changed)


@pytest.mark.parametrize(
    ("token", "path", "inputs", "change"),
    [
        (SCOPE, "scopes", SCOPE_INPUTS, {"description": "Invoke"}),
        (CLAIM, "claims", CLAIM_INPUTS, {"value": '"a tenant"'}),
        (POLICY, "policies", POLICY_INPUTS, {"description": "changed"}),
    ],
)
def test_what_hangs_below_a_server(
    okta: Connection, requests: Recorder, token: str, path: str, inputs: dict[str, Any], change: dict[str, Any]
) -> None:
    key, state = okta.create(token, inputs)
    below = f"{SERVERS}/default/{path}"
    assert requests.taken() == [f"POST {below}", f"GET {below}/{key}"]
    assert {name: state[name] for name in inputs} == inputs
    assert okta.read(token, key, state) == {name: value for name, value in state.items() if name != "authServerId"}
    requests.taken()
    changed = okta.update(token, key, state, {**inputs, **change})
    assert {name: changed[name] for name in change} == change
    assert requests.taken() == [f"PUT {below}/{key}", f"GET {below}/{key}"]
    okta.delete(token, key, changed)
    assert requests.taken() == [f"DELETE {below}/{key}"]
    assert okta.read(token, key, changed) is None


def test_a_rule_hangs_below_its_policy(okta: Connection, requests: Recorder) -> None:
    policy, policy_state = okta.create(POLICY, POLICY_INPUTS)
    requests.taken()
    inputs = {**RULE_INPUTS, "policyId": policy}
    key, state = okta.create(RULE, inputs)
    below = f"{SERVERS}/default/policies/{policy}/rules"
    assert requests.taken() == [f"POST {below}", f"GET {below}/{key}"]
    assert (state["accessTokenLifetimeMinutes"], state["type"]) == (60, "RESOURCE_ACCESS")
    assert okta.update(RULE, key, state, {**inputs, "accessTokenLifetimeMinutes": 5})["accessTokenLifetimeMinutes"] == 5
    okta.delete(RULE, key, state)
    assert okta.read(RULE, key, state) is None
    okta.delete(POLICY, policy, policy_state)
    assert okta.read(RULE, key, state) is None


BODIES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        APP,
        APP_INPUTS,
        {
            "accessibility": {},
            "credentials": {
                "oauthClient": {
                    "autoKeyRotation": True,
                    "pkce_required": False,
                    "token_endpoint_auth_method": "client_secret_basic",
                },
                "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
            },
            "label": "caller",
            "name": "oidc_client",
            "settings": {
                "notes": {},
                "oauthClient": {
                    "application_type": "service",
                    "consent_method": "TRUSTED",
                    "dpop_bound_access_tokens": False,
                    "grant_types": ["client_credentials"],
                    "idp_initiated_login": {"default_scope": [], "mode": "DISABLED"},
                    "issuer_mode": "ORG_URL",
                    "response_types": ["token"],
                    "wildcard_redirect": "DISABLED",
                },
            },
            "signOnMode": "OPENID_CONNECT",
            "visibility": {"hide": {"iOS": True, "web": True}},
        },
    ),
    (
        SERVER,
        {"name": "own", "audiences": ["api://own"], "description": "d"},
        {
            "audiences": ["api://own"],
            "credentials": {"signing": {"rotationMode": "AUTO"}},
            "description": "d",
            "issuerMode": "ORG_URL",
            "name": "own",
        },
    ),
    (
        SCOPE,
        SCOPE_INPUTS,
        {
            "consent": "IMPLICIT",
            "default": False,
            "description": "",
            "displayName": "",
            "metadataPublish": "ALL_CLIENTS",
            "name": "invoke",
            "optional": False,
        },
    ),
    (
        CLAIM,
        {**CLAIM_INPUTS, "scopes": ["openid"]},
        {
            "alwaysIncludeInToken": True,
            "claimType": "RESOURCE",
            "conditions": {"scopes": ["openid"]},
            "name": "client_id",
            "status": "ACTIVE",
            "value": "app.clientId",
            "valueType": "EXPRESSION",
        },
    ),
    (
        POLICY,
        POLICY_INPUTS,
        {
            "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
            "description": "d",
            "name": "policy",
            "priority": 1,
            "status": "ACTIVE",
            "type": "OAUTH_AUTHORIZATION_POLICY",
        },
    ),
]


@pytest.mark.parametrize(("token", "inputs", "body"), BODIES)
def test_creation_sends_the_plugins_body(
    okta: Connection, requests: Recorder, token: str, inputs: dict[str, Any], body: dict[str, Any]
) -> None:
    okta.create(token, inputs)
    assert requests.documents[0] == body


def test_a_rule_is_sent_with_every_condition_that_the_plugin_writes(okta: Connection, requests: Recorder) -> None:
    policy, _ = okta.create(POLICY, POLICY_INPUTS)
    okta.create(RULE, {**RULE_INPUTS, "policyId": policy})
    assert requests.documents[-1] == {
        "actions": {
            "token": {
                "accessTokenLifetimeMinutes": 60,
                "refreshTokenLifetimeMinutes": 0,
                "refreshTokenWindowMinutes": 10080,
            }
        },
        "conditions": {
            "grantTypes": {"include": ["client_credentials"]},
            "people": {"groups": {}, "users": {}},
            "scopes": {"include": ["*"]},
        },
        "name": "rule",
        "priority": 1,
        "status": "ACTIVE",
        "type": "RESOURCE_ACCESS",
    }


def test_moving_a_scope_to_another_server_fails_as_with_the_plugin(okta: Connection) -> None:
    """The plugin takes a change of server for an update: programs have to ask for the replacement."""
    server, _ = okta.create(SERVER, {"name": "own", "audiences": ["api://own"]})
    key, state = okta.create(SCOPE, SCOPE_INPUTS)
    moved = {**SCOPE_INPUTS, "authServerId": server}
    assert okta.replaces(SCOPE, SCOPE_INPUTS, moved) == []
    with pytest.raises(grpc.RpcError, match="Not found"):
        okta.update(SCOPE, key, state, moved)


def test_a_priority_that_the_program_ignores_is_no_drift(okta: Connection) -> None:
    """The engine asks about a refresh with the inputs that it found as the old ones."""
    found = {**POLICY_INPUTS, "priority": 2}
    assert okta.changes(POLICY, found, POLICY_INPUTS) == ["priority"]
    assert okta.changes(POLICY, found, POLICY_INPUTS, "priority") == []


def test_the_default_server_is_looked_up(okta: Connection, requests: Recorder, org: OktaOrg) -> None:
    found = okta.invoke(GET_SERVER, {"name": "default"})
    assert requests.taken() == [f"GET {SERVERS}?limit=200&q=default"]
    assert (found["id"], found["audiences"], found["issuer"]) == (
        "default",
        ["api://default"],
        org.state.servers["default"].issuer,
    )
    with pytest.raises(grpc.RpcError, match="authorization server with name 'defaul' does not exist"):
        okta.invoke(GET_SERVER, {"name": "defaul"})


def test_the_scopes_of_a_server_are_listed(okta: Connection) -> None:
    okta.create(SCOPE, SCOPE_INPUTS)
    listed = okta.invoke(GET_SCOPES, {"authServerId": "default"})["scopes"]
    assert {scope["name"]: scope["system"] for scope in listed} == {
        **dict.fromkeys(["openid", "profile", "email", "address", "phone", "offline_access", "device_sso"], True),
        "invoke": False,
    }


def test_a_refusal_of_the_service_reaches_the_user(okta: Connection) -> None:
    okta.create(SCOPE, SCOPE_INPUTS)
    with pytest.raises(grpc.RpcError, match=r"Api validation failed: name\. Causes: name: The scope invoke already"):
        okta.create(SCOPE, SCOPE_INPUTS)


@pytest.mark.parametrize(
    ("token", "inputs", "says"),
    [
        (APP, {**APP_INPUTS, "lable": "x"}, 'unknown property; did you mean "label"?'),
        (APP, {**APP_INPUTS, "profile": "{}"}, "does not support this property"),
        (APP, {**APP_INPUTS, "type": "web"}, "type service only"),
        (APP, {**APP_INPUTS, "grantTypes": ["implicit"]}, "needs client_credentials"),
        (SCOPE, {"name": "invoke"}, "authServerId: is required"),
        (POLICY, {**POLICY_INPUTS, "priority": "1"}, "priority: a number is needed"),
    ],
)
def test_inputs_that_the_plugin_or_the_sandbox_does_not_take(
    okta: Connection, token: str, inputs: dict[str, Any], says: str
) -> None:
    [mistake] = okta.mistakes(token, inputs)
    assert says in mistake


def test_a_preview_asks_nothing_and_knows_no_ids(okta: Connection, requests: Recorder) -> None:
    previewed = okta.preview(APP, APP_INPUTS)
    assert previewed["clientId"] == UNKNOWN
    assert previewed["clientSecret"] == UNKNOWN
    assert requests.taken() == []


@pytest.mark.parametrize(
    ("config", "asked"),
    [
        ({"apiToken": OKTA_API_TOKEN}, ["GET /api/v1/users/me", "GET /api/v1/users/me"]),
        ({"accessToken": OKTA_API_TOKEN}, []),
    ],
)
def test_an_api_token_is_tried_at_once(
    org: OktaOrg, requests: Recorder, config: dict[str, str], asked: list[str]
) -> None:
    org_of_config = {"orgName": OKTA_ORG_NAME, "baseUrl": OKTA_BASE_URL}
    with connected(OktaProvider(org, environment={}), {**org_of_config, **config}) as okta:
        assert requests.taken() == asked
        okta.create(SCOPE, SCOPE_INPUTS)


ORG_VARIABLES = {"OKTA_ORG_NAME": OKTA_ORG_NAME, "OKTA_BASE_URL": OKTA_BASE_URL}


@pytest.mark.parametrize(
    ("environment", "says", "asked"),
    [
        ({}, "", "GET /api/v1/users/me"),
        ({**ORG_VARIABLES, "OKTA_ACCESS_TOKEN": OKTA_API_TOKEN}, "", f"POST {SERVERS}/default/scopes"),
        ({**ORG_VARIABLES, "OKTA_API_TOKEN": "stolen"}, "Invalid token provided", "GET /api/v1/users/me"),
        ({**ORG_VARIABLES, "OKTA_API_PRIVATE_KEY": "pem"}, "does not take okta:privateKey", ""),
        ({"OKTA_ORG_NAME": "real", "OKTA_API_TOKEN": OKTA_API_TOKEN}, "no org real.okta.com", ""),
    ],
)
def test_the_commands_variables_configure_the_provider(
    org: OktaOrg, requests: Recorder, environment: dict[str, str], says: str, asked: str
) -> None:
    refused = command(OktaProvider(org), environment, (SCOPE, SCOPE_INPUTS))
    assert says in refused
    assert bool(refused) == bool(says)
    assert requests.taken()[:1] == [asked][: len(asked)]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"apiToken": OKTA_API_TOKEN}, "no org: set okta:orgName or OKTA_ORG_NAME"),
        ({"orgName": "real", "apiToken": OKTA_API_TOKEN}, "no org real.okta.com"),
        ({"orgName": OKTA_ORG_NAME}, "no credentials: set okta:apiToken"),
        ({"orgName": OKTA_ORG_NAME, "privateKey": "pem"}, "does not take okta:privateKey"),
        ({"orgName": OKTA_ORG_NAME, "apiToken": "stolen"}, "Invalid token provided"),
    ],
)
def test_a_configuration_that_leads_nowhere(org: OktaOrg, config: dict[str, str], says: str) -> None:
    with pytest.raises(grpc.RpcError, match=says), connected(OktaProvider(org, environment={}), config):
        pass
