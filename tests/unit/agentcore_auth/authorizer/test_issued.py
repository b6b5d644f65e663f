"""What an authorizer checks follows from what the provider's tokens say: `docs/authorizers.md` has the same table."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from agentcore_auth.authorizer.issued import IssuedTokens
from agentcore_auth.authorizer.model import Authorizer, CustomClaim
from agentcore_auth.authorizer.shapes import AUTH0, COGNITO, OKTA, OKTA_WITH_CLIENT_ID, TokenShape
from agentcore_auth.mode import Mode
from tests.unit.project import PROJECT

URL = "https://issuer.example.com/.well-known/openid-configuration"
AZP = CustomClaim("azp", ("a",))
CID = CustomClaim("cid", ("a",))


def issued(shape: TokenShape, *clients: str) -> IssuedTokens[str]:
    return IssuedTokens(shape, clients or ("a",), ("s",), audience="aud" if shape.has_audience else None)


def checking(
    audience: tuple[str, ...] = (),
    clients: tuple[str, ...] = (),
    scopes: tuple[str, ...] = (),
    *claims: CustomClaim[str],
) -> Authorizer[str]:
    return Authorizer(URL, audience, clients, scopes, claims)


# Each row: the case, its tokens, the mode, and what is checked.
CASES: list[tuple[str, IssuedTokens[str], Mode, Authorizer[str]]] = [
    ("cognito", issued(COGNITO, "a", "b"), "pinned", checking((), ("a", "b"), ("s",))),
    ("cognito", issued(COGNITO, "a", "b"), "tutorial", checking((), ("a", "b"))),
    *(
        (f"auth0 {dialect}", issued(AUTH0[dialect], "a", "b"), "pinned", checking(("aud",), ("a", "b"), ("s",)))
        for dialect in ("rfc9068_profile", "rfc9068_profile_authz")
    ),
    *(
        (f"auth0 {dialect}", issued(AUTH0[dialect]), "pinned", checking(("aud",), (), ("s",), AZP))
        for dialect in ("access_token", "access_token_authz")
    ),
    *((f"auth0 {dialect}", issued(AUTH0[dialect], "a", "b"), "tutorial", checking(("aud",))) for dialect in AUTH0),
    ("okta, one client", issued(OKTA), "pinned", checking(("aud",), (), ("s",), CID)),
    (
        "okta, several clients",
        issued(OKTA_WITH_CLIENT_ID, "a", "b"),
        "pinned",
        checking(("aud",), ("a", "b"), ("s",)),
    ),
    ("okta, several clients", issued(OKTA, "a", "b"), "tutorial", checking(("aud",))),
]


@pytest.mark.parametrize(("case", "tokens", "mode", "checked"), CASES, ids=[f"{c[0]}, {c[2]}" for c in CASES])
def test_the_authorizer_checks_what_the_tokens_offer(
    case: str, tokens: IssuedTokens[str], mode: Mode, checked: Authorizer[str]
) -> None:
    assert tokens.authorizer(URL, mode) == checked, case


def test_an_audience_cannot_be_demanded_of_cognito() -> None:
    with pytest.raises(ValueError, match="have no audience"):
        IssuedTokens(COGNITO, ("a",), ("s",), audience="api")


def test_several_clients_do_not_fit_into_a_claim_that_takes_one_value() -> None:
    with pytest.raises(ValueError, match="azp can be checked for one client, not 2"):
        issued(AUTH0["access_token"], "a", "b").authorizer(URL, "pinned")


def test_the_documentation_has_the_same_table() -> None:
    rows = (PROJECT / "docs/authorizers.md").read_text(encoding="utf-8").splitlines()
    documented = {tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows if row.startswith("| ")}
    for case, _, mode, checked in CASES:
        given = [
            "allowedAudience" if checked.allowed_audience else "",
            "allowedClients" if checked.allowed_clients else "",
            "allowedScopes" if checked.allowed_scopes else "",
            f"claim `{checked.custom_claims[0].name}`" if checked.custom_claims else "",
        ]
        cells = (case, f"`{mode}`", *given)
        assert cells in documented, f"docs/authorizers.md has no row | {' | '.join(cells)} |"


def test_the_program_in_the_documentation_runs() -> None:
    page = (PROJECT / "docs/authorizers.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, timeout=60, check=True)


SPELLINGS = re.compile(
    "custom_jwt_authorizer|customJwtAuthorizer|allowed_audiences|allowedAudiences"
    "|match_value_|matchValue|claim_match_|claimMatch|inbound_token|inboundToken"
)


def test_only_one_module_knows_how_authorizers_are_spelled() -> None:
    rooms = ("agentcore_auth", "components", "configuration", "idp", "policy")
    sources = [*PROJECT.glob("*.py"), *(path for room in rooms for path in (PROJECT / room).rglob("*.py"))]
    knowing: dict[str, Any] = {
        str(path.relative_to(PROJECT)): found
        for path in sources
        if (found := [line for line in path.read_text(encoding="utf-8").splitlines() if SPELLINGS.search(line)])
    }
    assert set(knowing) == {"agentcore_auth/authorizer/model.py"}, knowing
