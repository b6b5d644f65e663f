"""What the page shows: each claim with its meaning and who looks at it, and what a token would need."""

from __future__ import annotations

import json

import pytest

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import Verdict, judge
from agentcore_auth.cli.inspect import Explainer
from agentcore_auth.inspection.explanation import Need, explained, needs_of
from agentcore_auth.inspection.meanings import MEANINGS, UNKNOWN, meaning_of
from tests.unit.issued_tokens import (
    AUTH0_ISSUER,
    NOW,
    OKTA_ISSUER,
    auth0,
    auth0_plain,
    cognito,
    discovery_url,
    okta,
    signed,
)

AUTHORIZER: dict[str, object] = {
    "discoveryUrl": discovery_url(AUTH0_ISSUER),
    "allowedAudience": ["https://api.example.com"],
    "allowedClients": ["somebody-else"],
    "allowedScopes": ["nothing:here"],
    "customClaims": [
        {
            "inboundTokenClaimName": "permissions",
            "inboundTokenClaimValueType": "STRING_ARRAY",
            "authorizingClaimMatchValue": {
                "claimMatchOperator": "CONTAINS_ANY",
                "claimMatchValue": {"matchValueStringList": ["a", "b"]},
            },
        }
    ],
}


def needs(claims: dict[str, object], issuer: str = AUTH0_ISSUER) -> dict[str, Need]:
    authorizer = Authorizer.from_api(AUTHORIZER)
    verdict = judge(authorizer, claims, issuer=issuer, now=NOW)
    return {need.part: need for need in needs_of(authorizer, verdict, claims)}


def test_every_part_of_the_authorizer_says_what_it_needs_and_what_the_token_has() -> None:
    found = needs(auth0(aud=["https://api.example.com", f"{AUTH0_ISSUER}userinfo"], permissions=["b"]))
    assert list(found) == [
        "discoveryUrl",
        "signature",
        "times",
        "allowedClients",
        "allowedAudience",
        "allowedScopes",
        "customClaims.permissions",
    ]
    assert {part for part, need in found.items() if not need.matches} == {"allowedClients", "allowedScopes"}
    assert found["allowedAudience"].has == ("https://api.example.com", f"{AUTH0_ISSUER}userinfo")
    assert found["allowedScopes"].claims == ("scope", "scp")
    custom = found["customClaims.permissions"]
    assert (custom.wants, custom.values) == ("a list with one of", ("a", "b"))


def test_a_token_of_another_issuer_is_told_the_right_one() -> None:
    found = needs(okta())["discoveryUrl"]
    assert (found.wants, found.values, found.has, found.matches) == (
        "the issuer",
        (AUTH0_ISSUER,),
        (OKTA_ISSUER,),
        False,
    )


def test_a_token_without_client_id_has_none_for_allowed_clients() -> None:
    assert needs(auth0_plain())["allowedClients"].has == ()


def test_a_token_that_has_ended_is_none_for_now() -> None:
    assert needs(auth0(exp=NOW - 1))["times"].matches is False


@pytest.mark.parametrize(
    ("cause", "matches"),
    [
        (None, True),
        (Cause.PASTED_ALONG, True),
        (Cause.AUDIENCE_ABSENT, True),
        (Cause.SIGNATURE_WRONG, False),
        (Cause.UNKNOWN_KEY, False),
        (Cause.ALGORITHM_NOT_ALLOWED, False),
        (Cause.DISCOVERY_UNREACHABLE, None),
        (Cause.JWKS_UNUSABLE, None),
    ],
)
def test_the_signature_is_known_where_the_issuer_s_keys_are(cause: Cause | None, matches: bool | None) -> None:
    verdict = Verdict.of([Finding(cause, "…")] if cause else [])
    [found] = [need for need in needs_of(Authorizer.from_api(AUTHORIZER), verdict, {}) if need.part == "signature"]
    assert found.matches is matches


@pytest.mark.parametrize("claims", [cognito(), auth0(), auth0_plain(), okta()])
def test_every_claim_of_a_known_provider_has_a_meaning(claims: dict[str, object]) -> None:
    assert [claim for claim in claims if meaning_of(claim) == UNKNOWN] == []
    assert meaning_of("https://example.com/own") == UNKNOWN


def test_meanings_are_short() -> None:
    assert [claim for claim, meaning in MEANINGS.items() if len(meaning) > 90 or meaning.endswith(".")] == []


def test_without_a_gateway_the_token_is_explained_and_an_authorizer_offered() -> None:
    found = json.loads(json.dumps(explained(signed(cognito()), None)))
    assert found["shape"] == "cognito"
    assert found["fits"]["allowedClients"]
    by_name = {claim["name"]: claim for claim in found["claims"]}
    assert by_name["exp"]["date"].startswith("2027-")
    assert by_name["client_id"]["lookedAtBy"] == []
    assert "judgement" not in found


def test_the_token_endpoint_s_answer_is_taken_for_its_token() -> None:
    token = signed(cognito())
    assert (
        explained(json.dumps({"access_token": token, "expires_in": 3600}), None)["claims"]
        == explained(token, None)["claims"]
    )


def test_without_a_gateway_what_is_no_token_is_refused() -> None:
    with pytest.raises(TokenError):
        explained("hello", None)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"token": ""}, "nothing to read"),
        ({"token": "x", "authorizer": "{"}, "the authorizer is not JSON"),
        ({"token": "x", "authorizer": "null"}, "the authorizer is no JSON object"),
        ({"token": "x", "authorizer": '{"authorizerType": "AWS_IAM"}'}, "AWS signatures instead of tokens"),
        ({"token": "x", "gateway": "other"}, "no such gateway"),
        ({}, "nothing to read"),
    ],
)
def test_what_is_wrong_with_the_question_is_said_in_a_line(asked: dict[str, object], says: str) -> None:
    error = Explainer({})(asked)["error"]
    assert says in str(error)
    assert "\n" not in str(error)
