"""What a refused token request means at each provider, and the remedy in which it ends."""

from __future__ import annotations

import pytest

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.tokens.client import refusal_cause
from agentcore_auth.tokens.request_remedies import provider_of, request_remedy

COGNITO = "https://prefix.auth.us-west-2.amazoncognito.com/oauth2/token"
AUTH0 = "https://dev-tenant.us.auth0.com/oauth/token"
OKTA = "https://dev-org.okta.com/oauth2/default/v1/token"
OTHER = "https://sso.example.com/realms/a/protocol/openid-connect/token"

ENTRA = "https://login.microsoftonline.com/11111111-aaaa-4bbb-8ccc-222222222222/oauth2/v2.0/token"
OKTA_ORG = "https://dev-org.okta.com/oauth2/v1/token"

REFUSALS = [
    (
        ENTRA,
        400,
        "invalid_scope",
        "AADSTS1002012: The provided value for scope api://gw/Gateway.Invoke is not valid.",
        Cause.SCOPE_FORM,
        "/.default",
    ),
    (ENTRA, 400, "invalid_scope", "AADSTS70011: The provided request must include a scope.", Cause.SCOPE_FORM, "roles"),
    (ENTRA, 400, "invalid_request", "AADSTS90014: The field 'scope' is missing.", Cause.SCOPE_FORM, "/.default"),
    (
        ENTRA,
        400,
        "unauthorized_client",
        "AADSTS700016: Application with identifier 'x' was not found in the directory 'Contoso'.",
        Cause.CLIENT_UNKNOWN,
        "not Object ID",
    ),
    (
        ENTRA,
        400,
        "invalid_resource",
        "AADSTS500011: The resource principal named api://gw was not found in the tenant.",
        Cause.AUDIENCE_UNKNOWN,
        "Application ID URI",
    ),
    (ENTRA, 401, "invalid_client", "AADSTS7000215: Invalid client secret.", Cause.WRONG_SECRET, "not its Secret ID"),
    (ENTRA, 401, "invalid_client", "AADSTS7000222: The keys are expired.", Cause.WRONG_SECRET, "expired"),
    (
        ENTRA,
        400,
        "invalid_grant",
        "AADSTS501051: Application is not assigned to a role for the application.",
        Cause.AUDIENCE_NOT_GRANTED,
        "app role",
    ),
    (ENTRA, 400, "invalid_request", "AADSTS90002: Tenant 'x' not found.", Cause.ENDPOINT_WRONG, "oauth2/v2.0/token"),
    (ENTRA, 400, "unauthorized_client", "AADSTS999999: Something new.", Cause.GRANT_NOT_ENABLED, "client_credentials"),
    (
        OKTA_ORG,
        401,
        "invalid_client",
        "Client Credentials requests to the Org Authorization Server must use the private_key_jwt method.",
        Cause.ORG_SERVER_REQUEST,
        "https://dev-org.okta.com/oauth2/default/v1/token",
    ),
    (COGNITO, 400, "invalid_client", "", Cause.WRONG_SECRET, "agentcore-auth env"),
    (AUTH0, 401, "access_denied", "Unauthorized", Cause.WRONG_SECRET, "agentcore-auth env"),
    (OKTA, 401, "invalid_client", "The client secret supplied is invalid.", Cause.WRONG_SECRET, "agentcore-auth env"),
    (COGNITO, 400, "unauthorized_client", "", Cause.GRANT_NOT_ENABLED, "AllowedOAuthFlowsUserPoolClient"),
    (COGNITO, 400, "invalid_grant", "", Cause.GRANT_NOT_ENABLED, "cognito.clients"),
    (AUTH0, 403, "unauthorized_client", "Grant type not allowed", Cause.GRANT_NOT_ENABLED, "Grant Types"),
    (OKTA, 400, "unauthorized_client", "grant type", Cause.GRANT_NOT_ENABLED, "Client Credentials"),
    (OTHER, 400, "unauthorized_client", "", Cause.GRANT_NOT_ENABLED, "client_credentials"),
    (COGNITO, 400, "invalid_scope", "", Cause.SCOPE_NOT_GRANTED, "cognito.scopes"),
    (AUTH0, 403, "access_denied", "Client has not been granted scopes: x", Cause.SCOPE_NOT_GRANTED, "auth0.scopes"),
    (OKTA, 400, "invalid_scope", "One or more scopes are not configured", Cause.SCOPE_NOT_GRANTED, "okta.scopes"),
    (AUTH0, 403, "access_denied", "No audience parameter was provided", Cause.AUDIENCE_MISSING, "AUDIENCE"),
    (
        AUTH0,
        403,
        "access_denied",
        "Non-global clients are not allowed access to APIv1",
        Cause.AUDIENCE_MISSING,
        "auth0.audience",
    ),
    (AUTH0, 403, "access_denied", "Service not found: gw", Cause.AUDIENCE_UNKNOWN, "Identifier"),
    (AUTH0, 403, "access_denied", "Service not enabled within domain: gw", Cause.AUDIENCE_UNKNOWN, "gateway123"),
    (
        AUTH0,
        403,
        "access_denied",
        'You need to create a "client-grant" associated to this API.',
        Cause.AUDIENCE_NOT_GRANTED,
        "Machine to Machine",
    ),
    (OKTA, 400, "access_denied", "Policy evaluation failed for this request", Cause.POLICY_MISSING, "Access Policies"),
    (OKTA, 400, "invalid_dpop_proof", "The DPoP proof JWT header is missing.", Cause.DPOP_REQUIRED, "switch off"),
    (OKTA, 400, "use_dpop_nonce", "", Cause.DPOP_REQUIRED, "Proof of Possession"),
    (OTHER, 404, "", "", Cause.ENDPOINT_WRONG, "agentcore-auth discover"),
    (OTHER, 404, "not_found", "", Cause.ENDPOINT_WRONG, "agentcore-auth discover"),
    (COGNITO, 405, "", "", Cause.ENDPOINT_WRONG, "the domain, not the issuer"),
    (OTHER, 400, "strange", "", Cause.REQUEST_REFUSED, "log"),
]


@pytest.mark.parametrize(("endpoint", "status", "error", "description", "cause", "says"), REFUSALS)
def test_a_refused_request_ends_in_its_remedy(
    endpoint: str, status: int, error: str, description: str, cause: Cause, says: str
) -> None:
    assert refusal_cause(status, error, description) is cause
    assert says in request_remedy(cause, endpoint, scope="x", audience="gateway123")


@pytest.mark.parametrize("endpoint", [COGNITO, AUTH0, OKTA, ENTRA, OTHER])
def test_every_cause_of_a_request_has_a_remedy_at_every_provider(endpoint: str) -> None:
    of_a_request = [cause for cause in Cause if cause.rank >= Cause.UNREACHABLE.rank]
    sentences = [request_remedy(cause, endpoint) for cause in of_a_request]
    assert all(sentence and "{" not in sentence for sentence in sentences)
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(
    ("endpoint", "provider"),
    [(COGNITO, "cognito"), (AUTH0, "auth0"), (OKTA, "okta"), (ENTRA, "entra"), (OTHER, "oidc")],
)
def test_the_provider_is_known_by_its_endpoint(endpoint: str, provider: str) -> None:
    assert provider_of(endpoint) == provider
