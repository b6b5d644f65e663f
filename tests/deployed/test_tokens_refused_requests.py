"""Token requests that the sandbox's providers refuse, and tokens that its gateways refuse: cause and remedy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentcore_auth.tokens.dotenv import Credentials, render
from agentcore_auth.tokens.getting import credentials_of
from sandbox.services import Services
from sandbox.tenants.credentials import OKTA_API_TOKEN
from tests.deployed.conftest import Deploy, Deployment
from tests.unit.token_command import Answer, Command

EVERY_PROVIDER: Mapping[str, Any] = {
    "auth0:domain": "sandbox-tenant.us.auth0.com",
    "okta:orgName": "sandbox-org",
    "identityProviders": ["cognito", "auth0", "okta"],
    "targets": [{"name": "sample", "type": "sample"}],
}
Get = Callable[..., Answer]


@pytest.fixture(scope="module")
def deployed(deploy_for_module: Deploy) -> Deployment:
    return deploy_for_module(EVERY_PROVIDER)


@pytest.fixture
def deployment(services: Services, deployed: Deployment) -> Deployment:  # noqa: ARG001  # the network to reach it by
    return deployed


@pytest.fixture
def get(deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Get:
    """`get` by a provider's credentials, with changes to what is in `.env`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = Command(monkeypatch)

    def asked(provider: str, **changes: str) -> Answer:
        credentials = credentials_of_default(deployment, provider)
        values = {
            "TOKEN_ENDPOINT": credentials.token_endpoint,
            "COGNITO_CLIENT_ID": credentials.client_id,
            "COGNITO_CLIENT_SECRET": credentials.client_secret,
            "SCOPE": credentials.scope or "",
            "AUDIENCE": credentials.audience or "",
            **changes,
        }
        file = tmp_path / "request.env"
        file.write_text(render(values))
        return command("get", "--json", "--env-file", str(file))

    return asked


def credentials_of_default(deployment: Deployment, provider: str) -> Credentials:
    issuer = deployment.outputs.provider(provider)
    return credentials_of(issuer, issuer.client(None))


def refused(answer: Answer) -> tuple[str, str]:
    """Cause and remedy."""
    assert (answer.code, answer.err.count("\n")) == (1, 2)
    error = answer.document["error"]
    return error["cause"], error["remedy"]


def test_a_refused_request_has_its_cause_at_every_provider(get: Get) -> None:
    for provider in ("cognito", "auth0", "okta"):
        assert get(provider).code == 0
        cause, remedy = refused(get(provider, COGNITO_CLIENT_SECRET="wrong"))
        assert (cause, "agentcore-auth env" in remedy) == ("wrong_secret", True)
        cause, remedy = refused(get(provider, SCOPE="not:there"))
        assert (cause, f"{provider}.scopes" in remedy) == ("scope_not_granted", True)
    assert refused(get("auth0", AUDIENCE=""))[0] == "audience_missing"
    cause, remedy = refused(get("auth0", AUDIENCE="https://unknown.example.com"))
    assert (cause, "https://unknown.example.com" in remedy) == ("audience_unknown", True)
    elsewhere = "https://sandbox-org.okta.com/oauth2/default/v1/tokens"
    assert refused(get("okta", TOKEN_ENDPOINT=elsewhere))[0] == "endpoint_wrong"


def test_an_okta_application_that_demands_dpop_is_recognized(get: Get, deployment: Deployment) -> None:
    client = credentials_of_default(deployment, "okta").client_id
    url = f"https://sandbox-org.okta.com/api/v1/apps/{client}"
    administrator = {"Authorization": f"SSWS {OKTA_API_TOKEN}"}
    app = httpx2.get(url, headers=administrator).raise_for_status().json()
    app["settings"]["oauthClient"]["dpop_bound_access_tokens"] = True
    httpx2.put(url, json=app, headers=administrator).raise_for_status()
    cause, remedy = refused(get("okta"))
    app["settings"]["oauthClient"]["dpop_bound_access_tokens"] = False
    httpx2.put(url, json=app, headers=administrator).raise_for_status()
    assert (cause, "Proof of Possession" in remedy) == ("dpop_required", True)


def test_a_cognito_client_without_the_grant_is_recognized(
    get: Get, deployment: Deployment, aws: Callable[[str], Any]
) -> None:
    provider = deployment.outputs.provider("cognito")
    pool = provider.issuer.rpartition("/")[2]
    client = provider.clients["default"].client_id
    which = {"UserPoolId": pool, "ClientId": client}
    before = aws("cognito-idp").describe_user_pool_client(**which)["UserPoolClient"]
    other_flow = {"AllowedOAuthFlows": ["code"], "CallbackURLs": ["https://app.example.com"]}
    aws("cognito-idp").update_user_pool_client(**which, **other_flow, AllowedOAuthFlowsUserPoolClient=True)
    cause, remedy = refused(get("cognito"))
    settings = ("AllowedOAuthFlows", "AllowedOAuthScopes", "AllowedOAuthFlowsUserPoolClient")
    aws("cognito-idp").update_user_pool_client(**which, **{name: before[name] for name in settings})
    assert (cause, "AllowedOAuthFlowsUserPoolClient" in remedy) == ("grant_not_enabled", True)


def test_a_secret_in_secrets_manager_is_read_there(deploy: Deploy) -> None:
    deployment = deploy({**EVERY_PROVIDER, "identityProviders": ["cognito"], "clientSecrets": "secretsManager"})
    client = deployment.outputs.provider("cognito").clients["default"]
    assert client.secret is None
    token = deployment.token("cognito")
    assert deployment.knock("cognito", token).status == 200


MINTED = {
    "expired": ({"exp": -60, "iat": -3660}, 401, "expired"),
    "of an unknown client": ({"client_id": "somebody"}, 401, "client_id_differs"),
    "without a scope": ({"scope": None}, 403, "scope_absent"),
    "from the future": ({"iat": 600, "exp": 3600}, 401, "not_yet_valid"),
}


def test_check_and_gateway_agree(
    deployment: Deployment, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, gateway = deployment.outputs.provider("cognito"), deployment.outputs.gateway("cognito")
    file = tmp_path / "authorizer.json"
    file.write_text(json.dumps(gateway.authorizer))
    check = Command(monkeypatch)
    now = int(time.time())
    good: dict[str, object] = {
        "iss": provider.issuer,
        "client_id": provider.clients["default"].client_id,
        "scope": " ".join(provider.clients["default"].scopes),
        "token_use": "access",
        "iat": now,
        "exp": now + 600,
    }
    for name, (changes, status, cause) in {"good": ({}, 200, None), **MINTED}.items():
        claims = {**good, **{key: now + value if isinstance(value, int) else value for key, value in changes.items()}}
        claims = {key: value for key, value in claims.items() if value is not None}
        token = services.mint(claims, issuer=provider.issuer)
        found = check("check", "--json", "--authorizer", str(file), stdin=token).document
        assert (name, found["status"], found["cause"]) == (name, status, cause)
        assert deployment.knock("cognito", token).status == status
