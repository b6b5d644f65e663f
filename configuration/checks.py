"""What single values cannot show: contradictions between keys, and what lies outside the project's own keys.

Every check takes what is valid so far (`sections`, by field name; a section with a mistake of its own is absent) and
yields all that it finds, so that one message can hold everything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from configuration.mistakes import Mistake
from configuration.schema import (
    PROJECT,
    ApiKey,
    Auth0,
    Client,
    Cognito,
    CognitoClient,
    Gateway,
    Iam,
    LambdaTarget,
    McpTarget,
    OAuth,
    Oidc,
    Okta,
    OpenApiTarget,
    SmithyTarget,
    Target,
)
from schemas.endpoints import permission_for

BUILT_IN_PROVIDERS = ("cognito", "auth0", "okta")
# Their tokens name the client in `azp`, which only a custom claim can check, and that holds one value.
ONE_CLIENT_DIALECTS = ("access_token", "access_token_authz")
# Words that Amazon keeps for itself in Cognito's domain prefixes.
RESERVED_WORDS = ("aws", "amazon", "cognito")
LONGEST_GATEWAY_NAME = 48
EVERYTHING = ("*", "arn:aws:s3:::*")


@dataclass(frozen=True)
class Outside:
    """What surrounds the project's own keys: the whole flat configuration, its secret keys, environment variables."""

    configuration: Mapping[str, str]
    secret_keys: Set[str]
    environment: Mapping[str, str]

    def value(self, key: str, variable: str) -> str | None:
        """A provider's setting: its configuration key, or else its environment variable."""
        return self.configuration.get(key) or self.environment.get(variable)

    @property
    def own(self) -> dict[str, str]:
        """The project's own keys, without its name before them."""
        prefix = f"{PROJECT}:"
        return {key.removeprefix(prefix): text for key, text in self.configuration.items() if key.startswith(prefix)}

    def is_secret(self, own_key: str) -> bool:
        """Whether one of the project's own keys is secret."""
        return f"{PROJECT}:{own_key}" in self.secret_keys


def contradictions(sections: Mapping[str, Any], outside: Outside) -> Iterator[Mistake]:
    """All mistakes that no section shows by itself."""
    yield from _region(outside)
    yield from _providers(sections)
    switched_on = sections.get("identity_providers", ())
    mode = sections.get("mode", "pinned")
    if "cognito" in switched_on and "cognito" in sections:
        yield from _cognito(sections["cognito"], outside)
    if "auth0" in switched_on and "auth0" in sections:
        yield from _auth0(sections["auth0"], outside, pinned=mode == "pinned")
    if "okta" in switched_on and "okta" in sections:
        yield from _okta(sections["okta"], outside)
    for name, issuer in sections.get("oidc", {}).items():
        yield from _oidc(f"oidc.{name}", issuer)
    yield from _targets(sections.get("targets", ()), outside, pinned=mode == "pinned")
    yield from _tags(sections.get("tags", {}))


def _region(outside: Outside) -> Iterator[Mistake]:
    region = outside.configuration.get("aws:region")
    if not region:
        yield Mistake("aws:region", "is required, and missing: pulumi config set aws:region us-west-2")
    elif not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        yield Mistake("aws:region", f"{region!r} is not an AWS region such as us-west-2")


def _providers(sections: Mapping[str, Any]) -> Iterator[Mistake]:
    issuers: Mapping[str, Oidc] = sections.get("oidc", {})
    gateway: Gateway | None = sections.get("gateway")
    for name in issuers:
        if name in BUILT_IN_PROVIDERS:
            yield Mistake(f"oidc.{name}", f"the name {name} belongs to the built-in provider; choose another one")
    for index, provider in enumerate(sections.get("identity_providers", ())):
        place = f"identityProviders[{index}]"
        if provider not in BUILT_IN_PROVIDERS and provider not in issuers and "oidc" in sections:
            valid = ", ".join([*BUILT_IN_PROVIDERS, *issuers])
            yield Mistake(
                place, f"{provider!r} is not configured; valid: {valid}, or describe it under oidc.{provider}"
            )
        elif gateway and len(gateway.name) + 1 + len(provider) > LONGEST_GATEWAY_NAME:
            name = f"{gateway.name}-{provider}"
            yield Mistake(
                "gateway.name",
                f"the gateway's name {name} has {len(name)} characters; AWS takes {LONGEST_GATEWAY_NAME}",
            )


def _cognito(cognito: Cognito, outside: Outside) -> Iterator[Mistake]:
    yield from _client_scopes("cognito", cognito.clients, cognito.scopes)
    for word in RESERVED_WORDS:
        if cognito.domain_prefix and word in cognito.domain_prefix:
            yield Mistake("cognito.domainPrefix", f"contains {word!r}, a word that AWS reserves; choose another prefix")
    if cognito.user_pool_id:
        region = outside.configuration.get("aws:region")
        if region and not cognito.user_pool_id.startswith(f"{region}_"):
            pool_region = cognito.user_pool_id.split("_")[0]
            yield Mistake("cognito.userPoolId", f"is a pool of {pool_region}, and aws:region is {region}")
        for field, key in (("deletion_protection", "deletionProtection"), ("tier", "tier")):
            if field in cognito.model_fields_set:
                yield Mistake(
                    f"cognito.{key}", "is a property of the pool, which exists already (userPoolId): leave it out"
                )


def _auth0(auth0: Auth0, outside: Outside, *, pinned: bool) -> Iterator[Mistake]:
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


def _okta(okta: Okta, outside: Outside) -> Iterator[Mistake]:
    org = outside.value("okta:orgName", "OKTA_ORG_NAME")
    yield from _host("okta:orgName", org, "the org's name, the part before .okta.com")
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
    if okta.authorization_server == "own":
        if "audience" not in okta.model_fields_set:
            yield Mistake("okta.audience", "is required for an authorization server of its own")
        if not okta.create_scopes:
            yield Mistake("okta.createScopes", "a new authorization server has no scopes yet: leave it out, or true")


def _oidc(place: str, issuer: Oidc) -> Iterator[Mistake]:
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


def _targets(targets: Sequence[Target], outside: Outside, *, pinned: bool) -> Iterator[Mistake]:
    for name, count in Counter(target.name for target in targets).items():
        if count > 1:
            yield Mistake("targets", f"{count} targets are named {name!r}; a target's name is unique in its gateway")
    for index, target in enumerate(targets):
        place = f"targets[{index}]"
        if isinstance(target, LambdaTarget):
            yield from _exactly_one(place, target, "tools", "tools_file", "tools_s3")
        if isinstance(target, SmithyTarget) and pinned:
            yield from _wildcards(
                f"{place}.actions", (name for name in target.actions if name == "*" or name.endswith(":*"))
            )
            yield from _wildcards(f"{place}.resources", (arn for arn in target.resources if arn in EVERYTHING))
        if isinstance(target, OpenApiTarget | McpTarget):
            yield from _target_credentials(f"{place}.credentials", target.credentials)
        if isinstance(target, McpTarget):
            yield from _signed_endpoint(f"{place}.endpoint", target)
    yield from _secret_references(targets, outside)


def _wildcards(place: str, values: Iterable[str]) -> Iterator[Mistake]:
    for value in values:
        if value == "*" or value.endswith(":*"):
            yield Mistake(
                place, f"{value!r} is wider than least privilege; name what the tools need, or use mode: tutorial"
            )


def _signed_endpoint(place: str, target: McpTarget) -> Iterator[Mistake]:
    if isinstance(target.credentials, Iam) and permission_for(target.endpoint) is None:
        yield Mistake(
            place,
            "does not tell which permission a signed call needs; known are AgentCore Runtime (the runtime's ARN in the "
            "path, percent-encoded), AgentCore gateways and stages of API Gateway",
        )


def _target_credentials(place: str, credentials: object) -> Iterator[Mistake]:
    if isinstance(credentials, ApiKey):
        yield from _exactly_one(place, credentials, "secret_ref", "provider_arn")
        kind = "/apikeycredentialprovider/"
    elif isinstance(credentials, OAuth):
        kind = "/oauth2credentialprovider/"
        own = {"discoveryUrl": credentials.discovery_url, "clientId": credentials.client_id}
        own["secretRef"] = credentials.secret_ref
        if credentials.provider_arn:
            for key in (key for key, value in own.items() if value is not None):
                yield Mistake(f"{place}.{key}", "does not go with providerArn, which has it already")
        else:
            for key in (key for key, value in own.items() if value is None):
                yield Mistake(f"{place}.{key}", "is required, and missing (or give providerArn)")
    else:
        return
    if credentials.provider_arn and kind not in credentials.provider_arn:
        yield Mistake(f"{place}.providerArn", f"is not the ARN of a provider of this type (…{kind}…)")


def _exactly_one(place: str, section: object, *fields: str) -> Iterator[Mistake]:
    given = [field for field in fields if getattr(section, field) is not None]
    if len(given) != 1:
        keys = ", ".join(to_camel(field) for field in fields)
        yield Mistake(place, f"needs exactly one of {keys}" + ("; it has none" if not given else ""))


def secret_references(targets: Iterable[Target]) -> Iterator[tuple[str, str]]:
    """The secret keys that targets name: (path of the reference, name of the key)."""
    for index, target in enumerate(targets):
        credentials = getattr(target, "credentials", None)
        if isinstance(credentials, ApiKey | OAuth) and credentials.secret_ref:
            yield f"targets[{index}].credentials.secretRef", credentials.secret_ref


def _secret_references(targets: Iterable[Target], outside: Outside) -> Iterator[Mistake]:
    for place, name in secret_references(targets):
        if name not in outside.own:
            yield Mistake(place, f"there is no key {name!r}: pulumi config set --secret {name} …")
        elif not outside.is_secret(name):
            yield Mistake(place, f"the key {name!r} is not secret: pulumi config set --secret {name} …")


def _tags(tags: Mapping[str, str]) -> Iterator[Mistake]:
    for key in tags:
        if key.lower().startswith("aws:"):
            yield Mistake(f"tags.{key}", "begins with aws:, which AWS keeps for itself")
