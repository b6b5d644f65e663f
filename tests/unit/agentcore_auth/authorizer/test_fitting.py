"""Authorizers that fit a token: each lets it in, the tightest first, and the settings accept the configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

import settings
from agentcore_auth.authorizer.causes import Cause, TokenError
from agentcore_auth.authorizer.fitting import PROJECT, fitting
from agentcore_auth.authorizer.model import CustomClaim
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.cli.suggest import as_yaml
from idp.oidc import Oidc
from tests.unit.issued_tokens import (
    AUTH0_CLIENT,
    COGNITO_CLIENT,
    NOW,
    OKTA_CLIENT,
    auth0,
    auth0_plain,
    cognito,
    okta,
)

TARGETS = '[{"name": "echo", "type": "sample"}]'
OTHER = """    other:
      discoveryUrl: https://login.example.com/.well-known/openid-configuration
      allowedAudience: [other]
"""
TOKENS = {
    "Cognito": cognito(),
    "Auth0": auth0(),
    "Auth0 with azp": auth0_plain(),
    "Auth0 for two audiences": auth0(aud=["gateway123", "https://dev-tenant.us.auth0.com/userinfo"]),
    "Okta": okta(),
    "Okta with client_id": okta(client_id=OKTA_CLIENT),
    "an audience only": {"iss": "https://sso.example.com/realms/a", "aud": "gateway", "exp": NOW + 60},
}


@pytest.mark.parametrize("claims", TOKENS.values(), ids=TOKENS.keys())
def test_every_suggestion_lets_the_token_in(claims: dict[str, object]) -> None:
    found = fitting(claims)
    assert found
    for authorizer in found:
        assert judge(authorizer, claims, issuer=str(claims["iss"]), now=NOW).status == 200


def test_the_tightest_suggestion_pins_all_that_the_token_offers() -> None:
    tightest = fitting(auth0())[0]
    assert tightest.allowed_audience == ("gateway123",)
    assert tightest.allowed_clients == (AUTH0_CLIENT,)
    assert tightest.allowed_scopes == ("invoke:gateway", "read:gateway")
    assert fitting(cognito())[0].allowed_clients == (COGNITO_CLIENT,)
    assert fitting(cognito())[0].allowed_audience == ()


def test_a_client_in_another_claim_is_pinned_by_a_custom_claim() -> None:
    assert fitting(okta())[0].custom_claims == (CustomClaim("cid", (OKTA_CLIENT,)),)
    assert fitting(auth0_plain())[0].custom_claims == (CustomClaim("azp", (AUTH0_CLIENT,)),)


def test_suggestions_get_looser() -> None:
    lists = [
        sum(bool(values) for values in (a.allowed_audience, a.allowed_clients, a.allowed_scopes, a.custom_claims))
        for a in fitting(auth0())
    ]
    assert lists == sorted(lists, reverse=True)
    assert lists[0] == 3


@pytest.mark.parametrize("claims", TOKENS.values(), ids=TOKENS.keys())
def test_the_settings_accept_the_suggested_configuration(claims: dict[str, object]) -> None:
    for authorizer in fitting(claims):
        file = f"config:\n  {PROJECT}:identityProviders: [other, existing]\n  {PROJECT}:oidc:\n{OTHER}"
        pasted = yaml.safe_load(file + as_yaml(authorizer, "existing"))["config"]
        flat = {key: json.dumps(value) for key, value in pasted.items()}
        loaded = settings.load(
            {**flat, "aws:region": "us-west-2", f"{PROJECT}:gateway": '{"name": "gw"}', f"{PROJECT}:targets": TARGETS},
            secret_keys=frozenset(),
            environment={},
            project=Path(),
        )
        assert list(loaded.providers) == ["other", "existing"]
        issuer = loaded.providers["existing"]
        assert isinstance(issuer, Oidc)
        assert issuer.discovery_url == authorizer.discovery_url
        assert tuple(issuer.allowed_clients or ()) == authorizer.allowed_clients
        assert [(claim.name, claim.equals) for claim in issuer.custom_claims or ()] == [
            (claim.name, claim.value) for claim in authorizer.custom_claims
        ]


@pytest.mark.parametrize(
    ("claims", "cause"),
    [
        (cognito(token_use="id"), Cause.ID_TOKEN),
        (cognito(iss=None), Cause.OTHER_ISSUER),
        (cognito(iss="http://sso.example.com"), Cause.DISCOVERY_URL_FORM),
        (cognito(iss="sso.example.com"), Cause.DISCOVERY_URL_FORM),
        ({"iss": "https://sso.example.com", "sub": "x"}, Cause.NO_LIST),
    ],
)
def test_a_token_that_nothing_fits_has_a_cause(claims: dict[str, object], cause: Cause) -> None:
    with pytest.raises(TokenError) as refused:
        fitting(claims)
    assert refused.value.cause is cause


def test_what_is_to_be_pasted_replaces_no_list_of_the_stack() -> None:
    pasted = as_yaml(fitting(cognito())[0], "partner")
    assert list(yaml.safe_load(pasted)) == ["partner"]
    assert "# add partner to identityProviders" in pasted
