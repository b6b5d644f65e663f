"""Every cause that `check` tells apart: a token, an authorizer, and the remedy in which it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.checking import examine, issuer_of, unpack
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import Verdict
from agentcore_auth.tokens.context import Context
from agentcore_auth.tokens.remedies import Remedy, remedy_for
from tests.unit.issued_tokens import (
    AUTH0_CLIENT,
    AUTH0_ISSUER,
    COGNITO_CLIENT,
    COGNITO_ISSUER,
    NOW,
    OKTA_CLIENT,
    OKTA_ISSUER,
    POOL,
    assembled,
    auth0,
    auth0_plain,
    cognito,
    discovery_url,
    key_set,
    okta,
    public_key,
    signed,
)


def claim(name: str, value: str | list[str], value_type: str = "STRING", operator: str = "EQUALS") -> dict[str, object]:
    match = {"matchValueString": value} if isinstance(value, str) else {"matchValueStringList": value}
    return {
        "inboundTokenClaimName": name,
        "inboundTokenClaimValueType": value_type,
        "authorizingClaimMatchValue": {"claimMatchOperator": operator, "claimMatchValue": match},
    }


def authorizer(issuer: str, **lists: object) -> dict[str, object]:
    return {"discoveryUrl": discovery_url(issuer), **lists}


FOR_COGNITO = authorizer(COGNITO_ISSUER, allowedClients=[COGNITO_CLIENT])
FOR_AUTH0 = authorizer(AUTH0_ISSUER, allowedAudience=["gateway123"])
FOR_OKTA = authorizer(OKTA_ISSUER, allowedAudience=["api://default"])


@dataclass(frozen=True)
class Case:
    """`says` is in the remedy's sentence; `fits` are lists of its authorizer, None for none at all."""

    token: str
    authorizer: dict[str, object]
    cause: Cause
    says: str
    configuration: dict[str, object] = field(default_factory=dict[str, object])
    fits: dict[str, object] | None = None
    status: int = 401
    provider: str | None = None


CASES = {
    "audience demanded of a Cognito token, which has none": Case(
        signed(cognito()),
        authorizer(COGNITO_ISSUER, allowedAudience=["gateway123"]),
        Cause.AUDIENCE_ABSENT,
        "leave allowedAudience out",
        {"cognito.allowedClients": [COGNITO_CLIENT]},
        {"allowedClients": [COGNITO_CLIENT]},
    ),
    "the same at an issuer under oidc": Case(
        signed(cognito()),
        authorizer(COGNITO_ISSUER, allowedAudience=["gateway123"]),
        Cause.AUDIENCE_ABSENT,
        "Cognito's client-credentials tokens have no audience",
        {"oidc.pool.allowedAudience": None, "oidc.pool.allowedClients": [COGNITO_CLIENT]},
        {"allowedClients": [COGNITO_CLIENT]},
        provider="pool",
    ),
    "clients demanded of Auth0's dialect with azp": Case(
        signed(auth0_plain()),
        authorizer(AUTH0_ISSUER, allowedClients=[AUTH0_CLIENT]),
        Cause.CLIENT_ID_ABSENT,
        "rfc9068_profile_authz",
        {"auth0.tokenDialect": "rfc9068_profile_authz"},
        {"allowedAudience": ["gateway123"], "customClaims": [claim("azp", AUTH0_CLIENT)]},
    ),
    "clients demanded of Okta's cid": Case(
        signed(okta()),
        authorizer(OKTA_ISSUER, allowedClients=[OKTA_CLIENT]),
        Cause.CLIENT_ID_ABSENT,
        "custom claim cid",
        {"okta.allowedClients": [OKTA_CLIENT]},
        {"allowedAudience": ["api://default"], "customClaims": [claim("cid", OKTA_CLIENT)]},
    ),
    "client id in another case": Case(
        signed(auth0()),
        authorizer(AUTH0_ISSUER, allowedClients=[AUTH0_CLIENT.lower()]),
        Cause.CLIENT_ID_CASE,
        "case-sensitive",
        {"auth0.allowedClients": [AUTH0_CLIENT]},
        {"allowedClients": [AUTH0_CLIENT]},
    ),
    "another client": Case(
        signed(cognito()),
        authorizer(COGNITO_ISSUER, allowedClients=["7other"]),
        Cause.CLIENT_ID_DIFFERS,
        "add it to allowedClients",
        {"cognito.allowedClients": [COGNITO_CLIENT]},
        {"allowedClients": ["7other", COGNITO_CLIENT]},
    ),
    "audience with a slash at its end": Case(
        signed(auth0(aud="https://api.example.com/")),
        authorizer(AUTH0_ISSUER, allowedAudience=["https://api.example.com"]),
        Cause.AUDIENCE_SLASH,
        "character by character",
        {"auth0.audience": "https://api.example.com/"},
        {"allowedAudience": ["https://api.example.com/"]},
    ),
    "audience in another case": Case(
        signed(auth0(aud="Gateway123")),
        FOR_AUTH0,
        Cause.AUDIENCE_CASE,
        '"Gateway123"',
        {"auth0.audience": "Gateway123"},
        {"allowedAudience": ["Gateway123"]},
    ),
    "audience with another scheme": Case(
        signed(okta()),
        authorizer(OKTA_ISSUER, allowedAudience=["default"]),
        Cause.AUDIENCE_SCHEME,
        '"api://default"',
        {"okta.audience": "api://default"},
        {"allowedAudience": ["api://default"], "customClaims": [claim("cid", OKTA_CLIENT)]},
    ),
    "audience array without the right one": Case(
        signed(auth0(aud=["gateway123", f"{AUTH0_ISSUER}userinfo"])),
        authorizer(AUTH0_ISSUER, allowedAudience=["gateway123,userinfo"]),
        Cause.AUDIENCE_ARRAY,
        "an entry of its own",
        {"auth0.audience": "gateway123"},
        {"allowedAudience": ["gateway123,userinfo", "gateway123"]},
    ),
    "another audience": Case(
        signed(auth0(aud="https://other.example.com")),
        FOR_AUTH0,
        Cause.AUDIENCE_DIFFERS,
        'audience "gateway123"',
        {"auth0.audience": "https://other.example.com"},
        {"allowedAudience": ["gateway123", "https://other.example.com"]},
    ),
    "no scope at all": Case(
        signed(auth0(scope=None)),
        {**FOR_AUTH0, "allowedScopes": ["invoke:gateway"]},
        Cause.SCOPE_ABSENT,
        "--scope invoke:gateway",
        {"auth0.scopes": ["invoke:gateway"]},
        status=403,
    ),
    "scope missing": Case(
        signed(cognito(scope="gateway/read")),
        {**FOR_COGNITO, "allowedScopes": ["gateway/admin"]},
        Cause.SCOPE_MISSING,
        "--scope gateway/admin",
        {"cognito.resourceServer": "gateway", "cognito.scopes": ["admin"]},
        status=403,
    ),
    "scope with the wrong separator in the authorizer": Case(
        signed(cognito(scope="gateway/read")),
        {**FOR_COGNITO, "allowedScopes": ["gateway:read"]},
        Cause.SCOPE_SEPARATOR,
        "resourceServer/scope",
        {"cognito.resourceServer": "gateway", "cognito.scopes": ["read"]},
        {"allowedClients": [COGNITO_CLIENT], "allowedScopes": ["gateway/read"]},
        status=403,
    ),
    "scopes separated by commas in the token": Case(
        signed(auth0(scope="invoke:gateway,read:gateway")),
        {**FOR_AUTH0, "allowedScopes": ["invoke:gateway"]},
        Cause.SCOPE_SEPARATOR,
        "by spaces",
        fits={"allowedAudience": ["gateway123"], "allowedScopes": ["invoke:gateway,read:gateway"]},
        status=403,
    ),
    "scope without the resource server before it": Case(
        signed(cognito(scope="gateway/read")),
        {**FOR_COGNITO, "allowedScopes": ["read"]},
        Cause.SCOPE_PREFIX,
        '["gateway/read"]',
        {"cognito.resourceServer": "gateway", "cognito.scopes": ["read"]},
        {"allowedClients": [COGNITO_CLIENT], "allowedScopes": ["gateway/read"]},
        status=403,
    ),
    "ID token instead of access token": Case(
        signed(cognito(token_use="id", aud=COGNITO_CLIENT, client_id=None, scope=None)),
        FOR_COGNITO,
        Cause.ID_TOKEN,
        "access token instead",
    ),
    "Auth0's ID token": Case(
        signed(auth0(aud=AUTH0_CLIENT, client_id=None, scope=None, permissions=None, nonce="n", email="a@example.com")),
        FOR_AUTH0,
        Cause.ID_TOKEN,
        "access token instead",
    ),
    "token of another region's pool": Case(
        signed(cognito(iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aBcDeFgHi"), kid="elsewhere"),
        FOR_COGNITO,
        Cause.OTHER_REGION,
        "eu-west-1_aBcDeFgHi/.well-known/openid-configuration",
        {"cognito.userPoolId": "eu-west-1_aBcDeFgHi", "aws:region": "eu-west-1"},
        {"allowedClients": [COGNITO_CLIENT]},
    ),
    "token of another pool": Case(
        signed(cognito(iss=COGNITO_ISSUER[:-1] + "X"), kid="elsewhere"),
        FOR_COGNITO,
        Cause.OTHER_POOL,
        "gateway's own issuer",
        {"cognito.userPoolId": POOL[:-1] + "X"},
        {"allowedClients": [COGNITO_CLIENT]},
    ),
    "token of another tenant": Case(
        signed(auth0(iss="https://prod-tenant.eu.auth0.com/"), kid="elsewhere"),
        FOR_AUTH0,
        Cause.OTHER_TENANT,
        "gateway's own issuer",
        {"auth0:domain": "prod-tenant.eu.auth0.com"},
        {"allowedAudience": ["gateway123"]},
    ),
    "token of another org": Case(
        signed(okta(iss="https://prod-org.okta.com/oauth2/default"), kid="elsewhere"),
        FOR_OKTA,
        Cause.OTHER_TENANT,
        "gateway's own issuer",
        {"okta:orgName": "prod-org"},
        {"allowedAudience": ["api://default"]},
    ),
    "token of another authorization server": Case(
        signed(okta(iss="https://dev-org.okta.com/oauth2/aus1example"), kid="elsewhere"),
        FOR_OKTA,
        Cause.OTHER_AUTHORIZATION_SERVER,
        "https://dev-org.okta.com/oauth2/aus1example/.well-known/openid-configuration",
        {"okta.authorizationServer": "own"},
        {"allowedAudience": ["api://default"]},
    ),
    "token of another issuer": Case(
        signed(auth0()),
        FOR_OKTA,
        Cause.OTHER_ISSUER,
        "gateway's own issuer",
        fits={
            "allowedAudience": ["gateway123"],
            "allowedClients": [AUTH0_CLIENT],
            "allowedScopes": ["invoke:gateway", "read:gateway"],
        },
    ),
    "Auth0's issuer without its slash": Case(
        signed(auth0(iss=AUTH0_ISSUER.rstrip("/"))),
        FOR_AUTH0,
        Cause.ISSUER_SLASH,
        "ends in a slash",
        {"auth0:domain": "dev-tenant.us.auth0.com"},
    ),
    "token of Okta's org authorization server": Case(
        signed(okta(iss="https://dev-org.okta.com", aud="https://dev-org.okta.com"), kid="org"),
        FOR_OKTA,
        Cause.ORG_SERVER_TOKEN,
        "https://dev-org.okta.com/oauth2/default/v1/token",
        {"okta.authorizationServer": "default"},
    ),
    "opaque token": Case("00Rn9fq4vQ2VbR7Yw0ExampleOpaque_-", FOR_AUTH0, Cause.OPAQUE_TOKEN, "`audience`"),
    "encrypted token": Case(
        f"{assembled({'alg': 'dir', 'enc': 'A256GCM'}, b'')}.iv.tag", FOR_AUTH0, Cause.ENCRYPTED_TOKEN, "signed token"
    ),
    "not a token at all": Case("hello", FOR_AUTH0, Cause.NOT_A_TOKEN, "the access token and nothing else"),
    "the token endpoint's whole answer": Case(
        '{"access_token": "eyJ"}', FOR_AUTH0, Cause.NOT_A_TOKEN, "the access token and nothing else"
    ),
    "expired": Case(signed(cognito(exp=NOW - 60)), FOR_COGNITO, Cause.EXPIRED, "--no-cache"),
    "without an expiry": Case(signed(cognito(exp=None)), FOR_COGNITO, Cause.EXPIRY_MISSING, "set exp"),
    "issued by a clock that is ahead": Case(signed(cognito(iat=NOW + 90)), FOR_COGNITO, Cause.NOT_YET_VALID, "NTP"),
    "not yet valid": Case(signed(auth0(nbf=NOW + 90)), FOR_AUTH0, Cause.NOT_YET_VALID, "NTP"),
    "signed with a key that is not in the key set": Case(
        signed(cognito(), kid="rotated"), FOR_COGNITO, Cause.UNKNOWN_KEY, "changed its keys"
    ),
    "algorithm none": Case(
        assembled({"alg": "none", "kid": "current"}, cognito(), b""),
        FOR_COGNITO,
        Cause.ALGORITHM_NOT_ALLOWED,
        "RS256",
    ),
    "HS256 with the public key as secret": Case(
        jwt.encode(cognito(), public_key()["n"], "HS256", headers={"kid": "current"}),
        FOR_COGNITO,
        Cause.ALGORITHM_NOT_ALLOWED,
        "HS256",
    ),
    "signed with another key of the same id": Case(
        signed(cognito(), key="forger"), FOR_COGNITO, Cause.SIGNATURE_WRONG, "whole and unchanged"
    ),
    "with the prefix Bearer": Case(
        f"Bearer {signed(cognito())}", FOR_COGNITO, Cause.PASTED_ALONG, "once, after `Authorization: Bearer `"
    ),
    "custom claim that is an array": Case(
        signed(auth0(roles=["agent"])),
        {**FOR_AUTH0, "customClaims": [claim("roles", "agent")]},
        Cause.CLAIM_TYPE,
        "STRING_ARRAY with CONTAINS",
        fits={"allowedAudience": ["gateway123"], "customClaims": [claim("roles", "agent", "STRING_ARRAY", "CONTAINS")]},
    ),
    "custom claim that is a string": Case(
        signed(auth0(roles="agent")),
        {**FOR_AUTH0, "customClaims": [claim("roles", ["agent"], "STRING_ARRAY", "CONTAINS_ANY")]},
        Cause.CLAIM_TYPE,
        "STRING with EQUALS",
        fits={"allowedAudience": ["gateway123"], "customClaims": [claim("roles", "agent")]},
    ),
    "custom claim that is a number": Case(
        signed(auth0(level=7)),
        {**FOR_AUTH0, "customClaims": [claim("level", "7")]},
        Cause.CLAIM_TYPE,
        "as a string",
    ),
    "a time in quotes": Case(signed(cognito(nbf="1800000000")), FOR_COGNITO, Cause.TIME_MALFORMED, "without quotes"),
    "custom claim that is not there": Case(
        signed(auth0()), {**FOR_AUTH0, "customClaims": [claim("team", "a")]}, Cause.CLAIM_ABSENT, "access tokens"
    ),
    "custom claim with another value": Case(
        signed(okta()),
        {**FOR_OKTA, "customClaims": [claim("cid", "0oaOther")]},
        Cause.CLAIM_DIFFERS,
        '["0oaOther"]',
        fits={"allowedAudience": ["api://default"], "customClaims": [claim("cid", OKTA_CLIENT)]},
    ),
}


def examined(case: Case) -> tuple[Verdict, Remedy]:
    demanded = Authorizer.from_api(case.authorizer)
    pasted = unpack(case.token)
    claims = pasted.parts.claims if pasted.parts else {}
    issuer = issuer_of(demanded.discovery_url, {})
    verdict = examine(pasted, demanded, issuer=issuer, jwks=key_set(), now=NOW)
    remedy = remedy_for(verdict.findings, Context(claims, demanded, case.provider, "dev"))
    assert remedy is not None
    return verdict, remedy


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_cause_ends_in_its_remedy(case: Case) -> None:
    verdict, remedy = examined(case)
    assert (verdict.status, verdict.cause) == (case.status, case.cause)
    assert case.says in remedy.text
    assert remedy.configuration == case.configuration
    lists = {key: value for key, value in (remedy.authorizer or {}).items() if key != "discoveryUrl"}
    assert (lists or None) == case.fits


AUTHORIZERS_SIDE = [name for name, case in CASES.items() if case.fits is not None]


@pytest.mark.parametrize("name", AUTHORIZERS_SIDE)
def test_the_remedys_authorizer_lets_the_token_in(name: str) -> None:
    case = CASES[name]
    _, remedy = examined(case)
    fitting = Authorizer.from_api(remedy.authorizer or {})
    pasted = unpack(case.token)
    assert pasted.parts is not None
    # A token of another issuer is signed with keys that only that issuer's own key set has.
    keys: dict[str, Any] = {"keys": [public_key(), public_key("elsewhere")]}
    issuer = issuer_of(fitting.discovery_url, pasted.parts.claims)
    assert examine(pasted, fitting, issuer=issuer, jwks=keys, now=NOW).status == 200


def test_every_cause_of_a_refused_token_is_in_the_table_or_comes_from_documents() -> None:
    of_a_request = {cause for cause in Cause if cause.rank >= Cause.UNREACHABLE.rank}
    of_documents = {cause for cause in Cause if cause.value.startswith(("discovery_", "jwks_"))}
    of_the_authorizer = {Cause.NO_LIST, Cause.AUTHORIZER_INVALID}
    of_an_existing_issuer = {Cause.GRAPH_TOKEN}  # test_reported_tokens.py
    of_a_forger = {Cause.HEADER_NOT_UNDERSTOOD, Cause.OTHER_KIND_OF_TOKEN, Cause.KEY_TOO_SHORT}  # test_forgeries.py
    assert {case.cause for case in CASES.values()} == (
        set(Cause) - of_a_request - of_documents - of_the_authorizer - of_an_existing_issuer - of_a_forger
    )


def test_clock_skew_is_named_in_seconds() -> None:
    verdict, _ = examined(CASES["issued by a clock that is ahead"])
    assert "90 seconds ahead" in verdict.findings[0].message


TIMES: list[tuple[dict[str, object], Cause, str, str]] = [
    ({"exp": NOW - 45_793_453}, Cause.EXPIRED, "the token expired 530 days ago", "Get a new token"),
    ({"exp": NOW - 1}, Cause.EXPIRED, "expired a second ago", "Get a new token"),
    ({"exp": -5}, Cause.EXPIRED, "(exp is 1969-12-31T23:59:55Z)", "Get a new token"),
    ({"exp": -1e300}, Cause.EXPIRED, "the token expired 1000000 years ago", "Get a new token"),
    ({"nbf": NOW + 7200}, Cause.NOT_YET_VALID, "2 hours ahead", "NTP"),
    ({"iat": NOW * 1000}, Cause.NOT_YET_VALID, "iat is in milliseconds", "in seconds since 1970"),
]


@pytest.mark.parametrize(("claims", "cause", "message", "remedy"), TIMES)
def test_times_are_told_in_units_that_a_person_reads(
    claims: dict[str, object], cause: Cause, message: str, remedy: str
) -> None:
    verdict, told = examined(
        Case(signed(cognito(**claims)), authorizer(COGNITO_ISSUER, allowedClients=[COGNITO_CLIENT]), cause, "")
    )
    assert verdict.cause is cause
    assert message in verdict.findings[0].message
    assert remedy in told.text


def test_every_mismatch_is_found_not_only_the_first() -> None:
    case = Case(
        signed(cognito(exp=NOW - 1)),
        authorizer(COGNITO_ISSUER, allowedAudience=["a"], allowedClients=["b"], allowedScopes=["c"]),
        Cause.EXPIRED,
        "",
    )
    verdict, remedy = examined(case)
    assert [finding.cause for finding in verdict.findings] == [
        Cause.EXPIRED,
        Cause.CLIENT_ID_DIFFERS,
        Cause.AUDIENCE_ABSENT,
        Cause.SCOPE_MISSING,
    ]
    assert remedy.configuration["cognito.allowedClients"] == [COGNITO_CLIENT]


def test_a_remedy_names_the_command_for_the_stack_and_provider() -> None:
    findings = examined(CASES["expired"])[0].findings
    remedy = remedy_for(findings, Context(cognito(), None, "cognito", "prod"))
    assert remedy is not None
    assert "agentcore-auth get --stack prod --idp cognito --no-cache" in remedy.text


def test_nothing_is_corrected_in_the_authorizer_for_an_id_token() -> None:
    assert examined(CASES["ID token instead of access token"])[1].authorizer is None
