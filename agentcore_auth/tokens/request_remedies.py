"""What to change where the provider refuses the request for a token. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.shapes import host_of


def request_remedy(cause: Cause, token_endpoint: str, *, scope: str | None = None, audience: str | None = None) -> str:
    """The remedy, in the terms of the provider whose token endpoint it is, and of this project's configuration."""
    kind = provider_of(token_endpoint)
    sentence = _BY_PROVIDER.get((cause, kind)) or _ANYWHERE.get(cause, "See what the provider's own log says of it.")
    return sentence.format(host=host_of(token_endpoint), scope=scope or "…", audience=audience or "…")


def provider_of(token_endpoint: str) -> str:
    """cognito, auth0, okta or oidc, by the paths that these providers' token endpoints have."""
    path = urlsplit(token_endpoint).path
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
    Cause.SCOPE_NOT_GRANTED: "Grant the client the scope {scope}, or ask for one that it has: --scope",
    Cause.AUDIENCE_MISSING: "Name the API in the request: AUDIENCE in .env, or <provider>.audience in the stack.",
    Cause.AUDIENCE_UNKNOWN: "Ask for an audience that exists: {audience} is none of the provider's API identifiers.",
    Cause.AUDIENCE_NOT_GRANTED: "Allow the client to use the API {audience} at the provider.",
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
