"""What an Auth0 tenant grants, and what its tokens say in each dialect."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.tenants.auth0.state import Client, ResourceServer, State
from sandbox.tenants.auth0.tokens import claims_of, decide, token_type_of
from sandbox.tenants.token_request import OAuthError, TokenRequest

AUDIENCE = "gateway123"
ISSUER = "https://tenant.us.auth0.com/"


@pytest.fixture
def state() -> State:
    state = State()
    for identifier in (AUDIENCE, "ungranted"):
        state.apis.create(
            {"identifier": identifier, "scopes": [{"value": "invoke"}, {"value": "read"}, {"value": "x"}]}
        )
    return state


@pytest.fixture
def client(state: State) -> Client:
    client = state.clients.create({"name": "caller", "app_type": "non_interactive"})
    state.grants.create({"client_id": client.client_id, "audience": AUDIENCE, "scope": ["invoke", "read"]})
    return client


@pytest.fixture
def request_of(client: Client) -> TokenRequest:
    return TokenRequest(
        grant_type="client_credentials",
        client_id=client.client_id,
        client_secret=client.client_secret,
        method="client_secret_post",
        scopes=(),
        audience=AUDIENCE,
    )


def test_a_request_without_scopes_gets_all_that_are_granted(state: State, request_of: TokenRequest) -> None:
    assert tuple(decide(request_of, state)[1]) == ("invoke", "read")


def test_a_request_gets_the_scopes_that_it_names(state: State, request_of: TokenRequest) -> None:
    assert decide(replace(request_of, scopes=("read",)), state)[1] == ("read",)


def test_a_grant_of_all_scopes_follows_the_api(state: State, request_of: TokenRequest) -> None:
    [grant] = state.grants.search({"client_id": request_of.client_id})
    state.grants.modify(grant, {"allow_all_scopes": True, "scope": []})
    assert tuple(decide(request_of, state)[1]) == ("invoke", "read", "x")


@pytest.mark.parametrize(
    ("change", "status", "error", "says"),
    [
        ({"client_secret": "wrong"}, 401, "access_denied", "Unauthorized"),
        ({"client_id": "unknown"}, 401, "access_denied", "Unauthorized"),
        ({"method": "client_secret_basic"}, 401, "access_denied", "Unauthorized"),
        ({"method": "none", "client_secret": ""}, 401, "access_denied", "Unauthorized"),
        ({"client_id": ""}, 400, "invalid_request", "client_id"),
        ({"grant_type": ""}, 400, "invalid_request", "grant_type"),
        ({"grant_type": "password"}, 403, "unsupported_grant_type", "password"),
        ({"audience": None}, 403, "access_denied", "Non-global clients"),
        ({"audience": "nowhere"}, 403, "access_denied", "Service not enabled within domain: nowhere"),
        ({"audience": "ungranted"}, 403, "access_denied", 'need to create a "client-grant"'),
        ({"scopes": ("read", "x")}, 403, "access_denied", "Client has not been granted scopes: x"),
    ],
)
def test_what_is_refused(
    state: State, request_of: TokenRequest, change: dict[str, object], status: int, error: str, says: str
) -> None:
    with pytest.raises(OAuthError) as refused:
        decide(replace(request_of, **change), state)  # pyright: ignore[reportArgumentType]  the table is mixed
    assert (refused.value.status, refused.value.error) == (status, error)
    assert says in refused.value.description


def test_a_deleted_client_is_refused(state: State, request_of: TokenRequest) -> None:
    state.clients.remove(state.clients[request_of.client_id])
    with pytest.raises(OAuthError, match="Unauthorized"):
        decide(request_of, state)


def test_a_client_without_the_grant_type_is_refused(state: State, request_of: TokenRequest) -> None:
    state.clients.modify(state.clients[request_of.client_id], {"grant_types": ["authorization_code"]})
    with pytest.raises(OAuthError, match="unauthorized_client"):
        decide(request_of, state)


def test_a_scope_that_the_api_gave_up_is_not_granted_any_more(state: State, request_of: TokenRequest) -> None:
    state.apis.modify(state.apis.find(AUDIENCE), {"scopes": [{"value": "invoke"}]})
    assert tuple(decide(request_of, state)[1]) == ("invoke",)


@pytest.mark.parametrize(
    ("dialect", "typ", "own"),
    [
        ("access_token", "JWT", {"azp": "id", "gty": "client-credentials"}),
        ("access_token_authz", "JWT", {"azp": "id", "gty": "client-credentials", "permissions": ["a", "b"]}),
        ("rfc9068_profile", "at+jwt", {"client_id": "id", "jti": "…"}),
        ("rfc9068_profile_authz", "at+jwt", {"client_id": "id", "jti": "…", "permissions": ["a", "b"]}),
    ],
)
def test_a_token_speaks_its_apis_dialect(dialect: str, typ: str, own: dict[str, object]) -> None:
    api = api_with({"token_dialect": dialect, "enforce_policies": True})
    claims = claims_of("id", api, ["a", "b"], issuer=ISSUER)
    common = {"iss": ISSUER, "sub": "id@clients", "aud": AUDIENCE, "scope": "a b"}
    assert {**claims, **({"jti": "…"} if "jti" in claims else {})} == {**common, **own}
    assert token_type_of(api) == typ


def test_permissions_need_enforced_policies() -> None:
    api = api_with({"token_dialect": "rfc9068_profile_authz", "enforce_policies": False})
    assert "permissions" not in claims_of("id", api, ["a"], issuer=ISSUER)


def test_a_token_without_scopes_has_no_scope_claim() -> None:
    assert "scope" not in claims_of("id", api_with({}), [], issuer=ISSUER)


def api_with(fields: dict[str, object]) -> ResourceServer:
    return ResourceServer.model_validate({"id": "1", "identifier": AUDIENCE, "name": "API", **fields})
