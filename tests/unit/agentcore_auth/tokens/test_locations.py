"""For a wrong discovery URL, the one that was likely meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcore_auth.authorizer.checking import discovery_url_of, issuer_of
from agentcore_auth.tokens.locations import likely_url, problem_of_endpoint

OKTA = "https://dev-org.okta.com/oauth2/default/.well-known/openid-configuration"
AUTH0 = "https://dev-tenant.us.auth0.com/.well-known/openid-configuration"
POOL = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_gmSGKKGr9/.well-known/openid-configuration"
SOME_POOL = "https://cognito-idp.us-west-2.amazonaws.com/<UserPoolId>/.well-known/openid-configuration"
ENTRA = "https://login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration"

LIKELY = {
    "Okta without /oauth2/default": ("https://dev-org.okta.com/.well-known/openid-configuration", OKTA),
    "Okta's org alone": ("https://dev-org.okta.com", OKTA),
    "Okta's admin console": ("https://dev-org-admin.okta.com/admin/oauth2/as/default", OKTA),
    "Okta without .well-known": ("https://dev-org.okta.com/oauth2/default", OKTA),
    "Okta with /oauth2 only": ("https://dev-org.okta.com/oauth2/.well-known/openid-configuration", OKTA),
    "Okta's token endpoint": ("https://dev-org.okta.com/oauth2/default/v1/token", OKTA),
    "Okta's metadata URI": ("https://dev-org.okta.com/oauth2/default/.well-known/oauth-authorization-server", OKTA),
    "the metadata URI of RFC 8414": (
        "https://dev-org.okta.com/.well-known/oauth-authorization-server/oauth2/default",
        OKTA,
    ),
    "Auth0's domain alone": ("dev-tenant.us.auth0.com", AUTH0),
    "Auth0's issuer": ("https://dev-tenant.us.auth0.com/", AUTH0),
    "Auth0's token endpoint": ("https://dev-tenant.us.auth0.com/oauth/token", AUTH0),
    "Auth0 with two slashes": ("https://dev-tenant.us.auth0.com//.well-known/openid-configuration", AUTH0),
    "Auth0 without https": ("http://dev-tenant.us.auth0.com/.well-known/openid-configuration", AUTH0),
    "Auth0's key set": ("https://dev-tenant.us.auth0.com/.well-known/jwks.json", AUTH0),
    "a slash at the end": (f"{AUTH0}/", AUTH0),
    "a query": (f"{AUTH0}?client_id=x", AUTH0),
    "in quotes": (f'"{AUTH0}"', AUTH0),
    "the Cognito domain instead of the issuer": (
        "https://my-prefix.auth.us-west-2.amazoncognito.com/.well-known/openid-configuration",
        SOME_POOL,
    ),
    "the Cognito domain that shows the pool's id": (
        "https://us-west-2gmSGKKGr9.auth.us-west-2.amazoncognito.com",
        POOL,
    ),
    "the pool's id for a Cognito domain": ("https://us-west-2_gmSGKKGr9.auth.us-west-2.amazoncognito.com", POOL),
    "the Cognito domain in lower case": ("https://us-west-2gmsgkkgr9.auth.us-west-2.amazoncognito.com", SOME_POOL),
    "Cognito's token endpoint": ("https://p.auth.us-west-2.amazoncognito.com/oauth2/token", SOME_POOL),
    "Cognito without the pool": (
        "https://cognito-idp.us-west-2.amazonaws.com/.well-known/openid-configuration",
        SOME_POOL,
    ),
    "Cognito without .well-known": ("https://cognito-idp.us-west-2.amazonaws.com/us-west-2_gmSGKKGr9", POOL),
    "Entra's authorize endpoint": ("https://login.microsoftonline.com/tenant/v2.0", ENTRA),
}


@pytest.mark.parametrize(("wrong", "right"), LIKELY.values(), ids=LIKELY.keys())
def test_a_wrong_discovery_url_has_a_likely_right_one(wrong: str, right: str) -> None:
    assert likely_url(wrong) == right


@pytest.mark.parametrize(
    "right", [OKTA, AUTH0, POOL, ENTRA, "https://sso.example.com/realms/x/.well-known/openid-configuration"]
)
def test_a_right_discovery_url_stays(right: str) -> None:
    assert likely_url(right) == right


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(text: str) -> None:
    likely_url(text)


ISSUERS = [
    ("https://cognito-idp.us-west-2.amazonaws.com/us-west-2_gmSGKKGr9", {}),
    ("https://dev-tenant.us.auth0.com/", {}),
    ("https://dev-org.okta.com/oauth2/default", {}),
    ("https://login.example.com/", {"iss": "https://login.example.com/"}),
    ("https://login.example.com", {"iss": "https://login.example.com"}),
    ("https://login.example.com", {"iss": "https://elsewhere.example.com/"}),
]


@pytest.mark.parametrize(("issuer", "claims"), ISSUERS)
def test_an_issuer_follows_from_its_discovery_url(issuer: str, claims: dict[str, object]) -> None:
    assert issuer_of(discovery_url_of(issuer), claims) == issuer


def test_an_issuer_follows_from_a_metadata_url_in_both_forms() -> None:
    issuer = "https://dev-org.okta.com/oauth2/default"
    assert issuer_of(f"{issuer}/.well-known/oauth-authorization-server", {}) == issuer
    assert issuer_of("https://dev-org.okta.com/.well-known/oauth-authorization-server/oauth2/default", {}) == issuer


ENDPOINTS = {
    "a pool's id for a domain": (
        "https://us-west-2_gmSGKKGr9.auth.us-west-2.amazoncognito.com/oauth2/token",
        "is us-west-2gmsgkkgr9.auth.us-west-2.amazoncognito.com",
    ),
    "an org that nobody put in": ("https://ORG.okta.com/oauth2/default/v1/token", "placeholder ORG"),
    "a tenant that nobody put in": (
        "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
        "placeholder TENANT",
    ),
}


@pytest.mark.parametrize(("url", "problem"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_what_shows_in_a_token_endpoint_is_said_before_it_is_asked(url: str, problem: str) -> None:
    assert problem in (problem_of_endpoint(url) or "")


@pytest.mark.parametrize("url", ["https://p.auth.us-west-2.amazoncognito.com/oauth2/token", "https://[::", "no URL"])
def test_of_other_token_endpoints_nothing_is_said(url: str) -> None:
    assert problem_of_endpoint(url) is None
