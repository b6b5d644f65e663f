"""Every spelling of an authorizer: read and written alike, refused where AWS would refuse it."""

from __future__ import annotations

import re
from enum import Enum
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.authorizer.model import Authorizer, AuthorizerError, CustomClaim, is_discovery_url, whole

URL = "https://issuer.example.com/.well-known/openid-configuration"
FULL = Authorizer(
    URL,
    allowed_audience=("api://default",),
    allowed_clients=("a", "b"),
    allowed_scopes=("gateway/read",),
    custom_claims=(
        CustomClaim("cid", ("0oa1",)),
        CustomClaim("groups", ("agents",), "CONTAINS"),
        CustomClaim("roles", ("x", "y"), "CONTAINS_ANY"),
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
        ("a", ["b"], "STRING_ARRAY", "CONTAINS"),
        ("a", "b", "STRING_ARRAY", "CONTAINS_ANY"),
        ("a", [], "STRING_ARRAY", "CONTAINS_ANY"),
        ("a", "", "STRING", "EQUALS"),
    ],
)
def test_a_custom_claim_that_aws_would_refuse_is_refused(
    name: str, value: str | list[str], value_type: str, operator: str
) -> None:
    key = "matchValueString" if isinstance(value, str) else "matchValueStringList"
    claim = {
        "inboundTokenClaimName": name,
        "inboundTokenClaimValueType": value_type,
        "authorizingClaimMatchValue": {"claimMatchOperator": operator, "claimMatchValue": {key: value}},
    }
    with pytest.raises(AuthorizerError, match="customClaims"):
        Authorizer.from_api({"discoveryUrl": URL, "customClaims": [claim]})


@pytest.mark.parametrize(
    ("claim", "value_type", "operator", "value"),
    [
        (CustomClaim("azp", ("a",)), "STRING", "EQUALS", {"matchValueString": "a"}),
        (CustomClaim("roles", ("a",), "CONTAINS"), "STRING_ARRAY", "CONTAINS", {"matchValueString": "a"}),
        (
            CustomClaim("roles", ("a", "b"), "CONTAINS_ANY"),
            "STRING_ARRAY",
            "CONTAINS_ANY",
            {"matchValueStringList": ["a", "b"]},
        ),
    ],
)
def test_a_custom_claim_is_spelled_as_the_api_spells_it(
    claim: CustomClaim[str], value_type: str, operator: str, value: dict[str, object]
) -> None:
    assert Authorizer(URL, custom_claims=(claim,)).to_api()["customClaims"] == [
        {
            "inboundTokenClaimName": claim.name,
            "inboundTokenClaimValueType": value_type,
            "authorizingClaimMatchValue": {"claimMatchOperator": operator, "claimMatchValue": value},
        }
    ]


def test_an_authorizer_is_an_argument_of_pulumi_aws() -> None:
    assert FULL.to_pulumi()["custom_jwt_authorizer"] == {
        "discovery_url": URL,
        "allowed_audiences": ["api://default"],
        "allowed_clients": ["a", "b"],
        "allowed_scopes": ["gateway/read"],
        "custom_claims": [
            {
                "inbound_token_claim_name": name,
                "inbound_token_claim_value_type": value_type,
                "authorizing_claim_match_value": {"claim_match_operator": operator, "claim_match_value": value},
            }
            for name, value_type, operator, value in (
                ("cid", "STRING", "EQUALS", {"match_value_string": "0oa1"}),
                ("groups", "STRING_ARRAY", "CONTAINS", {"match_value_string": "agents"}),
                ("roles", "STRING_ARRAY", "CONTAINS_ANY", {"match_value_string_lists": ["x", "y"]}),
            )
        ],
    }


class Unknown(Enum):
    UNKNOWN = 0


def in_preview(value: object) -> str | Unknown | None:
    return value if isinstance(value, str | Unknown) else None


def as_properties(arguments: object) -> object:
    """Python's names of arguments as the names of properties, which previews and policies see."""
    if isinstance(arguments, dict):
        fields = cast("dict[str, object]", arguments)
        return {
            re.sub("_(.)", lambda found: found[1].upper(), name): as_properties(value) for name, value in fields.items()
        }
    return (
        [as_properties(item) for item in cast("list[object]", arguments)] if isinstance(arguments, list) else arguments
    )


def test_what_a_preview_shows_is_read_back() -> None:
    properties = cast("dict[str, object]", as_properties(FULL.to_pulumi()))
    assert Authorizer.from_pulumi(properties, in_preview) == FULL


def test_values_and_lists_of_a_preview_may_be_unknown() -> None:
    jwt = {
        "discoveryUrl": Unknown.UNKNOWN,
        "allowedAudiences": None,
        "allowedClients": ["a", Unknown.UNKNOWN],
        "allowedScopes": Unknown.UNKNOWN,
    }
    shown = Authorizer.from_pulumi({"customJwtAuthorizer": jwt}, in_preview)
    assert shown == Authorizer(
        Unknown.UNKNOWN, allowed_clients=("a", Unknown.UNKNOWN), allowed_scopes=(Unknown.UNKNOWN,)
    )
    assert [allowed.name for allowed in shown.lists] == ["allowedClients", "allowedScopes"]


def test_a_stack_file_is_read_back() -> None:
    entry = FULL.to_stack_file()
    assert entry["customClaims"] == [
        {"name": "cid", "equals": "0oa1"},
        {"name": "groups", "contains": "agents"},
        {"name": "roles", "containsAny": ["x", "y"]},
    ]
    assert Authorizer.from_stack_file({**entry, "somethingElse": 1}) == FULL


def test_each_list_knows_the_claim_that_it_is_compared_with() -> None:
    assert {allowed.name: (allowed.claim, allowed.is_of_one_value) for allowed in FULL.lists} == {
        "allowedClients": ("client_id", True),
        "allowedAudience": ("aud", False),
        "allowedScopes": ("scope", False),
        "customClaims.cid": ("cid", True),
        "customClaims.groups": ("groups", False),
        "customClaims.roles": ("roles", False),
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["discoveryUrl", "allowedClients", "allowedAudience", "allowedScopes", "customClaims", "customJWTAuthorizer"]
)


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


def test_a_discovery_url_has_a_host() -> None:
    with pytest.raises(AuthorizerError, match="has to end in"):
        Authorizer("https://[x/.well-known/openid-configuration", allowed_audience=("a",))


def test_what_is_no_list_is_carried_whole_and_refused_where_the_plugin_cannot_set_it() -> None:
    managed = {"vpcIdentifier": "vpc-01234567", "tags": {"costCenter": "7"}}
    document = {**FULL.to_api(), "privateEndpoint": {"managedVpcResource": managed}}
    assert whole({"customJWTAuthorizer": document}).to_api() == document
    assert whole(document).to_pulumi()["custom_jwt_authorizer"]["private_endpoint"] == {
        "managed_vpc_resource": {"vpc_identifier": "vpc-01234567", "tags": {"costCenter": "7"}}
    }
    with pytest.raises(AuthorizerError, match="certificateConfigurations"):
        whole({**document, "certificateConfigurations": []}).to_pulumi()
