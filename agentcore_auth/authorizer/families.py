"""Families of issuers: what their client-credentials access tokens carry, known once for all who ask.

Settings refuse lists that an issuer's tokens can never satisfy, the report on a change judges callers, and `check`,
`suggest`, `discover` and `verify` explain, all by this one table; so they cannot contradict one another. A family is
recognized by the issuer or the discovery URL alone, without network. What is not in the table is not known: it is
neither refused nor promised. Each row names the document that it follows from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Presence = Literal["always", "sometimes", "never", "unknown"]

_WELL_KNOWN = re.compile(r"/\.well-known/(openid-configuration|oauth-authorization-server)")
CLIENT_CLAIMS = ("azp", "appid", "cid")
"""Claims besides client_id in which one issuer or the other names the client."""
_NESTED = ("realm_access", "resource_access")
GRAPH_AUDIENCES = frozenset(
    {
        "00000003-0000-0000-c000-000000000000",
        *(
            f"https://{host}{slash}"
            for host in ("graph.microsoft.com", "graph.microsoft.us", "microsoftgraph.chinacloudapi.cn")
            for slash in ("", "/")
        ),
    }
)
"""Audiences of Microsoft Graph: tokens for it can be verified by nobody else (Entra, "Access tokens")."""


@dataclass(frozen=True)
class Family:
    """What the client-credentials access tokens of a kind of issuer carry.

    `client_id`, `audience` and `scopes` say how often a token has the claims that allowedClients, allowedAudience and
    allowedScopes are compared with; `client_claim` is the one that names the client where it is another than
    `client_id`, `scope_claim` the one that has the scopes (`scp` as a list), `roles_claim` the one that lists
    application roles. `shared_audiences` are those that tokens of all the issuer's clients have, `several_audiences`
    whether one token can have more than one. `unusable` says why no gateway can admit its tokens. `request` is what a
    token request has to name besides the client.
    """

    name: str
    source: str
    client_id: Presence = "unknown"
    client_claim: str | None = None
    audience: Presence = "unknown"
    scopes: Presence = "unknown"
    scope_claim: str = "scope"
    roles_claim: str | None = None
    shared_audiences: frozenset[str] = frozenset()
    several_audiences: bool = False
    unusable: str | None = None
    request: str | None = None


@dataclass(frozen=True)
class Recognized:
    """A family, and the issuer that its discovery document names: None where only the document tells."""

    family: Family
    issuer: str | None


COGNITO = Family(
    "Amazon Cognito",
    "Cognito developer guide, Understanding the access token",
    client_id="always",
    audience="never",
    scopes="always",
)
AUTH0 = Family(
    "Auth0",
    "Auth0, Access token profiles",
    client_id="sometimes",  # in the RFC 9068 profile; in Auth0's own it is azp
    client_claim="azp",
    audience="always",
    scopes="sometimes",
    request="audience, the API's identifier",
)
OKTA = Family(
    "Okta",
    "Okta, OpenID Connect and OAuth 2.0 API, access token claims",
    client_id="sometimes",  # only where the authorization server has been given such a claim
    client_claim="cid",
    audience="always",
    scopes="always",
    scope_claim="scp",
    shared_audiences=frozenset({"api://default"}),
    request="scope",
)
OKTA_ORG = Family(
    "Okta's org authorization server",
    "Okta, Authorization servers: the org authorization server",
    unusable="only Okta itself can check its access tokens: use the default or a custom authorization server, "
    "https://ORG/oauth2/default",
)
ENTRA_V1 = Family(
    "Microsoft Entra ID, v1.0",
    "Entra, Access token claims reference; AgentCore developer guide, identity-idp-microsoft",
    client_id="never",
    client_claim="appid",
    audience="always",
    scopes="never",
    roles_claim="roles",
    shared_audiences=GRAPH_AUDIENCES,
    request="scope, <application ID URI>/.default",
)
ENTRA_V2 = replace(
    ENTRA_V1,
    name="Microsoft Entra ID, v2.0",
    source="Entra, Access token claims reference; OAuth 2.0 client credentials flow",
    client_claim="azp",
)
ENTRA_MANY_TENANTS = Family(
    "Microsoft Entra ID for all tenants",
    "Entra, OpenID Connect on the Microsoft identity platform",
    unusable="the issuer in its discovery document is a template, {tenantid}, which no token matches: put the "
    "tenant's id in place of common, organizations or consumers",
)
EXTERNAL_ID = replace(
    ENTRA_V2,
    name="Microsoft Entra External ID",
    source="Entra External ID, Client credentials flow",
)
B2C = Family(
    "Azure AD B2C",
    "Azure AD B2C, Set up the OAuth 2.0 client credentials flow",
    client_id="never",
    client_claim="azp",
    audience="always",
    scopes="unknown",
    request="scope, <application ID URI>/.default",
)
KEYCLOAK = Family(
    "Keycloak",
    "Keycloak server administration guide, Using a service account; Audience support",
    client_id="sometimes",  # by the service account's mapper; older versions call it clientId
    client_claim="azp",
    audience="sometimes",
    scopes="always",
    shared_audiences=frozenset({"account"}),
    several_audiences=True,
)
PINGONE = Family(
    "PingOne",
    "PingOne, Token claims",
    client_id="always",
    audience="always",
    scopes="sometimes",
)
GOOGLE = Family(
    "Google",
    "Google Identity, Using OAuth 2.0 to access Google APIs",
    unusable="its access tokens are opaque: nobody but Google can check them",
)

_GUID = r"(?P<tenant>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_ENTRA_HOST = r"login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn)"
_OKTA_HOST = r".+\.okta(?:preview|-emea|-gov)?\.(?:com|mil)"
_SAME = "https://{host}{path}"

#: (host, path of the issuer, family, the issuer in the document) in the order in which they are tried. A pattern has to
#: match the whole of the host or path; a template takes the host, the path and the path's groups.
_ROWS: Sequence[tuple[str, str, Family, str | None]] = (
    (r"cognito-idp\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?", r"/[\w-]+", COGNITO, _SAME),
    (r".+\.auth0\.com", r"/?", AUTH0, "https://{host}/"),
    (_OKTA_HOST, r"/oauth2/[^/]+", OKTA, _SAME),
    (_OKTA_HOST, r"/?", OKTA_ORG, "https://{host}"),
    (_ENTRA_HOST, r"/(?:common|organizations|consumers)(?:/v2\.0)?/?", ENTRA_MANY_TENANTS, None),
    (_ENTRA_HOST, rf"/{_GUID}/v2\.0", ENTRA_V2, _SAME),
    (_ENTRA_HOST, r"/[^/]+/v2\.0", ENTRA_V2, None),  # by the tenant's domain name: the document names its id
    # The national clouds' documents are not settled by a source: only the global one's issuer is known.
    (r"login\.microsoftonline\.com", rf"/{_GUID}", ENTRA_V1, "https://sts.windows.net/{tenant}/"),
    (_ENTRA_HOST, r"/[^/]+", ENTRA_V1, None),
    (r"sts\.windows\.net", rf"/{_GUID}/?", ENTRA_V1, "https://sts.windows.net/{tenant}/"),
    (r".+\.ciamlogin\.com", rf"/{_GUID}/v2\.0", EXTERNAL_ID, "https://{tenant}.ciamlogin.com/{tenant}/v2.0"),
    (r".+\.ciamlogin\.com", r"/[^/]+/v2\.0", EXTERNAL_ID, None),
    (r".+\.b2clogin\.com", r"/.+", B2C, None),
    (r"auth\.pingone\.(?:com|eu|asia|ca|com\.au|sg)", r"/[^/]+/as", PINGONE, _SAME),
    (r"accounts\.google\.com", r"/?", GOOGLE, "https://accounts.google.com"),
    (r".+", r"(?:/.+)?/realms/[^/]+", KEYCLOAK, _SAME),
)


ENTRA = (ENTRA_V1, ENTRA_V2, ENTRA_MANY_TENANTS, EXTERNAL_ID)
"""The families with Entra's claims, roles and token requests."""


def is_host_of(host: str, *families: Family) -> bool:
    """Whether issuers of these families are on this host, whatever the path. For families with hosts of their own."""
    return any(family in families and re.fullmatch(pattern, host) for pattern, _, family, _ in _ROWS)


def family_of(issuer: object) -> Family | None:
    """The family of an issuer as a token or a document names it; None where it is none that is known."""
    found = recognize(issuer) if isinstance(issuer, str) else None
    return found and found.family


def tenant_of(issuer: str) -> str | None:
    """The id of the Entra tenant that an issuer is, where it is one."""
    found = re.search(_GUID, issuer)
    return found["tenant"] if found and family_of(issuer) in ENTRA else None


def recognize(url: str) -> Recognized | None:
    """The family of an issuer, by its URL or by that of its discovery document; None where it is none that is known."""
    issuer, _, suffix = _WELL_KNOWN.sub("\n", url, count=1).partition("\n")
    parts = re.fullmatch(r"https://(?P<host>[^/?#@\s]+)(?P<path>/[^?#\s]*)?", issuer + suffix)
    if parts is None:
        return None
    host, path = parts["host"].lower(), parts["path"] or ""
    for host_pattern, path_pattern, family, template in _ROWS:
        found = re.fullmatch(path_pattern, path)
        if found and re.fullmatch(host_pattern, host):
            return Recognized(family, template and template.format(host=host, path=path, **found.groupdict()))
    return None


@dataclass(frozen=True)
class Contradiction:
    """A list of an authorizer that tokens of its issuer never satisfy, and why."""

    key: str
    reason: str


def contradictions(
    family: Family,
    *,
    allowed_audience: Sequence[str] = (),
    allowed_clients: Sequence[str] = (),
    allowed_scopes: Sequence[str] = (),
    custom_claim_names: Sequence[str] = (),
) -> tuple[Contradiction, ...]:
    """The lists with which nobody would ever come in, since all lists of an authorizer have to hold."""
    if family.unusable:
        return (Contradiction("discoveryUrl", family.unusable),)
    found: list[Contradiction] = []
    if allowed_audience and presence(family, "aud") == "never":
        found.append(Contradiction("allowedAudience", f"{family.name}'s tokens have no aud"))
    elif allowed_audience and GRAPH_AUDIENCES.issuperset(allowed_audience):
        found.append(Contradiction("allowedAudience", "tokens for Microsoft Graph can be verified by nobody else"))
    if allowed_clients and presence(family, "client_id") == "never":
        instead = f"; the client is in {family.client_claim}, for customClaims" if family.client_claim else ""
        found.append(Contradiction("allowedClients", f"{family.name}'s tokens have no client_id{instead}"))
    if allowed_scopes and presence(family, "scope") == "never":
        instead = f"; they have {family.roles_claim}, for customClaims" if family.roles_claim else ""
        found.append(Contradiction("allowedScopes", f"{family.name}'s application tokens have no scopes{instead}"))
    for name in custom_claim_names:
        if name in CLIENT_CLAIMS and presence(family, name) == "never":
            other = "client_id, for allowedClients" if family.client_id == "always" else family.client_claim
            found.append(
                Contradiction("customClaims", f"{family.name}'s tokens have no {name}; the client is in {other}")
            )
        if name in ("aud", "scope", "scp") and presence(family, name.replace("scp", "scope")) == "never":
            found.append(Contradiction("customClaims", f"{family.name}'s tokens have no {name}"))
        if family is KEYCLOAK and name.startswith(_NESTED):
            reason = f"{name} is nested in Keycloak's tokens, where a custom claim cannot look: map it to a claim"
            found.append(Contradiction("customClaims", reason))
    return tuple(found)


def presence(family: Family | None, claim: str) -> Presence:
    """How often tokens of the family have a claim at their top level; `scope` stands for `scope` and `scp`."""
    if family is None:
        return "unknown"
    listed: dict[str, Presence] = {"client_id": family.client_id, "aud": family.audience, "scope": family.scopes}
    if claim in listed:
        return listed[claim]
    if claim == family.client_claim:
        return "always" if family.client_id == "never" else "sometimes"
    if (claim in CLIENT_CLAIMS and family.client_id != "unknown") or (family is KEYCLOAK and claim.startswith(_NESTED)):
        return "never"
    return "unknown"


def doubts(family: Family | None, claims: Sequence[str]) -> tuple[str, ...]:
    """Which of these claims the family's tokens may lack, in a sentence each; one for a family that is not known."""
    if family is None:
        return ("what this issuer's tokens carry is not known",)
    words = {"sometimes": "have it only sometimes", "unknown": "are not known to have it"}
    return tuple(
        f"{family.name}'s tokens {words[found]}: {claim}"
        for claim in dict.fromkeys(claims)
        if (found := presence(family, claim)) in words
    )


def fitting_lists(family: Family) -> str:
    """Which lists tokens of the family can satisfy, in words; empty where there are none."""
    if family.unusable:
        return ""
    lists: list[str] = []
    if family.client_id == "always":
        lists.append("allowedClients")
    elif family.client_id == "sometimes":
        lists.append(f"allowedClients (where the token has client_id) or customClaims on {family.client_claim}")
    if family.audience in {"always", "sometimes"}:
        lists.append("allowedAudience")
    if family.scopes in {"always", "sometimes"}:
        lists.append("allowedScopes")
    if family.client_id == "never" and family.client_claim:
        claims = [family.client_claim, *([family.roles_claim] if family.roles_claim else [])]
        lists.append(f"customClaims on {' and '.join(claims)}")
    return ", ".join(lists)
