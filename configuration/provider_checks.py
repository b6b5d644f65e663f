"""Contradictions in the settings of one identity provider, and what its own package's keys have to say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from configuration.mistakes import Mistake
from configuration.outside import Outside
from configuration.schema import Auth0, Client, Cognito, CognitoClient, Gateway, Oidc, Okta

# Their tokens name the client in `azp`, which only a custom claim can check, and that holds one value.
ONE_CLIENT_DIALECTS = ("access_token", "access_token_authz")
# Words that Amazon keeps for itself in Cognito's domain prefixes.
RESERVED_WORDS = ("aws", "amazon", "cognito")
# Okta, "API access management": names that every authorization server has already.
OKTA_S_OWN_SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access", "device_sso")
LONGEST_OKTA_LABEL = 100


def cognito_mistakes(cognito: Cognito, outside: Outside) -> Iterator[Mistake]:
    """What is wrong with Cognito's section as a whole."""
    yield from _client_scopes("cognito", cognito.clients, cognito.scopes)
    for word in RESERVED_WORDS:
        if cognito.domain_prefix and word in cognito.domain_prefix:
            yield Mistake("cognito.domainPrefix", f"contains {word!r}, a word that AWS reserves; choose another prefix")
    if cognito.user_pool_id:
        if outside.region and not cognito.user_pool_id.startswith(f"{outside.region}_"):
            pool_region = cognito.user_pool_id.split("_")[0]
            yield Mistake("cognito.userPoolId", f"is a pool of {pool_region}, and aws:region is {outside.region}")
        for field, key in (("deletion_protection", "deletionProtection"), ("tier", "tier")):
            if field in cognito.model_fields_set:
                yield Mistake(
                    f"cognito.{key}", "is a property of the pool, which exists already (userPoolId): leave it out"
                )


def auth0_mistakes(auth0: Auth0, outside: Outside, *, pinned: bool) -> Iterator[Mistake]:
    """What is wrong with Auth0's section as a whole, and with `auth0:*`."""
    yield from _host("auth0:domain", outside.value("auth0:domain", "AUTH0_DOMAIN"), "the tenant's domain")
    yield from _credentials(
        outside,
        "auth0:clientSecret",
        "the credentials of a machine-to-machine application with access to Auth0's Management API",
        [
            {"auth0:apiToken": "AUTH0_API_TOKEN"},
            {"auth0:clientId": "AUTH0_CLIENT_ID", "auth0:clientSecret": "AUTH0_CLIENT_SECRET"},
        ],
    )
    yield from _client_scopes("auth0", auth0.clients, auth0.scopes)
    if not auth0.create_api and auth0.access_token_seconds is not None:
        yield Mistake("auth0.accessTokenSeconds", "is a property of the API, which exists already (createApi: false)")
    callers = len(auth0.clients) + len(auth0.allowed_clients or ())
    if pinned and auth0.token_dialect in ONE_CLIENT_DIALECTS:
        wanted = auth0.token_dialect.replace("access_token", "rfc9068_profile")
        if callers > 1:
            yield Mistake(
                "auth0.tokenDialect",
                f"{auth0.token_dialect} names the client in azp, of which a gateway can check only one, and there are "
                f"{callers} clients: choose {wanted}",
            )


def okta_mistakes(okta: Okta, gateway: Gateway | None, outside: Outside) -> Iterator[Mistake]:
    """What is wrong with Okta's section and `okta:*`; `gateway` is None where it has mistakes of its own."""
    yield from _okta_org(outside)
    yield from _credentials(
        outside,
        "okta:apiToken",
        "a token of the org's API",
        [
            {"okta:apiToken": "OKTA_API_TOKEN"},
            {"okta:accessToken": "OKTA_ACCESS_TOKEN"},
            {"okta:clientId": "OKTA_API_CLIENT_ID", "okta:privateKey": "OKTA_API_PRIVATE_KEY"},
        ],
    )
    yield from _client_scopes("okta", okta.clients, okta.scopes)
    for client in okta.clients:
        label = f"{gateway.name if gateway else ''}-okta-{client}"
        if len(label) > LONGEST_OKTA_LABEL:
            sentence = f"the application's label {label} has {len(label)} characters; Okta takes {LONGEST_OKTA_LABEL}"
            yield Mistake(f"okta.clients.{client}", sentence)
    for index, scope in enumerate(okta.scopes if okta.create_scopes else ()):
        if scope in OKTA_S_OWN_SCOPES:
            yield Mistake(
                f"okta.scopes[{index}]",
                f"{scope!r} is a scope that Okta reserves, so it cannot be created; choose another",
            )
    if okta.authorization_server == "own":
        if "audience" not in okta.model_fields_set:
            yield Mistake("okta.audience", "is required for an authorization server of its own")
        if not okta.create_scopes:
            yield Mistake("okta.createScopes", "a new authorization server has no scopes yet: leave it out, or true")


def _okta_org(outside: Outside) -> Iterator[Mistake]:
    org = outside.value("okta:orgName", "OKTA_ORG_NAME")
    found = list(_host("okta:orgName", org, "the org's name, the part before .okta.com"))
    yield from found
    if org and not found and "." in org:
        name, _, domain = org.partition(".")
        yield Mistake(
            "okta:orgName", f"{org!r} is a host name; write only {name} (the rest, {domain}, is okta:baseUrl)"
        )
    if domain := outside.value("okta:baseUrl", "OKTA_BASE_URL"):
        yield from _host("okta:baseUrl", domain, "the domain that the org is in, such as okta.com")


def oidc_mistakes(place: str, issuer: Oidc) -> Iterator[Mistake]:
    """What is wrong with an issuer under `oidc`; `place` is its path."""
    lists = (issuer.allowed_clients, issuer.allowed_audience, issuer.allowed_scopes, issuer.custom_claims)
    if not any(lists):
        yield Mistake(
            place,
            "has no list, so every token of that issuer would be let in; give at least one of allowedClients, "
            "allowedAudience, allowedScopes, customClaims",
        )
    for index, claim in enumerate(issuer.custom_claims or ()):
        given = [value for value in (claim.equals, claim.contains, claim.contains_any) if value is not None]
        if len(given) != 1:
            yield Mistake(f"{place}.customClaims[{index}]", "needs exactly one of equals, contains, containsAny")


def _client_scopes(
    provider: str, clients: Mapping[str, CognitoClient] | Mapping[str, Client], scopes: Sequence[str]
) -> Iterator[Mistake]:
    for name, client in clients.items():
        for scope in client.scopes or ():
            if scope not in scopes:
                yield Mistake(
                    f"{provider}.clients.{name}.scopes",
                    f"{scope!r} is not among {provider}.scopes; valid: {', '.join(scopes)}",
                )


def _host(key: str, value: str | None, meaning: str) -> Iterator[Mistake]:
    if not value:
        yield Mistake(key, f"is required, and missing: {meaning}. pulumi config set {key} …")
    elif "/" in value or ":" in value:
        bare = value.split("://")[-1].split("/")[0]
        yield Mistake(key, f"{value!r} has a scheme or a path; write {bare}")
    elif not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", value):
        yield Mistake(key, f"{value!r} is not a host name; wanted: {meaning}")


def _credentials(outside: Outside, place: str, meaning: str, choices: Sequence[Mapping[str, str]]) -> Iterator[Mistake]:
    if not any(all(outside.value(key, variable) for key, variable in choice.items()) for choice in choices):
        ways = ", or ".join(" and ".join(choice) for choice in choices)
        variables = " and ".join(choices[-1].values())
        yield Mistake(place, f"missing: {meaning}; set {ways} (pulumi config set --secret …; or {variables}, …)")
    for choice in choices:
        for key in choice:
            is_secret = key.endswith(("Token", "Secret", "Key"))
            if is_secret and key in outside.configuration and key not in outside.secret_keys:
                yield Mistake(key, f"stands in the stack file in plain text: pulumi config set --secret {key}")
