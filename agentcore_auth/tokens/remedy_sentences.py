"""The sentence and the configuration keys for each cause of a refused token. Pure.

The configuration is given as paths below the project's own keys (`auth0.audience`), and `auth0:domain` for a provider's
own key. Which keys there are: docs/configuration.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError, quoted
from agentcore_auth.authorizer.checking import discovery_url_of
from agentcore_auth.authorizer.families import ENTRA_V2, GRAPH_AUDIENCES, KEYCLOAK, tenant_of
from agentcore_auth.authorizer.fitting import api_audiences, fitting
from agentcore_auth.authorizer.rules import seconds_of
from agentcore_auth.authorizer.shapes import host_of
from agentcore_auth.authorizer.times import is_in_milliseconds
from agentcore_auth.tokens.context import Context

Answer = tuple[str, Mapping[str, object]]


def _says(sentence: str, *, in_stack: str = "") -> Callable[[Finding, Context], Answer]:
    """A remedy without configuration; {get} and {url} are filled in, and {in_stack} where a stack made the gateway."""

    def answer(_finding: Finding, context: Context) -> Answer:
        url = context.authorizer.discovery_url if context.authorizer else "URL"
        return sentence.format(get=context.get, url=url, in_stack=in_stack if context.of_stack else ""), {}

    return answer


def _audience_absent(_finding: Finding, context: Context) -> Answer:
    client = context.text("client_id")
    if context.issued_by == "cognito":
        sentence = (
            "Cognito's client-credentials tokens have no audience: leave allowedAudience out, and name the client in "
            f"allowedClients: {quoted([client])}."
        )
        return sentence, _key(context, "cognito", "allowedClients", [client])
    return "Ask for a token with an audience (the token request's `audience`), or use allowedClients instead.", {}


def _client_id_absent(_finding: Finding, context: Context) -> Answer:
    if context.issued_by == "auth0":
        sentence = (
            "Auth0's dialect access_token names the client in azp, which allowedClients is not compared with: "
            "choose the dialect rfc9068_profile_authz, whose tokens have client_id, or use allowedAudience "
            "and a custom claim azp."
        )
        return sentence, _key(context, "auth0", "tokenDialect", "rfc9068_profile_authz")
    if context.issued_by == "okta":
        in_stack = " (under okta.allowedClients the program does that, or, for several, has tokens say client_id)"
        sentence = (
            "Okta names the client in cid, which allowedClients is not compared with: use allowedAudience and a custom "
            f"claim cid{in_stack if context.of_stack else ''}."
        )
        return sentence, _key(context, "okta", "allowedClients", [context.text("cid")])
    sentence = (
        "The token names no client_id: leave allowedClients out, and use allowedAudience, allowedScopes or a custom "
        "claim that names the client."
    )
    return sentence, {}


def _shown_url(issuer: str) -> str:
    """The discovery URL of an issuer that a token names, which may be anything."""
    return _shown(discovery_url_of(issuer))


def _shown(text: str) -> str:
    """As it is, to be copied, where it cannot reach the terminal as a command."""
    return text if re.fullmatch(r"[!-~]{,300}", text) else quoted(text)


def _key(context: Context, provider: str, key: str, value: object) -> dict[str, object]:
    """A built-in provider's key, where it is that provider's gateway."""
    return {f"{provider}.{key}": value} if context.kind == provider else {}


def _client_differs(finding: Finding, context: Context) -> Answer:
    client = finding.actual[0]
    if finding.cause is Cause.CLIENT_ID_CASE:
        sentence = f"Client ids are case-sensitive: write {quoted(client)} in allowedClients, exactly as in the token."
    else:
        sentence = (
            f"If client {quoted(client)} is to come in, add it to allowedClients; "
            f"if not, take the token of a client that is there: {context.get} --client NAME"
        )
    return sentence, {} if context.kind == "oidc" else {f"{context.kind}.allowedClients": [client]}


def _audience_near(finding: Finding, context: Context) -> Answer:
    audience = _api_audience(finding, context)
    sentence = (
        f"Audiences are compared character by character: write {quoted(audience)} in allowedAudience, exactly as in "
        "the token."
    )
    return sentence, _audience_key(audience, context)


def _audience_array(finding: Finding, context: Context) -> Answer:
    audience = _api_audience(finding, context)
    return (
        f"One value of the array is enough, but as an entry of its own: write {quoted(audience)} in allowedAudience.",
        _audience_key(audience, context),
    )


def _audience_differs(finding: Finding, context: Context) -> Answer:
    audience = _api_audience(finding, context)
    if audience not in api_audiences(context.claims):
        how = ", by an audience mapper in a client scope of the client" if context.family is KEYCLOAK else ""
        sentence = (
            f"Tokens of all the issuer's clients have the audience {quoted(audience)}, so do not allow it: have the "
            f"issuer put {quoted(finding.expected[0])} into the token's aud{how}, or leave allowedAudience out and "
            "name the client."
        )
        return sentence, {}
    sentence = (
        f"Ask for a token with the audience {quoted(finding.expected[0])} (the API's identifier; what the token "
        f"request names must be what the gateway allows), or, if {quoted(audience)} is the right API, allow that."
    )
    return sentence, _audience_key(audience, context)


def _api_audience(finding: Finding, context: Context) -> str:
    return next((value for value in finding.actual if value in api_audiences(context.claims)), finding.actual[0])


def _audience_key(audience: str, context: Context) -> dict[str, object]:
    return {f"{context.kind}.audience": audience} if context.kind in {"auth0", "okta"} else {}


def _scope_missing(finding: Finding, context: Context) -> Answer:
    scope = finding.expected[0]
    if context.family is not None and context.family.roles_claim:
        sentence = (
            "Entra's application tokens have roles and no scopes: leave allowedScopes out, define the permission as an "
            "app role of the API, assign it to the client, and demand it in customClaims: roles CONTAINS "
            f"{quoted(scope)}."
        )
        return sentence, {}
    return (
        f"Grant the client the scope {quoted(scope)} at the provider, and ask for it: {context.get} --scope {scope}",
        _scope_keys(finding.expected, context),
    )


def _scope_spelling(finding: Finding, context: Context) -> Answer:
    if any(re.search(r"[,;\s]", scope) for scope in finding.actual):
        return "The issuer has to separate scopes by spaces (RFC 6749, 3.3): correct the scope claim there.", {}
    form = " Cognito writes them as resourceServer/scope." if context.issued_by == "cognito" else ""
    sentence = (
        f"Scopes are compared character by character: write {quoted(list(finding.actual))} in allowedScopes, exactly "
        f"as in the token.{form}"
    )
    return sentence, _scope_keys(finding.actual, context)


def _scope_keys(scopes: Sequence[str], context: Context) -> dict[str, object]:
    if context.kind == "cognito":
        servers = {scope.rpartition("/")[0] for scope in scopes}
        names = [scope.rpartition("/")[2] for scope in scopes]
        server = servers.pop() if len(servers) == 1 else ""
        return {**({"cognito.resourceServer": server} if server else {}), "cognito.scopes": names}
    return {} if context.kind == "oidc" else {f"{context.kind}.scopes": list(scopes)}


def _other_issuer(finding: Finding, context: Context) -> Answer:
    actual = finding.actual[0] if finding.actual else ""
    host = host_of(actual)
    keys: dict[str, object] = {}
    if finding.cause in {Cause.OTHER_REGION, Cause.OTHER_POOL}:
        pool = urlsplit(actual).path.strip("/")
        keys = {"cognito.userPoolId": pool}
        if finding.cause is Cause.OTHER_REGION:
            keys["aws:region"] = pool.partition("_")[0]
    elif finding.cause is Cause.OTHER_TENANT and context.kind == "auth0":
        keys = {"auth0:domain": host}
    elif finding.cause is Cause.OTHER_TENANT and context.kind == "okta":
        keys = {"okta:orgName": host.partition(".")[0]}
    elif finding.cause is Cause.OTHER_AUTHORIZATION_SERVER:
        keys = {"okta.authorizationServer": "default" if actual.endswith("/oauth2/default") else "own"}
    tenant = tenant_of(actual)
    if tenant is not None and context.authorizer is not None and tenant in context.authorizer.discovery_url:
        version = "1 (or null), for tokens of version 1.0" if context.family is ENTRA_V2 else "2"
        sentence = (
            f"Set accessTokenAcceptedVersion to {version} in the manifest of the API's registration, which decides the "
            f"version of its tokens, or set discoveryUrl to {_shown_url(actual)}, for the tokens that it has now."
        )
        return sentence, {}
    either = f"Take a token of the gateway's own issuer ({context.get})"
    if not actual:
        return f"{either}.", {}
    return f"{either}, or, if the token's issuer is the right one, set discoveryUrl to {_shown_url(actual)}", keys


def _org_server(finding: Finding, context: Context) -> Answer:
    host = host_of(finding.actual[0] if finding.actual else "") or "ORG"
    server = f"https://{_shown(host)}/oauth2/default"
    url = context.authorizer.discovery_url if context.authorizer else ""
    too = "" if "/oauth2/" in url else f" Its discovery URL for the gateway is {_shown_url(server)}"
    sentence = (
        "Tokens of Okta's org authorization server are for Okta's own API only: ask the default (or a custom) "
        f"authorization server, {server}/v1/token.{too}"
    )
    return sentence, {"okta.authorizationServer": "default"}


def _issuer_slash(finding: Finding, context: Context) -> Answer:
    keys = {"auth0:domain": host_of(finding.expected[0])} if context.kind == "auth0" else {}
    sentence = (
        "Issuers are compared character by character, and Auth0's ends in a slash: the token has to come from the "
        f"issuer whose discovery document says {quoted(finding.actual[0])}; the discovery URL is "
        f"{_shown_url(finding.actual[0])}, with a single slash."
    )
    return sentence, keys


def _graph_token(_finding: Finding, context: Context) -> Answer:
    allowed = context.authorizer.allowed_audience if context.authorizer else ()
    audience = next((value for value in allowed if value not in GRAPH_AUDIENCES), "APPLICATION-ID")
    resource = audience if "://" in audience else f"api://{audience}"
    too = "" if audience in allowed else " Allow that API's audience instead of Graph's."
    return (
        f"Ask for a token for the gateway's own API: the scope is {resource}/.default, of Entra's token endpoint.{too}",
        {},
    )


def _all_tenants(_finding: Finding, context: Context) -> Answer:
    actual = context.text("iss")
    url = _shown_url(actual) if tenant_of(actual) else "that of the one tenant that issues the tokens"
    return f"A gateway has one issuer, so one tenant: set discoveryUrl to {url}", {}


def _claim_absent(finding: Finding, context: Context) -> Answer:
    if context.family is not None and finding.claim == context.family.roles_claim:
        sentence = (
            f"Give the client an app role of the API (of the kind for applications, with an administrator's consent); "
            f"then its tokens have {quoted(finding.claim)}: {context.get}"
        )
        return sentence, {}
    sentence = (
        f"Have the issuer put {quoted(finding.claim)} into its access tokens (names are case-sensitive), or take it "
        "out of customClaims."
    )
    return sentence, {}


def _claim_type(finding: Finding, context: Context) -> Answer:
    if finding.actual[0] == "array of string":
        fit = "STRING_ARRAY with CONTAINS (one value) or CONTAINS_ANY (several)"
    elif finding.actual[0] == "string":
        fit = "STRING with EQUALS"
    else:
        return f"AgentCore compares texts only: have the issuer write {quoted(finding.claim)} as a string.", {}
    in_stack = ": `equals` is for a string, `contains` for an array" if context.of_stack else ""
    return f"Compare {quoted(finding.claim)} as {fit}{in_stack}.", {}


def _claim_differs(finding: Finding, _context: Context) -> Answer:
    sentence = (
        f"Take a token whose {quoted(finding.claim)} holds {quoted(list(finding.expected))}, or, if the token's value "
        "is the right one, write that in customClaims."
    )
    return sentence, {}


def _not_yet_valid(finding: Finding, context: Context) -> Answer:
    if is_in_milliseconds(seconds_of(context.claims, finding.claim or "") or 0):
        return "Have the issuer write its tokens' times in seconds since 1970 (RFC 7519, 2), not in milliseconds.", {}
    return "Set this machine's clock (NTP); if it is right, the issuer's clock is fast: wait.", {}


def _no_list(_finding: Finding, context: Context) -> Answer:
    lead = "Give the authorizer at least one list"
    try:
        fit = fitting(context.claims)[0]
    except TokenError:
        return f"{lead} (agentcore-auth suggest derives it from a token).", {}
    entry = fit.to_stack_file()
    return f"{lead}; from this token, the tightest is below.", {
        f"oidc.{context.provider or 'NAME'}.{key}": value for key, value in entry.items()
    }


_get_a_new_one = _says("Get a new token: {get}")
_discover = _says("Find out what is wrong with the discovery URL: agentcore-auth discover {url}")
ANSWERS: Mapping[Cause, Callable[[Finding, Context], Answer]] = {
    Cause.NO_LIST: _no_list,
    Cause.AUTHORIZER_INVALID: _says("Correct the authorizer: AWS would refuse it."),
    Cause.PASTED_ALONG: _says("Send the token alone, once, after `Authorization: Bearer `."),
    Cause.NOT_A_TOKEN: _says("Pipe in the access token and nothing else: {get} | agentcore-auth check …"),
    Cause.OPAQUE_TOKEN: _says(
        "Ask for a token that is a JWT: Auth0 issues one only where the request names an `audience`{in_stack}, "
        "Okta only from a default or custom authorization server.",
        in_stack=" (auth0.audience)",
    ),
    Cause.ENCRYPTED_TOKEN: _says(
        "Ask for a signed token: Auth0 encrypts it where the request names no `audience`{in_stack} or the API "
        "has token encryption switched on; elsewhere switch encryption of access tokens off.",
        in_stack=" (auth0.audience)",
    ),
    Cause.HEADER_NOT_UNDERSTOOD: _says("Have the issuer sign plain tokens, without `crit` in their header."),
    Cause.OTHER_KIND_OF_TOKEN: _says("Send the access token instead: {get}"),
    Cause.GRAPH_TOKEN: _graph_token,
    Cause.DISCOVERY_URL_FORM: _discover,
    Cause.DISCOVERY_UNREACHABLE: _says(
        "Check the issuer's host name, the network, HTTPS_PROXY, and SSL_CERT_FILE for a private CA, then: "
        "agentcore-auth discover {url}"
    ),
    Cause.DISCOVERY_NOT_FOUND: _discover,
    Cause.DISCOVERY_NOT_JSON: _discover,
    Cause.DISCOVERY_INCOMPLETE: _discover,
    Cause.DISCOVERY_WRONG_ISSUER: _all_tenants,
    Cause.JWKS_UNUSABLE: _discover,
    Cause.ALGORITHM_NOT_ALLOWED: _says(
        "Have the issuer sign with RS256 or another asymmetric algorithm (in Auth0: the API's signing "
        "algorithm{in_stack}; HS256 and none cannot be verified with a public key), then: {get}",
        in_stack=", which this program sets",
    ),
    Cause.ORG_SERVER_TOKEN: _org_server,
    Cause.ISSUER_SLASH: _issuer_slash,
    Cause.OTHER_REGION: _other_issuer,
    Cause.OTHER_POOL: _other_issuer,
    Cause.OTHER_TENANT: _other_issuer,
    Cause.OTHER_AUTHORIZATION_SERVER: _other_issuer,
    Cause.OTHER_ISSUER: _other_issuer,
    Cause.UNKNOWN_KEY: _says("The issuer has changed its keys, or another one signed: get a new token: {get}"),
    Cause.KEY_TOO_SHORT: _says("Have the issuer make a key of 2,048 bits or more, and sign with that; then: {get}"),
    Cause.SIGNATURE_WRONG: _says("Copy the token again, whole and unchanged, or get a new one: {get}"),
    Cause.EXPIRY_MISSING: _says("Have the issuer set exp, the time of expiry in seconds since 1970, in its tokens."),
    Cause.TIME_MALFORMED: _says("Have the issuer write nbf and iat as numbers: seconds since 1970, without quotes."),
    Cause.EXPIRED: _get_a_new_one,
    Cause.NOT_YET_VALID: _not_yet_valid,
    Cause.ID_TOKEN: _says("Send the access token instead (client credentials give no other): {get}"),
    Cause.CLIENT_ID_ABSENT: _client_id_absent,
    Cause.CLIENT_ID_CASE: _client_differs,
    Cause.CLIENT_ID_DIFFERS: _client_differs,
    Cause.AUDIENCE_ABSENT: _audience_absent,
    Cause.AUDIENCE_SLASH: _audience_near,
    Cause.AUDIENCE_CASE: _audience_near,
    Cause.AUDIENCE_SCHEME: _audience_near,
    Cause.AUDIENCE_ARRAY: _audience_array,
    Cause.AUDIENCE_DIFFERS: _audience_differs,
    Cause.CLAIM_ABSENT: _claim_absent,
    Cause.CLAIM_TYPE: _claim_type,
    Cause.CLAIM_DIFFERS: _claim_differs,
    Cause.SCOPE_ABSENT: _scope_missing,
    Cause.SCOPE_SEPARATOR: _scope_spelling,
    Cause.SCOPE_PREFIX: _scope_spelling,
    Cause.SCOPE_MISSING: _scope_missing,
}
