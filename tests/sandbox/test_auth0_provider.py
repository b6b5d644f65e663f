"""The auth0 provider server over gRPC: it sends what the plugin sends, and gives back what the SDK names."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import grpc
import pytest

from sandbox.credentials import AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_DOMAIN
from sandbox.providers.auth0 import Auth0Provider
from sandbox.providers.values import UNKNOWN
from sandbox.tenants.auth0.tenant import Auth0Tenant
from tests.sandbox.provider_connection import Connection, Recorder, command, connected, secret

API = "auth0:index/resourceServer:ResourceServer"
SCOPES = "auth0:index/resourceServerScopes:ResourceServerScopes"
CLIENT = "auth0:index/client:Client"
CREDENTIALS = "auth0:index/clientCredentials:ClientCredentials"
GRANT = "auth0:index/clientGrant:ClientGrant"
GET_API = "auth0:index/getResourceServer:getResourceServer"

AUDIENCE = "https://api.example.com/v1"
ESCAPED = "https:%2F%2Fapi.example.com%2Fv1"
ESCAPED_TWICE = "https:%252F%252Fapi.example.com%252Fv1"
API_INPUTS = {
    "identifier": AUDIENCE,
    "name": "gateway",
    "signingAlg": "RS256",
    "tokenDialect": "rfc9068_profile_authz",
    "enforcePolicies": True,
}
SCOPES_INPUTS = {"resourceServerIdentifier": AUDIENCE, "scopes": [{"name": "invoke"}, {"name": "read"}]}
CLIENT_INPUTS = {"name": "caller", "appType": "non_interactive", "grantTypes": ["client_credentials"]}


@pytest.fixture
def tenant() -> Auth0Tenant:
    return Auth0Tenant()


@pytest.fixture
def requests(tenant: Auth0Tenant) -> Recorder:
    """Between provider and tenant: what went over the wire."""
    recorder = Recorder(tenant.app)
    tenant.app = recorder  # pyright: ignore[reportAttributeAccessIssue]  any ASGI app will do
    return recorder


@pytest.fixture
def auth0(tenant: Auth0Tenant, requests: Recorder) -> Generator[Connection]:
    del requests
    with connected(Auth0Provider(tenant)) as connection:
        yield connection


@pytest.fixture
def api(auth0: Connection, requests: Recorder) -> str:
    key, _ = auth0.create(API, API_INPUTS)
    auth0.create(SCOPES, SCOPES_INPUTS)
    requests.taken()
    return key


@pytest.fixture
def client(auth0: Connection, requests: Recorder) -> str:
    key, _ = auth0.create(CLIENT, CLIENT_INPUTS)
    requests.taken()
    return key


def test_an_api_from_creation_to_deletion(auth0: Connection, requests: Recorder) -> None:
    key, state = auth0.create(API, API_INPUTS)
    assert requests.taken() == ["POST /api/v2/resource-servers", f"GET /api/v2/resource-servers/{key}"]
    assert {name: state[name] for name in API_INPUTS} == API_INPUTS
    assert (state["tokenLifetime"], state["isSystem"]) == (86_400, False)

    assert auth0.read(API, key, state) == state
    changed = auth0.update(API, key, state, {**API_INPUTS, "tokenLifetime": 600})
    assert changed["tokenLifetime"] == 600
    assert requests.taken()[1:] == [
        f"PATCH /api/v2/resource-servers/{key}",
        f"GET /api/v2/resource-servers/{key}",
    ]
    auth0.delete(API, key, changed)
    assert auth0.read(API, key, changed) is None
    auth0.delete(API, key, changed)


def test_scopes_find_their_api_by_its_escaped_identifier(auth0: Connection, requests: Recorder) -> None:
    auth0.create(API, API_INPUTS)
    requests.taken()
    key, state = auth0.create(SCOPES, SCOPES_INPUTS)
    path = f"/api/v2/resource-servers/{ESCAPED}"
    assert (key, requests.taken()) == (AUDIENCE, [f"GET {path}", f"PATCH {path}", f"GET {path}"])
    assert state["scopes"] == [{"name": "invoke", "description": ""}, {"name": "read", "description": ""}]

    inputs = {**SCOPES_INPUTS, "scopes": [{"name": "write", "description": "Write"}]}
    assert auth0.update(SCOPES, key, state, inputs)["scopes"] == inputs["scopes"]
    auth0.delete(SCOPES, key, state)
    assert auth0.read(SCOPES, key, state) == {"resourceServerIdentifier": AUDIENCE, "scopes": []}


def test_creation_sends_the_plugins_bodies(auth0: Connection, requests: Recorder) -> None:
    auth0.create(API, API_INPUTS)
    auth0.create(SCOPES, SCOPES_INPUTS)
    client, _ = auth0.create(CLIENT, {**CLIENT_INPUTS, "oidcConformant": True, "jwtConfiguration": {"alg": "RS256"}})
    auth0.create(CREDENTIALS, {"clientId": client, "authenticationMethod": "client_secret_post"})
    auth0.create(GRANT, {"clientId": client, "audience": AUDIENCE, "scopes": ["read"], "subjectType": "client"})
    method = {"token_endpoint_auth_method": "client_secret_post"}
    assert requests.documents == [
        {
            "identifier": AUDIENCE,
            "name": "gateway",
            "signing_alg": "RS256",
            "token_dialect": "rfc9068_profile_authz",
            "enforce_policies": True,
        },
        {"scopes": [{"value": "invoke"}, {"value": "read"}]},
        {
            "name": "caller",
            "description": "Managed by Pulumi",
            "app_type": "non_interactive",
            "grant_types": ["client_credentials"],
            "oidc_conformant": True,
            "jwt_configuration": {"alg": "RS256"},
            **method,
        },
        method,
        {"client_id": client, "audience": AUDIENCE, "scope": ["read"], "subject_type": "client"},
    ]


def test_scopes_of_somebody_else_are_left_alone(auth0: Connection, tenant: Auth0Tenant) -> None:
    tenant.state.apis.create({"identifier": AUDIENCE, "scopes": [{"value": "theirs"}]})
    with pytest.raises(grpc.RpcError, match="Resource Server with non empty scopes"):
        auth0.create(SCOPES, SCOPES_INPUTS)


@pytest.mark.usefixtures("api")
def test_a_machine_and_its_secret(auth0: Connection, requests: Recorder, tenant: Auth0Tenant) -> None:
    key, state = auth0.create(CLIENT, {**CLIENT_INPUTS, "jwtConfiguration": {"alg": "RS256"}})
    assert requests.taken() == ["POST /api/v2/clients", f"GET /api/v2/clients/{key}"]
    assert (state["clientId"], state["description"]) == (key, "Managed by Pulumi")
    assert "clientSecret" not in state
    refreshed = auth0.read(CLIENT, key, state)
    assert refreshed is not None
    assert refreshed["jwtConfiguration"] == {"alg": "RS256"}
    requests.taken()

    inputs = {"clientId": key, "authenticationMethod": "client_secret_basic"}
    _, credentials = auth0.create(CREDENTIALS, inputs)
    path = f"/api/v2/clients/{key}"
    assert requests.taken() == [f"GET {path}?fields=client_id&include_fields=true", f"PATCH {path}", f"GET {path}"]
    assert secret(credentials["clientSecret"]) == tenant.state.clients[key].client_secret
    assert tenant.state.clients[key].token_endpoint_auth_method == "client_secret_basic"

    changed = auth0.update(CREDENTIALS, key, credentials, {**inputs, "authenticationMethod": "client_secret_post"})
    assert secret(changed["clientSecret"]) == secret(credentials["clientSecret"])
    requests.taken()
    auth0.delete(CREDENTIALS, key, changed)
    assert requests.taken() == [
        f"GET {path}?fields=client_id%2Capp_type&include_fields=true",
        f"GET {path}/credentials?include_totals=true&per_page=50",
        f"PATCH {path}",
    ]
    auth0.delete(CLIENT, key, state)
    assert auth0.read(CLIENT, key, state) is None


@pytest.mark.usefixtures("api")
def test_a_grant_from_creation_to_deletion(auth0: Connection, client: str, requests: Recorder) -> None:
    inputs = {"clientId": client, "audience": AUDIENCE, "scopes": ["read", "invoke"], "subjectType": "client"}
    key, state = auth0.create(GRANT, inputs)
    audience = "https%3A%2F%2Fapi.example.com%2Fv1"
    assert requests.taken() == [
        f"GET /api/v2/client-grants?audience={audience}&client_id={client}&include_totals=true&per_page=50",
        "POST /api/v2/client-grants",
        f"GET /api/v2/client-grants/{key}",
    ]
    assert state == {**inputs, "isSystem": False}
    changed = auth0.update(GRANT, key, state, {**inputs, "scopes": ["read"]})
    assert changed["scopes"] == ["read"]
    auth0.delete(GRANT, key, changed)
    assert auth0.read(GRANT, key, changed) is None


@pytest.mark.usefixtures("api")
def test_a_grant_that_exists_is_taken_over_as_it_is(
    auth0: Connection, client: str, requests: Recorder, tenant: Auth0Tenant
) -> None:
    existing = tenant.state.grants.create({"client_id": client, "audience": AUDIENCE, "scope": ["read"]})
    key, state = auth0.create(GRANT, {"clientId": client, "audience": AUDIENCE, "scopes": ["invoke"]})
    assert (key, state["scopes"]) == (existing.id, ["read"])
    assert not any(request.startswith("POST") for request in requests.taken())


@pytest.mark.usefixtures("api")
def test_a_refusal_of_the_service_reaches_the_user(auth0: Connection, client: str) -> None:
    with pytest.raises(grpc.RpcError, match=r"400 Bad Request: Scopes not defined for resource server .*: other"):
        auth0.create(GRANT, {"clientId": client, "audience": AUDIENCE, "scopes": ["other"]})


def test_an_api_is_looked_up_with_its_scopes(auth0: Connection, api: str, requests: Recorder) -> None:
    """The plugin's data source escapes an identifier twice."""
    found = auth0.invoke(GET_API, {"identifier": AUDIENCE})
    assert requests.taken() == [f"GET /api/v2/resource-servers/{ESCAPED_TWICE}"]
    assert (found["id"], found["tokenDialect"]) == (api, "rfc9068_profile_authz")
    assert [scope["name"] for scope in found["scopes"]] == ["invoke", "read"]
    assert auth0.invoke(GET_API, {"resourceServerId": api})["identifier"] == AUDIENCE


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"identifier": "nowhere"}, "404 Not Found"),
        ({}, "give identifier or resourceServerId"),
        ({"name": "gateway"}, "does not take argument name"),
    ],
)
def test_a_lookup_is_refused(auth0: Connection, arguments: dict[str, str], says: str) -> None:
    with pytest.raises(grpc.RpcError, match=says):
        auth0.invoke(GET_API, arguments)


@pytest.mark.parametrize(
    ("token", "inputs", "says"),
    [
        (API, {**API_INPUTS, "lifetime": 1}, "lifetime: unknown property"),
        (API, {**API_INPUTS, "signingSecret": "x"}, "does not support this property"),
        (API, {"name": "gateway"}, "identifier: is required"),
        (CLIENT, {"name": "caller", "appType": "spa"}, "non_interactive only"),
        (CREDENTIALS, {"clientId": "id", "authenticationMethod": "private_key_jwt"}, "client_secret_basic only"),
        (GRANT, {"audience": AUDIENCE, "clientId": "id"}, "scopes: give the scopes"),
        (GRANT, {"audience": AUDIENCE, "scopes": []}, "clientId: give the client"),
    ],
)
def test_inputs_that_the_plugin_or_the_sandbox_does_not_take(
    auth0: Connection, token: str, inputs: dict[str, Any], says: str
) -> None:
    [mistake] = auth0.mistakes(token, inputs)
    assert says in mistake


@pytest.mark.parametrize(
    ("token", "inputs", "change", "replaced"),
    [
        (API, API_INPUTS, {"identifier": "other"}, ["identifier"]),
        (API, API_INPUTS, {"tokenDialect": "access_token"}, []),
        (SCOPES, SCOPES_INPUTS, {"resourceServerIdentifier": "other"}, ["resourceServerIdentifier"]),
        (GRANT, {"clientId": "a", "audience": "x", "scopes": []}, {"clientId": "b"}, ["clientId"]),
        (GRANT, {"clientId": "a", "audience": "x", "scopes": []}, {"scopes": ["read"]}, []),
    ],
)
def test_what_replaces_a_resource(
    auth0: Connection, token: str, inputs: dict[str, Any], change: dict[str, Any], replaced: list[str]
) -> None:
    assert auth0.replaces(token, inputs, {**inputs, **change}) == replaced


def test_a_lifetime_that_leaves_the_program_stays_as_it_is(auth0: Connection) -> None:
    given = {**API_INPUTS, "tokenLifetime": 600}
    key, state = auth0.create(API, given)
    assert auth0.changes(API, given, API_INPUTS) == []
    renamed = {**API_INPUTS, "name": "renamed"}
    assert auth0.changes(API, given, renamed) == ["name"]
    assert auth0.update(API, key, state, renamed)["tokenLifetime"] == 600


def test_a_preview_asks_nothing_and_knows_no_ids(auth0: Connection, requests: Recorder) -> None:
    assert auth0.preview(CLIENT, CLIENT_INPUTS)["clientId"] == UNKNOWN
    assert requests.taken() == []


def test_a_client_id_and_secret_get_one_token_for_all_requests(tenant: Auth0Tenant, requests: Recorder) -> None:
    config = {"clientId": AUTH0_CLIENT_ID, "clientSecret": AUTH0_CLIENT_SECRET, "domain": f"https://{AUTH0_DOMAIN}"}
    with connected(Auth0Provider(tenant, environment={}), config) as auth0:
        auth0.create(CLIENT, CLIENT_INPUTS)
    assert requests.taken()[:2] == ["POST /oauth/token", "POST /api/v2/clients"]
    assert requests.taken() == []


def test_a_deployer_that_may_not_use_basic_authentication_is_tried_in_the_body(
    tenant: Auth0Tenant, requests: Recorder
) -> None:
    with connected(Auth0Provider(tenant)) as auth0:
        client, _ = auth0.create(CLIENT, CLIENT_INPUTS)
        method = {"clientId": client, "authenticationMethod": "client_secret_post"}
        _, credentials = auth0.create(CREDENTIALS, method)
        scopes = ["create:clients", "read:clients"]
        auth0.create(GRANT, {"clientId": client, "audience": tenant.management_audience, "scopes": scopes})
    requests.taken()
    config = {"clientId": client, "clientSecret": credentials["clientSecret"], "domain": AUTH0_DOMAIN}
    with connected(Auth0Provider(tenant, environment={}), config) as auth0:
        auth0.create(CLIENT, {**CLIENT_INPUTS, "name": "another"})
    assert requests.taken()[:3] == ["POST /oauth/token", "POST /oauth/token", "POST /api/v2/clients"]


def test_an_audience_of_the_configurations_own_is_asked_for(tenant: Auth0Tenant) -> None:
    config = {"clientId": AUTH0_CLIENT_ID, "clientSecret": AUTH0_CLIENT_SECRET, "audience": "https://elsewhere/"}
    with (
        connected(Auth0Provider(tenant), config) as auth0,
        pytest.raises(grpc.RpcError, match="failed to retrieve an access token"),
    ):
        auth0.create(CLIENT, CLIENT_INPUTS)


@pytest.mark.parametrize(
    ("environment", "says", "asked"),
    [
        ({}, "", "POST /api/v2/clients"),
        (
            {
                "AUTH0_DOMAIN": AUTH0_DOMAIN,
                "AUTH0_CLIENT_ID": AUTH0_CLIENT_ID,
                "AUTH0_CLIENT_SECRET": AUTH0_CLIENT_SECRET,
            },
            "",
            "POST /oauth/token",
        ),
        ({"AUTH0_DOMAIN": AUTH0_DOMAIN, "AUTH0_API_TOKEN": "stolen"}, "Invalid token", "POST /api/v2/clients"),
        ({"AUTH0_DOMAIN": "real.us.auth0.com", "AUTH0_API_TOKEN": "t"}, "no tenant real.us.auth0.com", ""),
        ({"AUTH0_DOMAIN": AUTH0_DOMAIN}, "no credentials", ""),
    ],
)
def test_the_commands_variables_configure_the_provider(
    tenant: Auth0Tenant, requests: Recorder, environment: dict[str, str], says: str, asked: str
) -> None:
    refused = command(Auth0Provider(tenant), environment, (CLIENT, CLIENT_INPUTS))
    assert says in refused
    assert bool(refused) == bool(says)
    assert requests.taken()[:1] == [asked][: len(asked)]


def test_the_secret_is_empty_where_the_deployer_may_not_read_it(tenant: Auth0Tenant) -> None:
    audience = tenant.management_audience
    claims = {"iss": tenant.issuer, "aud": audience, "exp": int(time.time()) + 3600}
    token = tenant.sign({**claims, "scope": "create:clients read:clients update:clients"}, audience=audience)
    with connected(Auth0Provider(tenant), {"apiToken": token}) as auth0:
        client, _ = auth0.create(CLIENT, CLIENT_INPUTS)
        inputs = {"clientId": client, "authenticationMethod": "client_secret_post"}
        assert secret(auth0.create(CREDENTIALS, inputs)[1]["clientSecret"]) == ""


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"apiToken": "t"}, "no domain: set auth0:domain or AUTH0_DOMAIN"),
        ({"domain": AUTH0_DOMAIN}, "no credentials: set auth0:clientId and auth0:clientSecret"),
        ({"domain": "real.us.auth0.com", "apiToken": "t"}, "no tenant real.us.auth0.com"),
    ],
)
def test_a_configuration_that_leads_nowhere(tenant: Auth0Tenant, config: dict[str, str], says: str) -> None:
    with pytest.raises(grpc.RpcError, match=says), connected(Auth0Provider(tenant, environment={}), config):
        pass


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"apiToken": "stolen"}, "401 Unauthorized: Invalid token"),
        ({"clientId": AUTH0_CLIENT_ID, "clientSecret": "wrong"}, "failed to retrieve an access token"),
    ],
)
def test_credentials_that_open_nothing(tenant: Auth0Tenant, config: dict[str, str], says: str) -> None:
    with (
        connected(Auth0Provider(tenant), config) as auth0,
        pytest.raises(grpc.RpcError, match=says),
    ):
        auth0.create(CLIENT, CLIENT_INPUTS)
