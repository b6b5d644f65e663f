"""What lets a token in: the rules that `test_causes.py` shows being broken, kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.checking import issuer_of
from agentcore_auth.authorizer.model import Authorizer, CustomClaim
from agentcore_auth.authorizer.rules import Verdict, judge
from agentcore_auth.authorizer.shapes import AUTH0, COGNITO, OKTA, OKTA_WITH_CLIENT_ID, TokenShape, shape_of
from agentcore_auth.tokens.context import Context
from agentcore_auth.tokens.remedies import remedy_for, sentences_for
from tests.unit.issued_tokens import (
    AUTH0_CLIENT,
    AUTH0_ISSUER,
    COGNITO_CLIENT,
    COGNITO_ISSUER,
    NOW,
    OKTA_CLIENT,
    OKTA_ISSUER,
    auth0,
    auth0_plain,
    cognito,
    discovery_url,
    okta,
)

AT_COGNITO = discovery_url(COGNITO_ISSUER)
AT_AUTH0 = discovery_url(AUTH0_ISSUER)
AT_OKTA = discovery_url(OKTA_ISSUER)

ACCEPTED = {
    "Cognito, pinned": (
        Authorizer(AT_COGNITO, allowed_clients=(COGNITO_CLIENT,), allowed_scopes=("gateway/read", "gateway/write")),
        cognito(),
        COGNITO_ISSUER,
        ("client_id", "scope"),
    ),
    "Auth0, the tutorial's way": (
        Authorizer(AT_AUTH0, allowed_audience=("gateway123",)),
        auth0(),
        AUTH0_ISSUER,
        ("aud",),
    ),
    "Auth0, pinned": (
        Authorizer(
            AT_AUTH0,
            allowed_audience=("gateway123",),
            allowed_clients=(AUTH0_CLIENT,),
            allowed_scopes=("invoke:gateway",),
        ),
        auth0(),
        AUTH0_ISSUER,
        ("client_id", "aud", "scope"),
    ),
    "Auth0's azp by a custom claim": (
        Authorizer(AT_AUTH0, allowed_audience=("gateway123",), custom_claims=(CustomClaim("azp", (AUTH0_CLIENT,)),)),
        auth0_plain(),
        AUTH0_ISSUER,
        ("aud", "azp"),
    ),
    "an audience array with the right one in it": (
        Authorizer(AT_AUTH0, allowed_audience=("gateway123",)),
        auth0(aud=["https://other", "gateway123"]),
        AUTH0_ISSUER,
        ("aud",),
    ),
    "Okta's scopes in an array": (
        Authorizer(
            AT_OKTA,
            allowed_audience=("api://default",),
            allowed_scopes=("InvokeGateway",),
            custom_claims=(CustomClaim("cid", (OKTA_CLIENT,)),),
        ),
        okta(),
        OKTA_ISSUER,
        ("aud", "cid", "scope"),
    ),
    "scopes in a string named scp": (
        Authorizer(AT_OKTA, allowed_scopes=("InvokeGateway",)),
        okta(scp="Other InvokeGateway"),
        OKTA_ISSUER,
        ("scope",),
    ),
    "an array claim that contains one of several": (
        Authorizer(AT_OKTA, custom_claims=(CustomClaim("groups", ("a", "b"), "CONTAINS_ANY"),)),
        okta(groups=["b", "c"]),
        OKTA_ISSUER,
        ("groups",),
    ),
}


@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_token_is_accepted(case: tuple[Authorizer[str], dict[str, object], str, tuple[str, ...]]) -> None:
    authorizer, claims, issuer, matched = case
    verdict = judge(authorizer, claims, issuer=issuer, now=NOW)
    assert (verdict.status, verdict.cause, verdict.findings) == (200, None, ())
    assert verdict.matched == matched


def by_client(**changes: object) -> Verdict:
    authorizer = Authorizer(AT_COGNITO, allowed_clients=(COGNITO_CLIENT,))
    return judge(authorizer, cognito(**changes), issuer=COGNITO_ISSUER, now=NOW, leeway=30)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"exp": NOW - 29}, None),
        ({"exp": NOW - 30}, Cause.EXPIRED),
        ({"iat": NOW + 30}, None),
        ({"iat": NOW + 31}, Cause.NOT_YET_VALID),
        ({"nbf": NOW + 31}, Cause.NOT_YET_VALID),
        ({"exp": "tomorrow"}, Cause.EXPIRY_MISSING),
        ({"exp": True}, Cause.EXPIRY_MISSING),
        ({"exp": 10**400}, Cause.EXPIRY_MISSING),
        ({"exp": -1e308}, Cause.EXPIRED),
        ({"iat": "yesterday"}, Cause.TIME_MALFORMED),
        ({"iat": str(NOW - 10)}, Cause.TIME_MALFORMED),
        ({"nbf": "0"}, Cause.TIME_MALFORMED),
        ({"nbf": [NOW]}, Cause.TIME_MALFORMED),
        ({"nbf": False}, Cause.TIME_MALFORMED),
        ({"nbf": NOW - 0.5}, None),
    ],
)
def test_times_are_judged_with_leeway(changes: dict[str, object], cause: Cause | None) -> None:
    assert by_client(**changes).cause is cause


@pytest.mark.parametrize("odd", [None, 7, ["x"], {"a": 1}, "", True])
@pytest.mark.parametrize("claim", ["iss", "aud", "client_id", "scope", "scp", "token_use", "azp", "sub"])
def test_claims_of_any_type_get_a_verdict(claim: str, odd: object) -> None:
    authorizer = Authorizer(
        AT_COGNITO,
        allowed_clients=(COGNITO_CLIENT,),
        allowed_audience=("a",),
        allowed_scopes=("s",),
        custom_claims=() if claim == "client_id" else (CustomClaim(claim, ("value",)),),
    )
    claims = {**cognito(), claim: odd}
    assert judge(authorizer, claims, issuer=COGNITO_ISSUER, now=NOW).status in {401, 403}
    shape_of(claims)


def test_only_a_scope_that_is_missing_is_answered_with_403() -> None:
    authorizer = Authorizer(AT_COGNITO, allowed_clients=(COGNITO_CLIENT,), allowed_scopes=("gateway/admin",))
    assert judge(authorizer, cognito(), issuer=COGNITO_ISSUER, now=NOW).status == 403
    assert judge(authorizer, cognito(client_id="other"), issuer=COGNITO_ISSUER, now=NOW).status == 401


@pytest.mark.parametrize("separator", ["\t", "\n", ",", ";", "\u00a0", "\u2003", ", "])
def test_scopes_are_separated_by_a_space_and_nothing_else(separator: str) -> None:
    authorizer = Authorizer(AT_COGNITO, allowed_scopes=("gateway/read",))
    claims = cognito(scope=separator.join(["gateway/read", "gateway/write"]))
    verdict = judge(authorizer, claims, issuer=COGNITO_ISSUER, now=NOW)
    assert (verdict.status, verdict.cause) == (403, Cause.SCOPE_SEPARATOR)


def test_a_note_says_that_one_scope_being_enough_is_not_tried() -> None:
    authorizer = Authorizer(AT_COGNITO, allowed_scopes=("gateway/read", "gateway/admin"))
    verdict = judge(authorizer, cognito(), issuer=COGNITO_ISSUER, now=NOW)
    assert verdict.status == 200
    assert "not tried on a live gateway" in verdict.notes[0]


def test_an_id_token_that_fits_the_lists_is_let_in_with_a_note() -> None:
    authorizer = Authorizer(AT_COGNITO, allowed_audience=("app",))
    claims = cognito(token_use="id", aud="app", client_id=None, scope=None)
    verdict = judge(authorizer, claims, issuer=COGNITO_ISSUER, now=NOW)
    assert verdict.status == 200
    assert "ID token" in verdict.notes[0]


def test_another_issuer_at_entra_is_answered_with_403() -> None:
    tenant = "8f1e0d1c-0000-4000-8000-000000000000"
    issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
    authorizer = Authorizer(discovery_url(issuer), allowed_audience=("api://gateway",))
    claims = {"iss": f"https://sts.windows.net/{tenant}/", "aud": "api://gateway", "exp": NOW + 60, "appid": "x"}
    assert judge(authorizer, claims, issuer=issuer, now=NOW).status == 403


SHAPES = [
    (cognito(), COGNITO),
    (auth0(), AUTH0["rfc9068_profile_authz"]),
    (auth0(permissions=None), AUTH0["rfc9068_profile"]),
    (auth0_plain(), AUTH0["access_token"]),
    (auth0_plain(permissions=["a"]), AUTH0["access_token_authz"]),
    (auth0(iss="https://login.example.com/"), AUTH0["rfc9068_profile_authz"]),
    (okta(), OKTA),
    (okta(client_id=OKTA_CLIENT), OKTA_WITH_CLIENT_ID),
    ({"appid": "x", "aud": "y", "scp": "z"}, TokenShape("oidc", "appid", has_audience=True, scope_claim="scp")),
    ({"sub": "x"}, None),
]


@pytest.mark.parametrize(("claims", "shape"), SHAPES)
def test_a_tokens_shape_is_recognized(claims: dict[str, object], shape: TokenShape | None) -> None:
    assert shape_of(claims) == shape


DEMANDED = [
    Authorizer(AT_COGNITO, allowed_clients=(COGNITO_CLIENT,), allowed_audience=("a",)),
    Authorizer(AT_AUTH0, allowed_scopes=("a:b",), custom_claims=(CustomClaim("cid", ("a",)),)),
    Authorizer(AT_OKTA, custom_claims=(CustomClaim("scp", ("a", "b"), "CONTAINS_ANY"),)),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
ISSUERS = st.sampled_from([COGNITO_ISSUER, AUTH0_ISSUER, OKTA_ISSUER, "https://dev-org.okta.com", "https://[", "x", ""])
NAMES = st.sampled_from(["aud", "client_id", "azp", "cid", "scope", "scp", "exp", "iat", "nbf", "token_use", "sub"])


@given(
    claims=st.dictionaries(NAMES, VALUES, max_size=6),
    issuer=ISSUERS | VALUES,
    demanded=st.sampled_from(DEMANDED),
    provider=st.sampled_from([None, "cognito", "okta", "pool"]),
)
def test_any_claims_have_a_verdict_and_every_refusal_a_remedy(
    claims: dict[str, object], issuer: object, demanded: Authorizer[str], provider: str | None
) -> None:
    claims = {**claims, "iss": issuer}
    verdict = judge(demanded, claims, issuer=issuer_of(demanded.discovery_url, claims), now=NOW)
    context = Context(claims, demanded, provider)
    remedy = remedy_for(verdict.findings, context)
    assert (remedy is None) == (verdict.status == 200)
    assert all(sentence is None or "\n" not in sentence for sentence in sentences_for(verdict.findings, context))
