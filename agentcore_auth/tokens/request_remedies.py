"""What to change where the provider refuses the request for a token. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.families import ENTRA, is_host_of
from agentcore_auth.authorizer.shapes import host_of
from agentcore_auth.placeholders import placeholder_in


def request_remedy(cause: Cause, token_endpoint: str, *, scope: str | None = None, audience: str | None = None) -> str:
    """The remedy, in the terms of the provider whose token endpoint it is, and of this project's configuration."""
    if placeholder := placeholder_in(token_endpoint):
        return f"Put your own value in the place of {placeholder}, in .env (COGNITO_DOMAIN, TOKEN_ENDPOINT)."
    kind = provider_of(token_endpoint)
    sentence = _BY_PROVIDER.get((cause, kind)) or _ANYWHERE.get(cause, "See what the provider's own log says of it.")
    return sentence.format(host=host_of(token_endpoint), scope=scope or "…", audience=audience or "…")


def provider_of(token_endpoint: str) -> str:
    """cognito, auth0, okta, entra or oidc, by the hosts and paths that these providers' token endpoints have."""
    path = urlsplit(token_endpoint).path
    if is_host_of(host_of(token_endpoint), *ENTRA):
        return "entra"
    if path == "/oauth/token":
        return "auth0"
    if path.startswith("/oauth2/") and path.endswith("/v1/token"):
        return "okta"
    return "cognito" if ".amazoncognito.com" in token_endpoint and path == "/oauth2/token" else "oidc"


_ANYWHERE: Mapping[Cause, str] = {
    Cause.UNREACHABLE: "Check the host name {host}, the network, HTTPS_PROXY, and SSL_CERT_FILE for a private CA.",
    Cause.RATE_LIMITED: "Wait a minute; and leave tokens cached (no --no-cache), so that fewer are asked for.",
    Cause.ENDPOINT_WRONG: "Take token_endpoint from the discovery document: agentcore-auth discover https://{host}",
    Cause.WRONG_SECRET: "Use the client's own id and secret: agentcore-auth env --stack STACK --idp PROVIDER --force",
    Cause.GRANT_NOT_ENABLED: "Allow the client the grant client_credentials at the provider.",
    Cause.CLIENT_UNKNOWN: "Compare the client id, and the tenant or realm in the URL, with the client's registration.",
    Cause.SCOPE_FORM: "Ask for scopes in the form that the provider wants: {scope} is none.",
    Cause.SCOPE_NOT_GRANTED: "Grant the client the scope {scope}, or ask for one that it has: --scope",
    Cause.AUDIENCE_MISSING: "Name the API in the request: AUDIENCE in .env, or <provider>.audience in the stack.",
    Cause.AUDIENCE_UNKNOWN: "Ask for an audience that exists: {audience} is none of the provider's API identifiers.",
    Cause.AUDIENCE_NOT_GRANTED: "Allow the client to use the API {audience} at the provider.",
    Cause.ORG_SERVER_REQUEST: (
        "Ask the default (or a custom) authorization server, https://{host}/oauth2/default/v1/token: the org "
        "authorization server's tokens are for Okta's own API, and no gateway can check them."
    ),
    Cause.POLICY_MISSING: "Allow this client, grant and scope in an access policy of the authorization server.",
    Cause.DPOP_REQUIRED: "Switch off DPoP for this application: a gateway takes plain bearer tokens.",
}
_BY_PROVIDER: Mapping[tuple[Cause, str], str] = {
    (Cause.UNREACHABLE, "cognito"): (
        "A new Cognito domain takes up to a minute to answer: agentcore-auth verify --stack STACK --wait. Otherwise "
        "check the domain (cognito.domainPrefix; by default the pool's id, lower case, without underscore)."
    ),
    (Cause.ENDPOINT_WRONG, "cognito"): (
        "Take the domain, not the issuer: https://PREFIX.auth.REGION.amazoncognito.com/oauth2/token "
        "(cognito.domainPrefix)."
    ),
    (Cause.WRONG_SECRET, "entra"): (
        "Entra: App registrations > the client > Certificates & secrets: take the secret's Value (not its Secret ID), "
        "of one that has not expired."
    ),
    (Cause.ENDPOINT_WRONG, "entra"): (
        "Put the tenant's id into the endpoint: https://{host}/TENANT/oauth2/v2.0/token; the discovery document "
        "names it."
    ),
    (Cause.CLIENT_UNKNOWN, "entra"): (
        "Compare the client id (Application ID, not Object ID) with App registrations, and the tenant in the endpoint: "
        "the application has to be registered in that tenant, or consented to there."
    ),
    (Cause.SCOPE_FORM, "entra"): (
        "A client-credentials request to Entra names the resource and /.default, as one scope: --scope api://APPLICATION-ID"
        "/.default (the API's Application ID URI); single permissions are app roles. Asked for was {scope}."
    ),
    (Cause.AUDIENCE_UNKNOWN, "entra"): (
        "Entra has no API with the Application ID URI in {scope} in this tenant: App registrations > the API > Expose "
        "an API names it; an API of another tenant needs a service principal here."
    ),
    (Cause.AUDIENCE_NOT_GRANTED, "entra"): (
        "Entra: the API demands an assignment. Define an app role with the allowed member type Applications on the "
        "API, add it to the client under API permissions, and grant the administrator's consent."
    ),
    (Cause.GRANT_NOT_ENABLED, "cognito"): (
        "Allow the app client the OAuth flow client_credentials, switch its OAuth flows on "
        "(AllowedOAuthFlowsUserPoolClient), and give it a scope; clients under cognito.clients have all that."
    ),
    (Cause.GRANT_NOT_ENABLED, "auth0"): (
        "Auth0: Applications > the application > Advanced Settings > Grant Types: switch Client Credentials on; "
        "applications under auth0.clients have it."
    ),
    (Cause.GRANT_NOT_ENABLED, "okta"): (
        "Okta: Applications > the application > General > Grant type: Client Credentials (an API Services "
        "application); applications under okta.clients have it."
    ),
    (Cause.SCOPE_NOT_GRANTED, "cognito"): (
        "Cognito's scopes are written resourceServer/scope: add {scope} to cognito.scopes (without the resource "
        "server) and to the client's own scopes (cognito.clients.<name>.scopes), or ask for another: --scope"
    ),
    (Cause.SCOPE_NOT_GRANTED, "auth0"): (
        "Add {scope} to auth0.scopes and to the client's own (auth0.clients.<name>.scopes), or ask for another: --scope"
    ),
    (Cause.SCOPE_NOT_GRANTED, "okta"): (
        "Okta gives no scope unasked: ask for one that the authorization server has (okta.scopes, --scope); "
        "asked for was {scope}."
    ),
    (Cause.AUDIENCE_MISSING, "auth0"): (
        "Auth0 wants the API's identifier in the request: set AUDIENCE in .env (auth0.audience in the stack)."
    ),
    (Cause.AUDIENCE_UNKNOWN, "auth0"): (
        "Auth0 has no API with the identifier {audience}: compare it, character by character, with APIs > Settings > "
        "Identifier, and set auth0.audience to that (auth0.createApi: true makes the API)."
    ),
    (Cause.AUDIENCE_NOT_GRANTED, "auth0"): (
        "Auth0: APIs > {audience} > Machine to Machine Applications: authorize the application; "
        "applications under auth0.clients are."
    ),
    (Cause.POLICY_MISSING, "okta"): (
        "Okta: Security > API > the authorization server > Access Policies: a policy for this client with a rule for "
        "Client Credentials and the scope {scope}; okta.clients makes both."
    ),
    (Cause.DPOP_REQUIRED, "okta"): (
        "Okta: Applications > the application > General: switch off Require Demonstrating Proof of Possession (DPoP) "
        "header in token requests; applications under okta.clients do not require it."
    ),
}
