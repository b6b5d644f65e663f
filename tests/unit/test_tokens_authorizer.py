"""The authorizer's JSON: read bare or wrapped, written as the API spells it, refused where AWS would refuse it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.model import Authorizer, AuthorizerError, CustomClaim, is_discovery_url
from tests.unit.property_tests import PATIENTLY

URL = "https://issuer.example.com/.well-known/openid-configuration"
FULL = Authorizer(
    URL,
    allowed_audience=("api://default",),
    allowed_clients=("a", "b"),
    allowed_scopes=("gateway/read",),
    custom_claims=(
        CustomClaim("cid", "0oa1"),
        CustomClaim("groups", "agents", "STRING_ARRAY", "CONTAINS"),
        CustomClaim("roles", ("x", "y"), "STRING_ARRAY", "CONTAINS_ANY"),
    ),
)


@pytest.mark.parametrize("wrap", [[], ["customJWTAuthorizer"], ["customJWTAuthorizer", "authorizerConfiguration"]])
def test_an_authorizer_is_read_bare_or_wrapped(wrap: list[str]) -> None:
    document: dict[str, object] = FULL.to_api()
    for key in wrap:
        document = {key: document}
    assert Authorizer.from_api(document) == FULL


def test_absent_lists_are_left_out() -> None:
    assert Authorizer(URL, allowed_clients=("a",)).to_api() == {"discoveryUrl": URL, "allowedClients": ["a"]}


REFUSED = {
    "no list": ({"discoveryUrl": URL}, Cause.NO_LIST, "at least one of"),
    "only an empty list": ({"discoveryUrl": URL, "allowedClients": []}, Cause.NO_LIST, "allowedClients is empty"),
    "an empty list beside another": (
        {"discoveryUrl": URL, "allowedClients": ["a"], "allowedScopes": []},
        Cause.AUTHORIZER_INVALID,
        "allowedScopes is empty",
    ),
    "no URL": ({"allowedClients": ["a"]}, Cause.AUTHORIZER_INVALID, "discoveryUrl"),
    "the issuer as URL": (
        {"discoveryUrl": "https://issuer.example.com", "allowedClients": ["a"]},
        Cause.AUTHORIZER_INVALID,
        "/.well-known/openid-configuration",
    ),
    "a misspelt key": (
        {"discoveryUrl": URL, "allowedAudiences": ["a"]},
        Cause.AUTHORIZER_INVALID,
        'unknown key "allowedAudiences"',
    ),
    "a text for a list": ({"discoveryUrl": URL, "allowedClients": "a"}, Cause.AUTHORIZER_INVALID, "has to be a list"),
    "a number in a list": ({"discoveryUrl": URL, "allowedClients": [1]}, Cause.AUTHORIZER_INVALID, "has to be a text"),
    "an empty audience": ({"discoveryUrl": URL, "allowedAudience": [""]}, Cause.AUTHORIZER_INVALID, "empty value"),
    "two scopes in one": (
        {"discoveryUrl": URL, "allowedScopes": ["a b"]},
        Cause.AUTHORIZER_INVALID,
        "separate entries",
    ),
    "a claim without a value": (
        {"discoveryUrl": URL, "customClaims": [{"inboundTokenClaimName": "a"}]},
        Cause.AUTHORIZER_INVALID,
        "authorizingClaimMatchValue",
    ),
}


@pytest.mark.parametrize(("document", "cause", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_aws_would_refuse_is_refused(document: dict[str, object], cause: Cause, says: str) -> None:
    with pytest.raises(AuthorizerError) as refused:
        Authorizer.from_api(document)
    assert refused.value.cause is cause
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("name", "value", "value_type", "operator"),
    [
        ("cust-om", "a", "STRING", "EQUALS"),
        ("a", "https://x", "STRING", "EQUALS"),
        ("a", "b", "STRING", "CONTAINS"),
        ("a", "b", "STRING_ARRAY", "EQUALS"),
        ("a", ("b",), "STRING_ARRAY", "CONTAINS"),
        ("a", "b", "STRING_ARRAY", "CONTAINS_ANY"),
        ("a", (), "STRING_ARRAY", "CONTAINS_ANY"),
        ("a", "", "STRING", "EQUALS"),
    ],
)
def test_a_custom_claim_that_aws_would_refuse_is_refused(
    name: str, value: str | tuple[str, ...], value_type: str, operator: str
) -> None:
    with pytest.raises(AuthorizerError):
        CustomClaim(name, value, value_type, operator)  # pyright: ignore[reportArgumentType]  # as JSON would give it


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["discoveryUrl", "allowedClients", "allowedAudience", "allowedScopes", "customClaims", "customJWTAuthorizer"]
)


@PATIENTLY
@given(st.dictionaries(KEYS, JSON | st.just(URL), max_size=5))
def test_any_json_is_an_authorizer_or_refused(document: dict[str, object]) -> None:
    try:
        authorizer = Authorizer.from_api(document)
    except AuthorizerError:
        return
    assert Authorizer.from_api(authorizer.to_api()) == authorizer


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        (URL, True),
        ("http://issuer.example.com/.well-known/openid-configuration", False),
        ("https://issuer.example.com/.well-known/openid-configuration?x=1", False),
        ("https://issuer.example.com", False),
    ],
)
def test_discovery_urls_are_https_and_well_known(url: str, is_one: bool) -> None:
    assert is_discovery_url(url) is is_one
