"""Words of an instruction that nobody replaced are found; names that somebody chose are not."""

from __future__ import annotations

import pytest

from agentcore_auth.placeholders import placeholder_in

LEFT = {
    "https://ORG.okta.com/oauth2/default": "ORG",
    "ORG": "ORG",
    "TENANT.us.auth0.com": "TENANT",
    "your-tenant.us.auth0.com": "your-tenant",
    "https://login.microsoftonline.com/TENANT/v2.0": "TENANT",
    "https://login.microsoftonline.com/TENANT_ID/v2.0": "TENANT_ID",
    "https://login.microsoftonline.com/{tenantid}/v2.0": "{tenantid}",
    "https://cognito-idp.us-west-2.amazonaws.com/<UserPoolId>/.well-known/openid-configuration": "<UserPoolId>",
    "https://cognito-idp.us-west-2.amazonaws.com/USERPOOLID": "USERPOOLID",
    "https://PREFIX.auth.REGION.amazoncognito.com/oauth2/token": "PREFIX",
    "${ORG}.okta.com": "${ORG}",
}
CHOSEN = [
    "acme",
    "dev-org.okta.com",
    "org.example.com",
    "https://sso.example.com/realms/TENANT",
    "https://dev-org.okta.com/oauth2/ORG",
    "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0",
    "",
]


@pytest.mark.parametrize(("text", "placeholder"), LEFT.items())
def test_a_placeholder_is_found(text: str, placeholder: str) -> None:
    assert placeholder_in(text) == placeholder


@pytest.mark.parametrize("text", CHOSEN)
def test_a_chosen_name_is_no_placeholder(text: str) -> None:
    assert placeholder_in(text) is None
