"""Which family an issuer belongs to, and which lists its tokens can never satisfy."""

from __future__ import annotations

from typing import Any

import pytest

from agentcore_auth.authorizer import families
from agentcore_auth.authorizer.families import Family, contradictions, doubts, fitting_lists, presence, recognize

TENANT = "11111111-aaaa-4bbb-8ccc-222222222222"
KNOWN = [
    ("https://cognito-idp.us-west-2.amazonaws.com/us-west-2_gmSGKKGr9", families.COGNITO, "="),
    ("https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_a", families.COGNITO, "="),
    ("https://acme.us.auth0.com", families.AUTH0, "https://acme.us.auth0.com/"),
    ("https://acme.us.auth0.com/", families.AUTH0, "="),
    ("https://acme.okta.com/oauth2/default", families.OKTA, "="),
    ("https://acme.oktapreview.com/oauth2/aus1", families.OKTA, "="),
    ("https://acme.okta.com", families.OKTA_ORG, "="),
    ("https://acme.okta-gov.com/", families.OKTA_ORG, "https://acme.okta-gov.com"),
    (f"https://login.microsoftonline.com/{TENANT}/v2.0", families.ENTRA_V2, "="),
    (f"https://login.microsoftonline.us/{TENANT}/v2.0", families.ENTRA_V2, "="),
    (f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0", families.ENTRA_V2, "="),
    ("https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0", families.ENTRA_V2, None),
    (f"https://login.microsoftonline.com/{TENANT}", families.ENTRA_V1, f"https://sts.windows.net/{TENANT}/"),
    (f"https://login.microsoftonline.us/{TENANT}", families.ENTRA_V1, None),
    ("https://login.microsoftonline.com/contoso.onmicrosoft.com", families.ENTRA_V1, None),
    (f"https://sts.windows.net/{TENANT}/", families.ENTRA_V1, "="),
    ("https://login.microsoftonline.com/common/v2.0", families.ENTRA_MANY_TENANTS, None),
    ("https://login.microsoftonline.com/organizations", families.ENTRA_MANY_TENANTS, None),
    (
        f"https://contoso.ciamlogin.com/{TENANT}/v2.0",
        families.EXTERNAL_ID,
        f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0",
    ),
    ("https://contoso.ciamlogin.com/contoso.onmicrosoft.com/v2.0", families.EXTERNAL_ID, None),
    ("https://acme.b2clogin.com/acme.onmicrosoft.com/B2C_1A_machines/v2.0", families.B2C, None),
    ("https://kc.acme.example/realms/agents", families.KEYCLOAK, "="),
    ("https://kc.acme.example/auth/realms/agents", families.KEYCLOAK, "="),
    (f"https://auth.pingone.eu/{TENANT}/as", families.PINGONE, "="),
    ("https://accounts.google.com", families.GOOGLE, "="),
]


@pytest.mark.parametrize(("issuer", "family", "named"), KNOWN, ids=[row[0] for row in KNOWN])
def test_a_family_is_recognized_by_issuer_and_by_discovery_url(issuer: str, family: Family, named: str | None) -> None:
    discovery_url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    for url in (issuer, discovery_url):
        found = recognize(url)
        assert found is not None
        assert found.family is family
        if named != "=":
            assert found.issuer == named
    assert named != "=" or getattr(recognize(issuer), "issuer", None) == issuer


def test_rfc_8414_puts_the_suffix_in_front_of_the_path() -> None:
    found = recognize("https://acme.okta.com/.well-known/oauth-authorization-server/oauth2/default")
    assert found is not None
    assert (found.family, found.issuer) == (families.OKTA, "https://acme.okta.com/oauth2/default")


@pytest.mark.parametrize(
    "url",
    [
        "https://login.acme.example",
        "https://acme.auth0.com.evil.example/",
        "https://evil.example/login.microsoftonline.com/common/v2.0",
        "http://acme.okta.com",
        "https://user@acme.okta.com/",
        "acme.okta.com",
        "",
    ],
)
def test_what_is_not_known_is_no_family(url: str) -> None:
    assert recognize(url) is None


AUDIENCE: dict[str, Any] = {"allowed_audience": ["gateway"]}
CLIENTS: dict[str, Any] = {"allowed_clients": ["agent"]}
SCOPES: dict[str, Any] = {"allowed_scopes": ["invoke"]}


def claims(*names: str) -> dict[str, Any]:
    return {"custom_claim_names": names}


NEVER = [
    (families.COGNITO, {**AUDIENCE, **CLIENTS}, ["allowedAudience"]),
    (families.COGNITO, claims("azp"), ["customClaims"]),
    (families.COGNITO, claims("aud"), ["customClaims"]),
    (families.ENTRA_V2, claims("scp"), ["customClaims"]),
    (families.COGNITO, claims("scope", "token_use"), []),
    (families.COGNITO, {**CLIENTS, **SCOPES}, []),
    (families.AUTH0, {**AUDIENCE, **CLIENTS, **SCOPES}, []),
    (families.AUTH0, claims("cid"), ["customClaims"]),
    (families.OKTA, {**AUDIENCE, **CLIENTS, **claims("cid")}, []),
    (families.OKTA_ORG, AUDIENCE, ["discoveryUrl"]),
    (families.ENTRA_V2, CLIENTS, ["allowedClients"]),
    (families.ENTRA_V2, {**AUDIENCE, **SCOPES}, ["allowedScopes"]),
    (families.ENTRA_V2, {**AUDIENCE, **claims("azp", "roles")}, []),
    (families.ENTRA_V2, claims("appid"), ["customClaims"]),
    (families.ENTRA_V1, claims("appid"), []),
    (families.ENTRA_V1, {"allowed_audience": ["https://graph.microsoft.com"]}, ["allowedAudience"]),
    (families.ENTRA_MANY_TENANTS, AUDIENCE, ["discoveryUrl"]),
    (families.EXTERNAL_ID, {**CLIENTS, **SCOPES}, ["allowedClients", "allowedScopes"]),
    (families.B2C, SCOPES, []),
    (families.KEYCLOAK, {**AUDIENCE, **CLIENTS, **SCOPES}, []),
    (families.KEYCLOAK, claims("realm_access.roles"), ["customClaims"]),
    (families.PINGONE, {**AUDIENCE, **CLIENTS, **SCOPES}, []),
    (families.GOOGLE, CLIENTS, ["discoveryUrl"]),
]


@pytest.mark.parametrize(("family", "lists", "never"), NEVER)
def test_lists_that_no_token_of_the_family_satisfies(family: Family, lists: dict[str, Any], never: list[str]) -> None:
    assert [found.key for found in contradictions(family, **lists)] == never


def test_the_lists_that_fit_are_named() -> None:
    assert fitting_lists(families.COGNITO) == "allowedClients, allowedScopes"
    assert fitting_lists(families.ENTRA_V2) == "allowedAudience, customClaims on azp and roles"
    assert fitting_lists(families.OKTA_ORG) == ""


def test_every_row_names_its_source() -> None:
    rows = [value for value in vars(families).values() if isinstance(value, Family)]
    assert len(rows) > 10
    assert all(row.source for row in rows)


@pytest.mark.parametrize(
    ("family", "claim", "found"),
    [
        (families.COGNITO, "aud", "never"),
        (families.COGNITO, "azp", "never"),
        (families.COGNITO, "scope", "always"),
        (families.ENTRA_V2, "azp", "always"),
        (families.ENTRA_V2, "department", "unknown"),
        (families.AUTH0, "azp", "sometimes"),
        (families.KEYCLOAK, "realm_access.roles", "never"),
        (None, "aud", "unknown"),
    ],
)
def test_how_often_tokens_have_a_claim(family: Family | None, claim: str, found: str) -> None:
    assert presence(family, claim) == found


def test_what_is_not_known_is_said_and_what_is_known_is_not() -> None:
    assert doubts(families.COGNITO, ["client_id", "scope"]) == ()
    assert doubts(None, ["client_id"]) == ("what this issuer's tokens carry is not known",)
    assert doubts(families.KEYCLOAK, ["aud", "scope"]) == ("Keycloak's tokens have it only sometimes: aud",)
