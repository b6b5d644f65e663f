"""The Auth0 tenant over HTTP: the Management API's refusals, tokens, discovery and keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from starlette.testclient import TestClient

from sandbox.credentials import AUTH0_API_TOKEN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET
from sandbox.tenants.auth0.tenant import Auth0Tenant
from sandbox.tenants.signing import SigningKey

AUDIENCE = "https://api.example.com/v1"
ESCAPED = "https:%2F%2Fapi.example.com%2Fv1"
Send = Callable[..., Any]


@pytest.fixture(scope="module")
def signing_key() -> SigningKey:
    return SigningKey()


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch, signing_key: SigningKey) -> Auth0Tenant:
    monkeypatch.setattr("sandbox.tenants.auth0.tenant.SigningKey", lambda: signing_key)
    return Auth0Tenant()


@pytest.fixture
def http(tenant: Auth0Tenant) -> TestClient:
    return TestClient(tenant.app, base_url=f"https://{tenant.domain}")


@pytest.fixture
def send(http: TestClient) -> Send:
    """A Management API request with the sandbox's token; gives status and document."""

    def sent(method: str, path: str, body: object = None, token: str = AUTH0_API_TOKEN) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        response = http.request(method, f"/api/v2{path}", json=body, headers=headers)
        return response.status_code, response.json() if response.content else None

    return sent


@pytest.fixture
def api(send: Send) -> dict[str, Any]:
    body = {"name": "gateway", "identifier": AUDIENCE, "scopes": [{"value": "invoke"}, {"value": "read"}]}
    status, made = send("POST", "/resource-servers", body)
    assert status == 201
    return made


@pytest.fixture
def client(send: Send) -> dict[str, Any]:
    status, made = send("POST", "/clients", {"name": "caller", "app_type": "non_interactive"})
    assert status == 201
    return made


@pytest.mark.usefixtures("api")
def test_an_api_is_found_by_its_escaped_identifier_but_not_by_a_path_of_several_segments(send: Send) -> None:
    assert send("GET", f"/resource-servers/{ESCAPED}")[1]["identifier"] == AUDIENCE
    assert send("GET", f"/resource-servers/{AUDIENCE}")[0] == 404


@pytest.mark.usefixtures("api")
def test_an_api_is_found_by_its_identifier_escaped_twice_as_the_data_source_sends_it(send: Send) -> None:
    status, found = send("GET", f"/resource-servers/{ESCAPED.replace('%', '%25')}")
    assert (status, found["identifier"]) == (200, AUDIENCE)


def test_an_identifier_with_an_escape_in_it_is_taken_as_it_stands(send: Send) -> None:
    send("POST", "/resource-servers", {"identifier": "a%2Fb"})
    assert send("GET", "/resource-servers/a%252Fb")[1]["identifier"] == "a%2Fb"


def test_a_list_comes_with_its_length_where_that_is_asked_for(send: Send) -> None:
    for name in "abc":
        send("POST", "/clients", {"name": name})
    counted = send("GET", "/clients?per_page=50&include_totals=true")[1]
    assert (counted["total"], counted["start"], counted["limit"]) == (4, 0, 4)  # the deployer is the first of all
    assert counted["clients"] == send("GET", "/clients?per_page=50")[1]


def test_what_is_not_played_is_refused_by_name(send: Send) -> None:
    status, error = send("GET", "/roles/1")
    assert (status, error["statusCode"]) == (404, 404)
    assert error["message"] == "The sandbox does not play GET /api/v2/roles/1."


def test_an_api_is_found_by_its_id(send: Send, api: dict[str, Any]) -> None:
    assert send("GET", f"/resource-servers/{api['id']}") == (200, api)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("POST", "/resource-servers", {"identifier": AUDIENCE}, 409, "same identifier"),
        ("POST", "/resource-servers", {"name": "n"}, 400, "Missing required property: identifier"),
        (
            "POST",
            "/resource-servers",
            {"identifier": "x", "scope": []},
            400,
            "Additional properties not allowed: scope",
        ),
        ("POST", "/resource-servers", {"identifier": "x", "id": "1"}, 400, "Additional properties not allowed: id"),
        ("POST", "/resource-servers", {"identifier": "x", "token_dialect": "own"}, 400, "on property token_dialect"),
        ("POST", "/resource-servers", {"identifier": "x", "token_lifetime": 0}, 400, "on property token_lifetime"),
        ("POST", "/resource-servers", {"identifier": "x", "token_lifetime": "60"}, 400, "on property token_lifetime"),
        ("POST", "/resource-servers", [], 400, "not a JSON object"),
        ("PATCH", f"/resource-servers/{ESCAPED}", {"identifier": "y"}, 400, "not allowed: identifier"),
        ("PATCH", f"/resource-servers/{ESCAPED}", {"scopes": [{"value": "a"}] * 2}, 400, "not unique"),
        ("PATCH", "/resource-servers/nowhere", {"name": "n"}, 404, "resource server does not exist"),
        ("GET", "/resource-servers/nowhere", None, 404, "resource server does not exist"),
        ("POST", "/clients", {"name": "<b>"}, 400, "on property name"),
        ("POST", "/clients", {"name": "c", "callbacks": []}, 400, "not allowed: callbacks"),
        (
            "POST",
            "/clients",
            {"name": "c", "app_type": "non_interactive", "token_endpoint_auth_method": "none"},
            400,
            "Invalid grant types: client_credentials",
        ),
        ("GET", "/clients/nobody", None, 404, "client does not exist"),
        ("GET", "/client-grants/cgr_1", None, 404, "client grant does not exist"),
        ("PATCH", "/client-grants/cgr_1", {"scope": []}, 404, "client grant does not exist"),
    ],
)
@pytest.mark.usefixtures("api")
def test_refusals(send: Send, method: str, path: str, body: object, status: int, says: str) -> None:
    answer = send(method, path, body)
    assert answer[0] == answer[1]["statusCode"] == status
    assert says in answer[1]["message"]


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"client_id": "nobody"}, 404, "client does not exist"),
        ({"audience": "nowhere"}, 404, "resource server does not exist"),
        (
            {"scope": ["invoke", "other"]},
            400,
            "Scopes not defined for resource server https://api.example.com/v1: other",
        ),
        ({"scope": ["read", "read"]}, 400, "not unique"),
        ({"allow_all_scopes": True}, 400, "must be empty"),
    ],
)
@pytest.mark.usefixtures("api")
def test_a_grant_needs_what_it_names(
    send: Send, client: dict[str, Any], change: dict[str, object], status: int, says: str
) -> None:
    body = {"client_id": client["client_id"], "audience": AUDIENCE, "scope": ["read"], **change}
    answer = send("POST", "/client-grants", body)
    assert answer[0] == status
    assert says in answer[1]["message"]


@pytest.mark.usefixtures("api")
def test_a_client_has_one_grant_at_an_api(send: Send, client: dict[str, Any]) -> None:
    body = {"client_id": client["client_id"], "audience": AUDIENCE, "scope": ["read", "invoke"]}
    status, made = send("POST", "/client-grants", body)
    assert (status, made["scope"]) == (201, ["read", "invoke"])
    assert "organization_usage" not in made
    assert send("POST", "/client-grants", body)[0] == 409
    query = f"client_id={client['client_id']}&include_totals=true&per_page=50"
    assert send("GET", f"/client-grants?{query}")[1] == {
        "total": 1,
        "start": 0,
        "limit": 1,
        "client_grants": [made],
    }


@pytest.mark.usefixtures("api")
def test_what_is_deleted_takes_its_grants_along(tenant: Auth0Tenant, send: Send, client: dict[str, Any]) -> None:
    send("POST", "/client-grants", {"client_id": client["client_id"], "audience": AUDIENCE, "scope": []})
    assert len(tenant.leftovers()) == 3
    assert send("DELETE", f"/clients/{client['client_id']}") == (204, None)
    assert tenant.leftovers() == [f"auth0 resource server {AUDIENCE}"]
    assert send("DELETE", f"/resource-servers/{ESCAPED}") == (204, None)
    assert tenant.leftovers() == []


def test_the_management_api_itself_cannot_be_changed(tenant: Auth0Tenant, send: Send) -> None:
    system = tenant.state.apis.find(tenant.management_audience)
    assert send("PATCH", f"/resource-servers/{system.id}", {"name": "mine"})[0] == 400
    assert send("DELETE", f"/resource-servers/{system.id}")[0] == 400


def test_the_management_api_wants_a_token_that_allows_the_call(tenant: Auth0Tenant, send: Send) -> None:
    reader, expired = token_that_reads_clients(tenant), token_that_reads_clients(tenant, lifetime=-1)
    assert send("POST", "/clients", {"name": "c"}, token=reader)[0] == 403
    assert send("GET", "/clients/nobody", token=reader)[0] == 404
    assert send("GET", "/clients/nobody", token=expired)[0] == 401
    assert send("GET", "/clients/nobody", token="stolen")[0] == 401


def test_a_secret_is_shown_only_to_those_who_may_read_it(
    tenant: Auth0Tenant, send: Send, client: dict[str, Any]
) -> None:
    reader = token_that_reads_clients(tenant)
    path = f"/clients/{client['client_id']}"
    assert send("GET", path)[1]["client_secret"] == client["client_secret"]
    assert "client_secret" not in send("GET", path, token=reader)[1]


def test_the_deployer_may_send_its_credentials_in_the_body(tenant: Auth0Tenant, http: TestClient, send: Send) -> None:
    form = {"audience": tenant.management_audience, "grant_type": "client_credentials", "client_id": AUTH0_CLIENT_ID}
    response = http.post("/oauth/token", data={**form, "client_secret": AUTH0_CLIENT_SECRET})
    assert send("GET", "/clients/nobody", token=response.json()["access_token"])[0] == 404
    assert http.post("/oauth/token", data={**form, "client_secret": "wrong"}).status_code == 401
    assert http.post("/oauth/token", data=form).status_code == 401


def test_the_deployer_gets_a_management_token(tenant: Auth0Tenant, http: TestClient, send: Send) -> None:
    form = {"audience": tenant.management_audience, "grant_type": "client_credentials"}
    response = http.post("/oauth/token", data=form, auth=(AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET))
    assert send("GET", "/clients/nobody", token=response.json()["access_token"])[0] == 404


def test_an_issued_token_verifies_with_the_published_keys(
    tenant: Auth0Tenant, http: TestClient, send: Send, api: dict[str, Any], client: dict[str, Any]
) -> None:
    send("PATCH", f"/resource-servers/{api['id']}", {"token_dialect": "rfc9068_profile", "token_lifetime": 60})
    send("POST", "/client-grants", {"client_id": client["client_id"], "audience": AUDIENCE, "scope": ["read"]})
    asked = {key: client[key] for key in ("client_id", "client_secret")}
    asked |= {"audience": AUDIENCE, "grant_type": "client_credentials"}
    answer = http.post("/oauth/token", json=asked).json()
    discovery = http.get("/.well-known/openid-configuration").json()
    assert discovery["issuer"] == tenant.issuer
    claims = verified(answer["access_token"], http.get(discovery["jwks_uri"]).json(), AUDIENCE, tenant.issuer)
    assert (claims["client_id"], claims["scope"]) == (client["client_id"], "read")
    assert {key: answer[key] for key in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 60,
        "scope": "read",
    }


def test_a_refused_token_request_says_why(http: TestClient, client: dict[str, Any]) -> None:
    asked = {"client_id": client["client_id"], "client_secret": "wrong", "grant_type": "client_credentials"}
    response = http.post("/oauth/token", json=asked)
    assert (response.status_code, response.json()) == (
        401,
        {"error": "access_denied", "error_description": "Unauthorized"},
    )


@pytest.mark.usefixtures("api")
def test_claims_are_signed_as_they_stand(tenant: Auth0Tenant, http: TestClient) -> None:
    keys = http.get("/.well-known/jwks.json").json()
    claims = {"iss": tenant.issuer, "aud": ["a", AUDIENCE], "exp": int(time.time()) + 60, "extra": 1}
    assert verified(tenant.sign(claims, audience=AUDIENCE), keys, AUDIENCE, tenant.issuer) == claims
    forger = SigningKey()
    forger.kid = tenant.key.kid
    with pytest.raises(jwt.InvalidSignatureError):
        verified(forger.sign(claims), keys, AUDIENCE, tenant.issuer)
    with pytest.raises(LookupError, match="no API elsewhere"):
        tenant.sign(claims, audience="elsewhere")


def token_that_reads_clients(tenant: Auth0Tenant, *, lifetime: int = 60) -> str:
    claims = {"iss": tenant.issuer, "aud": tenant.management_audience, "exp": int(time.time()) + lifetime}
    return tenant.sign({**claims, "scope": "read:clients"}, audience=tenant.management_audience)


def verified(token: str, keys: dict[str, Any], audience: str, issuer: str) -> dict[str, Any]:
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, audience=audience, issuer=issuer)
