"""Who may call a tool: provider x dialect x client or scope, with what has to come of it.

The rules are those of AgentCore's developer guide ("policy-scope", "example-policies-principal") and of the providers'
tokens. The library decides each row, and so does the sandbox's gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentcore_auth.access.rules import Rule, TokenClaims
from agentcore_auth.authorizer.families import ENTRA_V1, ENTRA_V2, KEYCLOAK
from agentcore_auth.authorizer.shapes import AUTH0, COGNITO, OKTA, OKTA_WITH_CLIENT_ID

CLIENT = "0oa1agent"
SCOPE = "orders:read"
TOOL = "store___stock"


@dataclass(frozen=True)
class Row:
    """A token that a provider issues, what its client may do, and whether the tool may be called."""

    case: str
    claims: Mapping[str, Any]
    where: TokenClaims
    rule: Rule
    allowed: bool


def _text(claim: str) -> Callable[[str, Sequence[str]], dict[str, Any]]:
    return lambda client, scopes: {claim: client, "scope": " ".join(scopes)}


_Tokens = Callable[[str, Sequence[str]], dict[str, Any]]
_ISSUED: dict[str, tuple[TokenClaims, _Tokens]] = {
    "Cognito": (TokenClaims.of_shape(COGNITO), _text("client_id")),
    **{
        f"Auth0, {dialect}": (TokenClaims.of_shape(shape), _text(shape.client_claim))
        for dialect, shape in AUTH0.items()
    },
    "Okta": (TokenClaims.of_shape(OKTA), lambda client, scopes: {"cid": client, "scp": list(scopes)}),
    "Okta with client_id": (
        TokenClaims.of_shape(OKTA_WITH_CLIENT_ID),
        lambda client, scopes: {"cid": client, "client_id": client, "scp": list(scopes)},
    ),
    "Keycloak": (
        TokenClaims.of_family(KEYCLOAK),
        lambda client, scopes: {"azp": client, "client_id": client, "scope": " ".join(scopes)},
    ),
    "an old Keycloak": (TokenClaims.of_family(KEYCLOAK), _text("azp")),
    "an unknown issuer": (TokenClaims.of_family(None), _text("client_id")),
}
_WITHOUT_SCOPES: dict[str, tuple[TokenClaims, _Tokens]] = {
    "Entra v1.0": (TokenClaims.of_family(ENTRA_V1), lambda client, _: {"appid": client, "roles": ["Orders.Read"]}),
    "Entra v2.0": (TokenClaims.of_family(ENTRA_V2), lambda client, _: {"azp": client, "roles": ["Orders.Read"]}),
    "a pinned claim": (TokenClaims.of_family(None, ["tenant/app"]), lambda client, _: {"tenant/app": client}),
}


def _rows() -> Iterator[Row]:
    mine = Rule("agent", (TOOL,))
    for provider, (where, tokens) in (_ISSUED | _WITHOUT_SCOPES).items():
        yield Row(f"{provider}: the client", tokens(CLIENT, [SCOPE]), where, mine, allowed=True)
        yield Row(f"{provider}: its whole target", tokens(CLIENT, []), where, Rule("agent", ("store",)), allowed=True)
        yield Row(f"{provider}: another client", tokens("0oa1other", [SCOPE]), where, mine, allowed=False)
        yield Row(f"{provider}: a longer id", tokens(f"{CLIENT}2", [SCOPE]), where, mine, allowed=False)
        yield Row(f"{provider}: no claim names a client", {"scope": SCOPE}, where, mine, allowed=False)
        other = Rule("agent", ("store___order", "lager"))
        yield Row(f"{provider}: other tools", tokens(CLIENT, [SCOPE]), where, other, allowed=False)
    scoped = Rule("agent", (TOOL,), SCOPE)
    for provider, (where, tokens) in _ISSUED.items():
        for case, scopes, allowed in (
            ("the scope alone", [SCOPE], True),
            ("the scope first", [SCOPE, "openid"], True),
            ("the scope last", ["openid", SCOPE], True),
            ("the scope between others", ["openid", SCOPE, "email"], True),
            ("no scope", [], False),
            ("another scope", ["orders:write"], False),
            ("a longer scope", ["orders:readonly"], False),
            ("a scope that ends so", ["old-orders:read"], False),
            ("longer scopes around it", ["orders:readonly", "old-orders:read"], False),
        ):
            yield Row(f"{provider}: {case}", tokens(CLIENT, scopes), where, scoped, allowed)
        stranger = tokens("0oa1other", [SCOPE])
        yield Row(f"{provider}: the scope, but another client", stranger, where, scoped, allowed=False)
        bare = {name: value for name, value in tokens(CLIENT, []).items() if name not in {"scope", "scp"}}
        yield Row(f"{provider}: no claim with scopes", bare, where, scoped, allowed=False)
        starred = Rule("agent", (TOOL,), "orders:*")
        yield Row(f"{provider}: an asterisk is no wildcard", tokens(CLIENT, [SCOPE]), where, starred, allowed=False)
        yield Row(f"{provider}: an asterisk is itself", tokens(CLIENT, ["orders:*"]), where, starred, allowed=True)


ROWS = tuple(_rows())
