"""What an authorizer checks follows from what the provider's tokens say: `docs/authorizers.md` has the same table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agentcore_auth.authorizer.shapes import AUTH0, COGNITO, OKTA, OKTA_WITH_CLIENT_ID, TokenShape
from components.authorizer import Constraints, constraints, document
from configuration.section import Mode
from idp.base import IssuedTokens, RequiredClaim, RequiredClaims

AZP = RequiredClaim("azp", "a")
CID = RequiredClaim("cid", "a")


def issued(shape: TokenShape, *clients: str) -> IssuedTokens:
    return IssuedTokens(shape, clients or ("a",), ("s",), audience="aud" if shape.has_audience else None)


EXISTING = RequiredClaims(audience=("x",), client_ids=("c",), scopes=("s",), claims=(RequiredClaim("role", "r"),))

# Each row: the case, its tokens, the mode, and what is checked.
CASES: list[tuple[str, IssuedTokens | RequiredClaims, Mode, Constraints]] = [
    ("cognito", issued(COGNITO, "a", "b"), "pinned", Constraints(client_ids=("a", "b"), scopes=("s",))),
    ("cognito", issued(COGNITO, "a", "b"), "tutorial", Constraints(client_ids=("a", "b"))),
    *(
        (f"auth0 {dialect}", issued(AUTH0[dialect], "a", "b"), "pinned", Constraints(("aud",), ("a", "b"), ("s",)))
        for dialect in ("rfc9068_profile", "rfc9068_profile_authz")
    ),
    *(
        (f"auth0 {dialect}", issued(AUTH0[dialect]), "pinned", Constraints(("aud",), scopes=("s",), claims=[AZP]))
        for dialect in ("access_token", "access_token_authz")
    ),
    *((f"auth0 {dialect}", issued(AUTH0[dialect], "a", "b"), "tutorial", Constraints(("aud",))) for dialect in AUTH0),
    ("okta, one client", issued(OKTA), "pinned", Constraints(("aud",), scopes=("s",), claims=[CID])),
    (
        "okta, several clients",
        issued(OKTA_WITH_CLIENT_ID, "a", "b"),
        "pinned",
        Constraints(("aud",), ("a", "b"), ("s",)),
    ),
    ("okta, several clients", issued(OKTA, "a", "b"), "tutorial", Constraints(("aud",))),
    ("oidc", EXISTING, "pinned", Constraints(("x",), ("c",), ("s",), (RequiredClaim("role", "r"),))),
    ("oidc", EXISTING, "tutorial", Constraints(("x",), ("c",), ("s",), (RequiredClaim("role", "r"),))),
]


@pytest.mark.parametrize(("case", "tokens", "mode", "checked"), CASES, ids=[f"{c[0]}, {c[2]}" for c in CASES])
def test_the_authorizer_checks_what_the_tokens_offer(
    case: str, tokens: IssuedTokens | RequiredClaims, mode: Mode, checked: Constraints
) -> None:
    assert constraints(tokens, mode) == checked, case


def test_an_authorizer_without_any_list_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one of"):
        Constraints()


def test_an_audience_cannot_be_demanded_of_cognito() -> None:
    with pytest.raises(ValueError, match="have no audience"):
        IssuedTokens(COGNITO, ("a",), ("s",), audience="api")


def test_several_clients_do_not_fit_into_a_claim_that_takes_one_value() -> None:
    with pytest.raises(ValueError, match="azp can be checked for one client, not 2"):
        constraints(issued(AUTH0["access_token"], "a", "b"), "pinned")


def test_the_document_leaves_empty_lists_out() -> None:
    assert document("https://i/.well-known/openid-configuration", Constraints(("aud",))) == {
        "discoveryUrl": "https://i/.well-known/openid-configuration",
        "allowedAudience": ["aud"],
    }


@pytest.mark.parametrize(
    ("claim", "value_type", "operator", "value"),
    [
        (RequiredClaim("azp", "a"), "STRING", "EQUALS", {"matchValueString": "a"}),
        (RequiredClaim("roles", contains="a"), "STRING_ARRAY", "CONTAINS", {"matchValueString": "a"}),
        (
            RequiredClaim("roles", contains_any=("a", "b")),
            "STRING_ARRAY",
            "CONTAINS_ANY",
            {"matchValueStringList": ["a", "b"]},
        ),
    ],
)
def test_a_custom_claim_is_spelled_as_the_api_spells_it(
    claim: RequiredClaim, value_type: str, operator: str, value: dict[str, object]
) -> None:
    assert document("https://i/.well-known/openid-configuration", Constraints(claims=(claim,)))["customClaims"] == [
        {
            "inboundTokenClaimName": claim.name,
            "inboundTokenClaimValueType": value_type,
            "authorizingClaimMatchValue": {"claimMatchOperator": operator, "claimMatchValue": value},
        }
    ]


def test_the_documentation_has_the_same_table() -> None:
    rows = Path(__file__).parents[2].joinpath("docs/authorizers.md").read_text(encoding="utf-8").splitlines()
    documented = {tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows if row.startswith("| ")}
    for case, tokens, mode, _ in CASES:
        checked = constraints(tokens, mode)
        lists = [
            "allowedAudience" if checked.audience else "",
            "allowedClients" if checked.client_ids else "",
            "allowedScopes" if checked.scopes else "",
            "custom claims" if case == "oidc" else f"claim `{checked.claims[0].name}`" if checked.claims else "",
        ]
        cells = (case, f"`{mode}`", *lists)
        assert cells in documented, f"docs/authorizers.md has no row | {' | '.join(cells)} |"


def test_only_one_module_makes_authorizers() -> None:
    root = Path(__file__).parents[2]
    sources = [*root.glob("*.py"), *root.glob("components/*.py"), *root.glob("idp/*.py")]
    makers = [
        path.name for path in sources if re.search(r"custom_jwt_authorizer|CustomJwtAuthorizer", path.read_text())
    ]
    assert makers == ["authorizer.py"]
