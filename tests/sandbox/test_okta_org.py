"""The Okta org over HTTP: the management API's refusals, lifecycles, tokens, discovery and keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from starlette.testclient import TestClient

from sandbox.credentials import OKTA_API_TOKEN
from sandbox.tenants.okta.org import OktaOrg
from sandbox.tenants.signing import SigningKey

APP: dict[str, Any] = {
    "name": "oidc_client",
    "label": "caller",
    "signOnMode": "OPENID_CONNECT",
    "credentials": {"oauthClient": {"token_endpoint_auth_method": "client_secret_basic", "autoKeyRotation": True}},
    "settings": {"oauthClient": {"application_type": "service", "grant_types": ["client_credentials"]}},
}
SERVERS = "/authorizationServers"
DEFAULT = f"{SERVERS}/default"
POLICY: dict[str, Any] = {
    "type": "OAUTH_AUTHORIZATION_POLICY",
    "name": "p",
    "description": "",
    "conditions": {"clients": {"include": ["ALL_CLIENTS"]}},
}
RULE: dict[str, Any] = {
    "type": "RESOURCE_ACCESS",
    "name": "r",
    "conditions": {"grantTypes": {"include": ["client_credentials"]}, "scopes": {"include": ["*"]}},
    "actions": {"token": {"accessTokenLifetimeMinutes": 5}},
}
CLAIM: dict[str, Any] = {"name": "client_id", "claimType": "RESOURCE", "value": "app.clientId"}
Send = Callable[..., Any]


@pytest.fixture
def org() -> OktaOrg:
    return OktaOrg()


@pytest.fixture
def http(org: OktaOrg) -> TestClient:
    return TestClient(org.app, base_url=f"https://{org.domain}")


@pytest.fixture
def send(http: TestClient) -> Send:
    """A management API request with the sandbox's token; gives status and document."""

    def sent(method: str, path: str, body: object = None, authorization: str = f"SSWS {OKTA_API_TOKEN}") -> Any:
        response = http.request(method, f"/api/v1{path}", json=body, headers={"Authorization": authorization})
        return response.status_code, response.json() if response.content else None

    return sent


@pytest.fixture
def app(send: Send) -> dict[str, Any]:
    status, made = send("POST", "/apps?activate=true", APP)
    assert (status, made["status"]) == (200, "ACTIVE")
    return made


@pytest.mark.parametrize(
    "authorization",
    ["", "SSWS stolen", "Bearer stolen", f"Basic {OKTA_API_TOKEN}"],
    ids=["none", "another", "a bearer token", "another scheme"],  # the token is another in each process
)
def test_the_management_api_wants_its_token(send: Send, authorization: str) -> None:
    status, error = send("GET", "/users/me", authorization=authorization)
    assert (status, error["errorCode"]) == (401, "E0000011")


@pytest.mark.parametrize("scheme", ["SSWS", "Bearer"])
def test_the_token_goes_as_api_token_or_access_token(send: Send, scheme: str) -> None:
    assert send("GET", "/users/me", authorization=f"{scheme} {OKTA_API_TOKEN}")[0] == 200


def test_everyone_may_ask_about_the_org(http: TestClient) -> None:
    assert http.get("/.well-known/okta-organization").json()["pipeline"] == "idx"


def test_a_secret_is_told_when_an_app_is_made_and_replaced_only(send: Send, app: dict[str, Any]) -> None:
    told = app["credentials"]["oauthClient"]
    read = send("GET", f"/apps/{app['id']}")[1]["credentials"]["oauthClient"]
    assert "client_secret" not in read
    assert (read["client_id"], read["autoKeyRotation"]) == (app["id"], True)
    status, replaced = send("PUT", f"/apps/{app['id']}", {**APP, "label": "renamed"})
    assert (status, replaced["label"]) == (200, "renamed")
    assert replaced["credentials"]["oauthClient"]["client_secret"] == told["client_secret"]


def test_an_app_is_deactivated_before_it_is_deleted(org: OktaOrg, send: Send, app: dict[str, Any]) -> None:
    status, error = send("DELETE", f"/apps/{app['id']}")
    assert (status, error["errorCode"]) == (403, "E0000056")
    assert send("POST", f"/apps/{app['id']}/lifecycle/deactivate") == (200, {})
    assert send("DELETE", f"/apps/{app['id']}") == (204, None)
    assert org.leftovers() == []


def test_a_deleted_app_leaves_its_policies(send: Send, app: dict[str, Any]) -> None:
    body = {**POLICY, "conditions": {"clients": {"include": [app["id"]]}}}
    policy = send("POST", f"{DEFAULT}/policies", body)[1]
    send("POST", f"/apps/{app['id']}/lifecycle/deactivate")
    send("DELETE", f"/apps/{app['id']}")
    assert send("GET", f"{DEFAULT}/policies/{policy['id']}")[1]["conditions"]["clients"] == {"include": []}


def test_the_default_server_is_there_and_stays(send: Send) -> None:
    [found] = send("GET", f"{SERVERS}?limit=200&q=default")[1]
    assert (found["id"], found["name"], found["audiences"]) == ("default", "default", ["api://default"])
    assert send("POST", f"{DEFAULT}/lifecycle/deactivate")[0] == 204
    assert send("DELETE", DEFAULT)[0] == 400


def test_a_server_lives_from_creation_to_deletion(org: OktaOrg, http: TestClient, send: Send) -> None:
    status, made = send("POST", SERVERS, {"name": "own", "audiences": ["api://own"]})
    assert (status, made["status"]) == (201, "ACTIVE")
    assert made["issuer"] == f"https://{org.domain}/oauth2/{made['id']}"
    path, discovery = f"{SERVERS}/{made['id']}", f"/oauth2/{made['id']}/.well-known/openid-configuration"
    changed = send("PUT", path, {"name": "renamed", "audiences": ["api://new"]})[1]
    assert (changed["issuer"], changed["audiences"]) == (made["issuer"], ["api://new"])
    assert http.get(discovery).json()["issuer"] == made["issuer"]
    assert org.leftovers() == [f"okta AuthorizationServer renamed {made['id']}"]
    assert send("DELETE", path)[0] == 400
    assert send("POST", f"{path}/lifecycle/deactivate") == (204, None)
    assert http.get(discovery).status_code == 404
    assert send("DELETE", path) == (204, None)
    assert send("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/apps", {**APP, "name": "saml"}, 400, "name: "),
        ("POST", "/apps", {"label": "x"}, 400, "name: The field cannot be left blank"),
        ("POST", "/apps", [], 400, None),
        ("GET", "/apps/0oaNobody", None, 404, None),
        ("PUT", "/apps/0oaNobody", APP, 404, None),
        ("POST", SERVERS, {"name": "x", "audiences": ["a", "b"]}, 400, "audiences: "),
        ("POST", SERVERS, {"name": "x", "audiences": ["a"], "issuerMode": "CUSTOM_URL"}, 400, "issuerMode: "),
        ("GET", f"{SERVERS}/ausNone", None, 404, None),
        ("POST", f"{DEFAULT}/scopes", {"name": "two words"}, 400, "name: "),
        ("POST", f"{DEFAULT}/scopes", {"name": "okta.users.read"}, 400, "reserved"),
        ("POST", f"{DEFAULT}/scopes", {"name": "openid"}, 400, "already exists"),
        ("POST", f"{DEFAULT}/scopes", {"name": "x", "consent": "MAYBE"}, 400, "consent: "),
        ("DELETE", f"{DEFAULT}/scopes/scpNone", None, 404, None),
        ("POST", f"{DEFAULT}/claims", {**CLAIM, "name": "cid"}, 400, "cid is a reserved claim name"),
        ("POST", f"{DEFAULT}/claims", {**CLAIM, "value": "user.login"}, 400, "value: "),
        ("POST", f"{DEFAULT}/claims", {**CLAIM, "conditions": {"scopes": ["x"]}}, 400, "scopes x do not exist"),
        ("DELETE", f"{DEFAULT}/claims/oclNone", None, 404, None),
        (
            "POST",
            f"{DEFAULT}/policies",
            {**POLICY, "conditions": {"clients": {"include": ["0oaNobody"]}}},
            400,
            "There is no client 0oaNobody",
        ),
        ("POST", f"{DEFAULT}/policies", {**POLICY, "priority": 0}, 400, "priority: "),
        ("POST", f"{DEFAULT}/policies/00pNone/rules", RULE, 404, None),
        ("DELETE", f"{DEFAULT}/policies/00pNone", None, 404, None),
        ("POST", f"{DEFAULT}/lifecycle/pause", None, 404, None),
    ],
)
def test_refusals(send: Send, method: str, path: str, body: object, status: int, says: str | None) -> None:
    answer, error = send(method, path, body)
    assert answer == status
    causes = [cause["errorSummary"] for cause in error["errorCauses"]]
    assert causes == [] if says is None else says in causes[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"actions": {"token": {"accessTokenLifetimeMinutes": 4}}}, "accessTokenLifetimeMinutes"),
        ({"actions": {"token": {"accessTokenLifetimeMinutes": 1441}}}, "accessTokenLifetimeMinutes"),
        ({"conditions": {**RULE["conditions"], "scopes": {"include": ["x"]}}}, "scopes x do not exist"),
        ({"name": "taken"}, "The rule taken already exists"),
    ],
)
def test_a_rule_is_refused(send: Send, change: dict[str, Any], says: str) -> None:
    policy = send("POST", f"{DEFAULT}/policies", POLICY)[1]
    rules = f"{DEFAULT}/policies/{policy['id']}/rules"
    assert send("POST", rules, {**RULE, "name": "taken"})[0] == 201
    status, error = send("POST", rules, {**RULE, **change})
    assert status == 400
    assert says in error["errorCauses"][0]["errorSummary"]


def test_a_system_scope_cannot_be_changed(send: Send) -> None:
    openid = next(scope for scope in send("GET", f"{DEFAULT}/scopes")[1] if scope["name"] == "openid")
    assert send("PUT", f"{DEFAULT}/scopes/{openid['id']}", {"name": "mine"})[0] == 400
    assert send("DELETE", f"{DEFAULT}/scopes/{openid['id']}")[0] == 400


def test_a_token_from_an_app_to_its_verification(http: TestClient, send: Send, app: dict[str, Any]) -> None:
    made = send("POST", SERVERS, {"name": "own", "audiences": ["api://own"]})[1]
    server, issuer = f"{SERVERS}/{made['id']}", made["issuer"]
    send("POST", f"{server}/scopes", {"name": "invoke"})
    claim = {**CLAIM, "conditions": {"scopes": ["invoke"]}}
    assert send("POST", f"{server}/claims", claim)[0] == 201
    form = {"grant_type": "client_credentials", "scope": "invoke"}
    credentials = (app["id"], app["credentials"]["oauthClient"]["client_secret"])
    denied = http.post(f"{issuer}/v1/token", data=form, auth=credentials)
    assert (denied.status_code, denied.json()["error"]) == (400, "access_denied")

    body = {**POLICY, "conditions": {"clients": {"include": [app["id"]]}}}
    policy = send("POST", f"{server}/policies", body)[1]
    assert send("POST", f"{server}/policies/{policy['id']}/rules", RULE)[0] == 201
    answer = http.post(f"{issuer}/v1/token", data=form, auth=credentials).json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 300, "invoke")
    claims = verified(http, answer["access_token"], issuer, "api://own")
    assert (claims["cid"], claims["client_id"], claims["scp"]) == (app["id"], app["id"], ["invoke"])

    assert send("POST", f"{server}/policies/{policy['id']}/lifecycle/deactivate") == (204, None)
    assert http.post(f"{issuer}/v1/token", data=form, auth=credentials).json()["error"] == "access_denied"


def test_policies_are_listed_replaced_and_keep_status_and_order(send: Send) -> None:
    first, second = (send("POST", f"{DEFAULT}/policies", {**POLICY, "name": name})[1] for name in ("a", "b"))
    send("POST", f"{DEFAULT}/policies/{first['id']}/lifecycle/deactivate")
    body = {**POLICY, "name": "c", "priority": 1, "status": "ACTIVE", "id": "mine"}
    status, replaced = send("PUT", f"{DEFAULT}/policies/{first['id']}", body)
    assert (status, replaced["id"], replaced["name"], replaced["status"]) == (200, first["id"], "c", "INACTIVE")
    listed = send("GET", f"{DEFAULT}/policies")[1]
    assert [(each["id"], each["priority"]) for each in listed] == [(first["id"], 1), (second["id"], 2)]


def test_an_app_keeps_its_client_id(send: Send) -> None:
    credentials = {"oauthClient": {"client_id": "caller-of-the-gateway"}}
    made = send("POST", "/apps", {**APP, "credentials": credentials})[1]
    assert (
        send("PUT", f"/apps/{made['id']}", APP)[1]["credentials"]["oauthClient"]["client_id"] == "caller-of-the-gateway"
    )
    other = {"oauthClient": {"client_id": "another-caller"}}
    status, error = send("PUT", f"/apps/{made['id']}", {**APP, "credentials": other})
    assert (status, error["errorCauses"][0]["errorSummary"]) == (
        400,
        "credentials.oauthClient.client_id: The client id cannot be changed.",
    )
    status, error = send("POST", "/apps", {**APP, "credentials": credentials})
    assert status == 400
    assert "The AppInstance caller-of-the-gateway already exists" in error["errorCauses"][0]["errorSummary"]


def test_what_is_not_played_is_refused_by_name(send: Send) -> None:
    status, error = send("GET", "/groups")
    assert (status, error["errorSummary"]) == (404, "The sandbox does not play GET /api/v1/groups.")


def test_an_unknown_client_is_refused_in_the_management_apis_words(http: TestClient) -> None:
    form = {"grant_type": "client_credentials", "scope": "invoke"}
    response = http.post("/oauth2/default/v1/token", data=form, auth=("0oaNobody", "secret"))
    assert (response.status_code, response.json()["errorCode"]) == (401, "invalid_client")


def test_a_server_that_is_not_there_has_no_endpoints(http: TestClient) -> None:
    form = {"grant_type": "client_credentials"}
    assert http.post("/oauth2/ausNone/v1/token", data=form).status_code == 404
    assert http.get("/oauth2/ausNone/v1/keys").status_code == 404


def test_claims_are_signed_as_they_stand(org: OktaOrg, http: TestClient) -> None:
    server = org.state.servers["default"]
    claims = {"iss": server.issuer, "aud": "api://default", "exp": int(time.time()) + 60, "extra": 1}
    assert verified(http, org.sign(claims, server="default"), server.issuer, "api://default") == claims
    forger = SigningKey()
    forger.kid = server.kid
    with pytest.raises(jwt.InvalidSignatureError):
        verified(http, forger.sign(claims), server.issuer, "api://default")
    with pytest.raises(LookupError, match="no authorization server ausNone"):
        org.sign(claims, server="ausNone")


def verified(http: TestClient, token: str, issuer: str, audience: str) -> dict[str, Any]:
    keys = http.get(http.get(f"{issuer}/.well-known/openid-configuration").json()["jwks_uri"]).json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, audience=audience, issuer=issuer)
