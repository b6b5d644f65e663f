"""Cognito's token endpoint over moto's pools: what it grants and what it refuses, and the keys that it publishes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import jwt
import pytest

from agentcore_auth.authorizer.verification import verify
from agentcore_auth.tokens.client import TokenRequestError, request_token
from sandbox.services import Services

SCOPES = ["tools/read", "tools/write"]


@dataclass(frozen=True)
class Pool:
    id: str
    token_endpoint: str
    issuer: str
    api: Any

    def client(self, **settings: Any) -> dict[str, str]:
        """A confidential client for client credentials and both scopes, unless the settings say otherwise."""
        usual: dict[str, Any] = {
            "ClientName": "agent",
            "GenerateSecret": True,
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthScopes": SCOPES,
        }
        return self.api.create_user_pool_client(UserPoolId=self.id, **{**usual, **settings})["UserPoolClient"]


@pytest.fixture
def pool(aws: Callable[[str], Any]) -> Pool:
    return make_pool(aws("cognito-idp"))


def make_pool(api: Any) -> Pool:
    pool_id = api.create_user_pool(PoolName="agents")["UserPool"]["Id"]
    scopes = [{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")]
    api.create_resource_server(UserPoolId=pool_id, Identifier="tools", Name="tools", Scopes=scopes)
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    api.create_user_pool_domain(UserPoolId=pool_id, Domain=prefix)
    return Pool(
        pool_id,
        f"https://{prefix}.auth.us-west-2.amazoncognito.com/oauth2/token",
        f"https://cognito-idp.us-west-2.amazonaws.com/{pool_id}",
        api,
    )


def test_issues_tokens_of_cognitos_shape(pool: Pool) -> None:
    client = pool.client(AccessTokenValidity=10, TokenValidityUnits={"AccessToken": "minutes"})
    answer = request_token(pool.token_endpoint, client["ClientId"], client["ClientSecret"])
    claims = jwt.decode(answer.access_token, options={"verify_signature": False})
    assert answer.expires_in == 600
    assert claims.keys() == {
        *("sub", "token_use", "scope", "auth_time", "iss", "exp", "iat", "version", "jti", "client_id")
    }
    assert claims["exp"] - claims["iat"] == 600
    expected = {"token_use": "access", "version": 2, "iss": pool.issuer, "scope": "tools/read tools/write"}
    assert expected.items() <= claims.items()
    assert claims["sub"] == claims["client_id"] == client["ClientId"]


def test_publishes_the_key_that_it_signs_with(pool: Pool) -> None:
    client = pool.client()
    token = request_token(pool.token_endpoint, client["ClientId"], client["ClientSecret"]).access_token
    discovery = httpx2.get(f"{pool.issuer}/.well-known/openid-configuration").json()
    assert discovery["issuer"] == pool.issuer
    assert discovery["token_endpoint"] == pool.token_endpoint
    assert verify(token, httpx2.get(discovery["jwks_uri"]).json())["client_id"] == client["ClientId"]


def test_signs_each_pools_tokens_with_a_key_of_its_own(pool: Pool) -> None:
    issuers = (pool.issuer, make_pool(pool.api).issuer)
    keys = [httpx2.get(f"{issuer}/.well-known/jwks.json").json()["keys"][0] for issuer in issuers]
    assert keys[0]["n"] != keys[1]["n"]


def test_grants_the_scopes_that_are_asked_for(pool: Pool) -> None:
    client = pool.client()
    answer = request_token(pool.token_endpoint, client["ClientId"], client["ClientSecret"], scope="tools/read")
    assert jwt.decode(answer.access_token, options={"verify_signature": False})["scope"] == "tools/read"


def test_takes_the_secret_in_the_body_as_well(pool: Pool) -> None:
    client = pool.client()
    form = {"client_id": client["ClientId"], "client_secret": client["ClientSecret"]}
    answer = httpx2.post(pool.token_endpoint, data={"grant_type": "client_credentials", **form})
    assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")


@pytest.mark.parametrize(
    ("settings", "change", "error"),
    [
        ({}, {"client_secret": "wrong"}, "invalid_client"),
        ({}, {"client_id": "nobody"}, "invalid_client"),
        ({}, {"client_secret": ""}, "invalid_client"),
        ({}, {"client_id": ""}, "invalid_request"),
        ({}, {"scope": "tools/delete"}, "invalid_scope"),
        ({}, {"scope": "tools/read tools/delete"}, "invalid_scope"),
        ({}, {"grant_type": "password"}, "unsupported_grant_type"),
        ({}, {"grant_type": ""}, "invalid_request"),
        ({"AllowedOAuthFlows": ["code"]}, {}, "unauthorized_client"),
        (
            {"AllowedOAuthFlowsUserPoolClient": False, "AllowedOAuthFlows": [], "AllowedOAuthScopes": []},
            {},
            "unauthorized_client",
        ),
    ],
)
def test_refuses_as_cognito_does(pool: Pool, settings: dict[str, Any], change: dict[str, str], error: str) -> None:
    client = pool.client(**settings)
    form = {
        "grant_type": "client_credentials",
        "client_id": client["ClientId"],
        "client_secret": client["ClientSecret"],
        **change,
    }
    answer = httpx2.post(pool.token_endpoint, data=form)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_refuses_a_client_of_another_pool(pool: Pool) -> None:
    client = make_pool(pool.api).client()
    with pytest.raises(TokenRequestError, match="invalid_client"):
        request_token(pool.token_endpoint, client["ClientId"], client["ClientSecret"])


def test_knows_no_domain_after_it_was_deleted(pool: Pool) -> None:
    client = pool.client()
    domain = pool.token_endpoint.removeprefix("https://").partition(".")[0]
    pool.api.delete_user_pool_domain(UserPoolId=pool.id, Domain=domain)
    with pytest.raises(TokenRequestError, match="404"):
        request_token(pool.token_endpoint, client["ClientId"], client["ClientSecret"])


def test_mints_exactly_the_claims_that_are_wanted(pool: Pool, services: Services) -> None:
    token = services.mint({"iss": pool.issuer, "exp": 1}, issuer=pool.issuer)
    keys = httpx2.get(f"{pool.issuer}/.well-known/jwks.json").json()
    assert verify(token, keys) == {"iss": pool.issuer, "exp": 1}
