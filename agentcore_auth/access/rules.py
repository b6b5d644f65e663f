"""A client's access as Cedar text, on the claims that its provider's tokens have.

Every claim is a string tag of the principal, whatever its type: lists are their JSON text. Reading a tag that is not
there refuses the request, so each is asked for first. Source: AgentCore developer guide, "policy-scope",
"policy-schema-constraints", "example-policies-principal".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from agentcore_auth.authorizer.families import Family
from agentcore_auth.authorizer.shapes import TokenShape

SEPARATOR = "___"
"""Between a target's name and a tool's (developer guide, "gateway-tool-naming")."""
LONGEST_STATEMENT = 10_000
"""Characters of a policy (botocore, bedrock-agentcore-control, Statement)."""
LONGEST_POLICY_NAME = 48
_LONGEST_DESCRIPTION = 4096
_NAME, _PATTERN = r"[\w+=,.@-]+", r"[\w+=,.@*-]+"
_PRINCIPAL = re.compile(
    # A session's ARN has no path: with one, `*` would mean other roles as well.
    rf"arn:[a-z-]+:(iam::\d{{12}}:(role/({_NAME}/)*{_NAME}|role/{_PATTERN}|user/({_PATTERN}/)*{_PATTERN})"
    rf"|sts::\d{{12}}:assumed-role/{_PATTERN}/{_PATTERN})",
    re.ASCII,
)
_ROLE = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(?P<account>\d{12}):role/(.*/)?(?P<name>[^/]+)")


@dataclass(frozen=True)
class TokenClaims:
    """Where a provider's tokens name the client and the scopes.

    A token is the client's if one of the claims `client` says so. `scopes_are_listed`: they come as a list, and not as
    one string with spaces. `scope` is None where the tokens have none.
    """

    entity: ClassVar[str] = "OAuthUser"
    client: tuple[str, ...]
    scope: str | None
    scopes_are_listed: bool = False

    def is_client(self, client_id: str) -> str:
        """The condition, in Cedar, that a token is the client's."""
        return _any(_equals(claim, client_id) for claim in self.client)

    def mistake(self, client: str) -> str:
        """What is wrong with a client's name in itself; empty if nothing."""
        return "" if client else "is no name"

    @staticmethod
    def of_shape(shape: TokenShape) -> TokenClaims:
        """Of tokens of a known shape."""
        return TokenClaims((shape.own_claim or shape.client_claim,), shape.scope_claim, shape.scope_claim == "scp")

    @staticmethod
    def of_family(family: Family | None, client_claims: Sequence[str] = ()) -> TokenClaims:
        """Of tokens of an issuer that exists already, of whatever family; `client_claims` are those that its
        authorizer compares clients with. Of an unknown issuer the claims of RFC 9068 are assumed.
        """
        if family is None:
            return TokenClaims(tuple(client_claims) or ("client_id",), "scope")
        named = [
            claim
            for claim, has in (("client_id", family.client_id != "never"), (family.client_claim, True))
            if claim and has
        ]
        scope = None if family.scopes == "never" else family.scope_claim
        return TokenClaims(tuple(client_claims or named) or ("client_id",), scope, scope == "scp")


@dataclass(frozen=True)
class IamCallers:
    """Callers with AWS signatures: policies know their ARNs, and nothing else of them.

    Whether a role's caller is seen by the role's ARN or its session's is not documented, so a role stands for both.
    """

    entity: ClassVar[str] = "IamEntity"
    client: ClassVar[tuple[str, ...]] = ()
    scope: ClassVar[None] = None

    def is_client(self, arn: str) -> str:
        """The condition, in Cedar, that a caller is who an ARN means; `*` in it stands for anything."""
        role = _ROLE.fullmatch(arn)
        session = f"arn:{role['partition']}:sts::{role['account']}:assumed-role/{role['name']}/*" if role else None
        return _any(_is_like(each) for each in (arn, session) if each)

    def mistake(self, arn: str) -> str:
        """What is wrong with a caller's ARN; empty if nothing."""
        if _PRINCIPAL.fullmatch(arn):
            return ""
        return (
            f"{arn!r} is no ARN of a role, a user or a role's session (with * in names, but not behind a role's path)"
        )


@dataclass(frozen=True)
class IamCaller:
    """Who signed a request."""

    arn: str


Caller: TypeAlias = Mapping[str, object] | IamCaller
"""Who calls a tool: by a token of these claims, or by an AWS signature."""


@dataclass(frozen=True)
class Rule:
    """A client may call these tools, and all tools of those that are names of targets; with `scope` only by tokens that
    have it.

    `client` is the client's name in the stack file, `scope` is spelled as tokens spell it.
    """

    client: str
    names: tuple[str, ...]
    scope: str | None = None

    @property
    def name(self) -> str:
        """The policy's name: letters, digits and underscores, the same for the same client and scope."""
        mark = hashlib.sha256(json.dumps([self.client, self.scope]).encode()).hexdigest()[:8]
        readable = re.sub(r"[^A-Za-z0-9]+", "_", f"{self.client}_{self.scope or ''}").strip("_")
        begun = readable if readable[:1].isalpha() else f"client_{readable}"
        return f"{begun[: LONGEST_POLICY_NAME - len(mark) - 1]}_{mark}"

    @property
    def description(self) -> str:
        """The rule in words, for whoever reads the policy or a preview of it."""
        names = [name if SEPARATOR in name else f"every tool of {name}" for name in self.names]
        only = f", with scope {self.scope}" if self.scope else ""
        return f"{self.client} may call {', '.join(names)}{only}"[:_LONGEST_DESCRIPTION]


def statement(rule: Rule, claims: TokenClaims | IamCallers, client_id: str, gateway_arn: str) -> str:
    """The rule as a Cedar policy. Raises ValueError for a scope where the tokens have none."""
    # A target is the group that its tools' actions are in.
    actions = ", ".join(_entity("Action", name) for name in rule.names)
    conditions = [claims.is_client(client_id)]
    if rule.scope is not None:
        conditions.append(_has_scope(claims, rule.scope))
    return (
        f"permit(\n  principal is AgentCore::{claims.entity},\n  action in [{actions}],\n"
        f"  resource == {_entity('Gateway', gateway_arn)}\n) when {{\n  {' && '.join(conditions)}\n}};"
    )


def _has_scope(claims: TokenClaims | IamCallers, scope: str) -> str:
    if claims.scope is None:
        raise ValueError("these tokens have no scopes")
    if claims.scopes_are_listed:
        patterns = [f'*"{_escaped(scope)}"*'.replace('"', r"\"")]
    else:
        # A whole one of them: a bare `*scope*` would be in longer names as well.
        patterns = [pattern.format(_escaped(scope)) for pattern in ("{} *", "* {}", "* {} *")]
    read = f'principal.getTag("{claims.scope}")'
    either = [f'{read} like "{pattern}"' for pattern in patterns]
    if not claims.scopes_are_listed:
        either.insert(0, f"{read} == {json.dumps(scope)}")
    return f'principal.hasTag("{claims.scope}") && {_any(either)}'


def _equals(claim: str, value: str) -> str:
    return f'principal.hasTag("{claim}") && principal.getTag("{claim}") == {json.dumps(value)}'


def _is_like(pattern: str) -> str:
    return f"principal.id {'like' if '*' in pattern else '=='} {json.dumps(pattern)}"


def _any(expressions: Iterable[str]) -> str:
    found = list(expressions)
    return found[0] if len(found) == 1 else f"({' || '.join(f'({each})' if '&&' in each else each for each in found)})"


def _entity(kind: str, name: str) -> str:
    return f"AgentCore::{kind}::{json.dumps(name)}"


def _escaped(text: str) -> str:
    """Text within a pattern, where an asterisk of its own stands for itself."""
    return text.replace("*", r"\*")


def rules_of(client: str, entries: Iterable[tuple[str | None, Sequence[str]]]) -> list[Rule]:
    """The rules of a client, one for each scope; its entries are (scope, names of tools and targets)."""
    by_scope: dict[str | None, dict[str, None]] = {}
    for scope, names in entries:
        by_scope.setdefault(scope, {}).update(dict.fromkeys(names))
    return [Rule(client, tuple(names), scope) for scope, names in by_scope.items()]
