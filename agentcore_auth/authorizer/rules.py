"""The authorizer's rules: what AgentCore Gateway answers to a token with these claims. Pure; no clock, no network.

Rules: developer guide "inbound-jwt-authorizer". `client_id` is compared with allowedClients, `aud` with
allowedAudience, `scope` with allowedScopes, exactly and case-sensitively; where several lists are given, all must hold.
Two points no source settles, and they are taken so: any one of allowedScopes is enough (newer guide; not tried on a
live gateway), and a custom claim that does not match is answered with 401.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from agentcore_auth.authorizer.causes import Cause, Finding, quoted
from agentcore_auth.authorizer.differences import (
    audience_difference,
    client_id_difference,
    issuer_difference,
    scope_difference,
)
from agentcore_auth.authorizer.families import ENTRA, family_of, tenant_of
from agentcore_auth.authorizer.model import AllowedList, Authorizer, CustomClaim
from agentcore_auth.authorizer.times import duration, is_in_milliseconds, moment

_OF_A_SIGN_IN = ("at_hash", "c_hash", "nonce", "amr", "email", "email_verified", "nickname", "picture")


@dataclass(frozen=True)
class Verdict:
    """What the gateway answers (200, 401, 403), the first cause (None for 200), every finding in the order in which
    they explain the refusal, the names of the claims that matched, and notes: what to know although it does not refuse.
    """

    status: int
    cause: Cause | None
    findings: tuple[Finding, ...] = ()
    matched: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, findings: Sequence[Finding], matched: Sequence[str] = (), notes: Sequence[str] = ()) -> Verdict:
        """The verdict that follows from the findings: the first in the order of causes decides."""
        ordered = tuple(sorted(findings, key=lambda finding: finding.cause.rank))
        if not ordered:
            return cls(200, None, (), tuple(matched), tuple(notes))
        return cls(ordered[0].status, ordered[0].cause, ordered, tuple(matched), tuple(notes))


def judge(
    authorizer: Authorizer[str], claims: Mapping[str, object], *, issuer: str, now: float, leeway: float = 0
) -> Verdict:
    """The verdict on the claims of a token whose signature was verified elsewhere.

    `issuer` is the one in the discovery document, `now` and `leeway` are seconds (`now` since 1970).
    """
    findings = [*_issuer_findings(claims, issuer), *_time_findings(claims, now, leeway)]
    matched: list[str] = []
    notes: list[str] = []
    # Scopes last: whom a token is for comes before what it may do.
    for allowed in sorted(authorizer.lists, key=lambda allowed: allowed.name == "allowedScopes"):
        found = mismatch(allowed, claims)
        if found is None:
            matched.append(allowed.claim)
        else:
            findings.append(found)
    if is_id_token(claims):
        what = "this is an ID token: it is for the application that a user signed in to"
        if any(finding.cause.rank > Cause.ID_TOKEN.rank for finding in findings):
            findings.append(Finding(Cause.ID_TOKEN, f"{what}, not for a gateway"))
        else:
            notes.append(f"{what}; the gateway cannot tell, but is to be called with an access token")
    scopes = set(scopes_of(claims))
    absent = [scope for scope in authorizer.allowed_scopes if scope not in scopes]
    if absent and len(absent) < len(authorizer.allowed_scopes):
        notes.append(
            f"the token has some of allowedScopes, not {', '.join(absent)}: one is enough according to AWS's guide "
            "(not tried on a live gateway)"
        )
    return Verdict.of(findings, matched, notes)


def scopes_of(claims: Mapping[str, object]) -> tuple[str, ...]:
    """The scopes of a token: `scope` or `scp`, a string separated by spaces and nothing else (RFC 6749, 3.3; RFC 9068,
    2.2.3) or an array.
    """
    scopes: list[str] = []
    for claim in ("scope", "scp"):
        value = claims.get(claim)
        if isinstance(value, str):
            scopes.extend(scope for scope in value.split(" ") if scope)
        elif isinstance(value, list):
            scopes.extend(item for item in cast("list[object]", value) if isinstance(item, str))
    return tuple(scopes)


def audiences_of(claims: Mapping[str, object]) -> tuple[str, ...]:
    """The audiences of a token: `aud` may be a string or an array of them (RFC 7519, 4.1.3)."""
    value = claims.get("aud")
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(item for item in cast("list[object]", value) if isinstance(item, str))
    return ()


def is_id_token(claims: Mapping[str, object]) -> bool:
    """Whether the claims are an ID token's: Cognito says so in `token_use`; others describe a sign-in."""
    use = claims.get("token_use")
    if isinstance(use, str) and use in {"id", "access"}:
        return use == "id"
    return not scopes_of(claims) and any(claim in claims for claim in _OF_A_SIGN_IN)


def seconds_of(claims: Mapping[str, object], claim: str) -> float | None:
    """A NumericDate claim (RFC 7519, 2) in seconds since 1970, or None where it is absent or no finite number."""
    value = claims.get(claim)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


def _issuer_findings(claims: Mapping[str, object], expected: str) -> list[Finding]:
    actual = claims.get("iss")
    if actual == expected:
        return []
    if not isinstance(actual, str):
        message = f"the token names no issuer; expected is {quoted(expected)}"
        return [Finding(Cause.OTHER_ISSUER, message, 401, "iss", (expected,))]
    cause = issuer_difference(expected, actual)
    what = {
        Cause.ISSUER_SLASH: "the issuers differ by the slash at the end",
        Cause.OTHER_REGION: "the token is from a user pool in another region",
        Cause.OTHER_POOL: "the token is from another user pool",
        Cause.OTHER_TENANT: "the token is from another tenant",
        Cause.OTHER_AUTHORIZATION_SERVER: "the token is from another authorization server of the same org",
        Cause.ORG_SERVER_TOKEN: "the token is from the Okta org authorization server, whose tokens only Okta can check",
    }.get(cause, "the token is from another issuer")
    tenant = tenant_of(expected)
    if tenant is not None and tenant == tenant_of(actual) and cause is Cause.OTHER_ISSUER:
        what = f"the token is one of version {quoted(claims.get('ver'), 20)}, of the right tenant but the other issuer"
    # AWS answers 403 where the issuer of an Entra ID token differs.
    status = 403 if family_of(expected) in ENTRA else 401
    message = f"{what}: {quoted(actual)} instead of {quoted(expected)}"
    return [Finding(cause, message, status, "iss", (expected,), (actual,))]


def _time_findings(claims: Mapping[str, object], now: float, leeway: float) -> list[Finding]:
    expiry = seconds_of(claims, "exp")
    if expiry is None:
        problem = f"is no time: {quoted(claims['exp'], 40)}" if "exp" in claims else "is missing"
        return [Finding(Cause.EXPIRY_MISSING, f"the token's expiry (exp) {problem}", 401, "exp")]
    if expiry <= now - leeway:
        when = f" (exp is {moment(expiry)})" if moment(expiry) else ""
        return [Finding(Cause.EXPIRED, f"the token expired {duration(now - expiry)} ago{when}", 401, "exp")]
    findings: list[Finding] = []
    for claim in ("nbf", "iat"):
        if claim in claims and seconds_of(claims, claim) is None:
            message = (
                f"the token's {claim} is no time, which has to be a number (RFC 7519, 2): {quoted(claims[claim], 40)}"
            )
            findings.append(Finding(Cause.TIME_MALFORMED, message, 401, claim))
            break
    for claim, verb in (("nbf", "is valid only from"), ("iat", "was issued at")):
        start = seconds_of(claims, claim)
        if start is not None and start > now + leeway:
            ahead = duration(math.ceil(start - now))
            message = (
                f"the token's {claim} is in milliseconds, it seems: {start:.0f}; as seconds, it is in the far future"
                if is_in_milliseconds(start)
                else f"the token {verb} a time {ahead} in the future ({claim}): the issuer's clock is at least {ahead} "
                "ahead of this one"
            )
            findings.append(Finding(Cause.NOT_YET_VALID, message, 401, claim))
            break
    return findings


def mismatch(allowed: AllowedList[str], claims: Mapping[str, object]) -> Finding | None:
    """Why the claims do not satisfy one list of an authorizer; None where they do."""
    if allowed.custom is not None:
        return _claim_mismatch(allowed.custom, claims)
    compare = {"client_id": _client_mismatch, "aud": _audience_mismatch, "scope": _scope_mismatch}[allowed.claim]
    return compare(allowed.values, claims)


def _client_mismatch(allowed: tuple[str, ...], claims: Mapping[str, object]) -> Finding | None:
    client_id = claims.get("client_id")
    if isinstance(client_id, str):
        if client_id in allowed:
            return None
        cause = client_id_difference(allowed, client_id)
        what = (
            "differs from allowedClients only in case" if cause is Cause.CLIENT_ID_CASE else "is not in allowedClients"
        )
        return Finding(cause, f"client_id {quoted(client_id)} {what}", 401, "client_id", allowed, (client_id,))
    others = [claim for claim in ("azp", "cid", "appid") if isinstance(claims.get(claim), str)]
    where = f"; its client is in {others[0]}, which allowedClients is not compared with" if others else ""
    return Finding(
        Cause.CLIENT_ID_ABSENT,
        f"allowedClients is demanded of a token without client_id{where}",
        401,
        "client_id",
        allowed,
        tuple(str(claims[claim]) for claim in others[:1]),
    )


def _audience_mismatch(allowed: tuple[str, ...], claims: Mapping[str, object]) -> Finding | None:
    actual = audiences_of(claims)
    if set(actual) & set(allowed):
        return None
    if not actual:
        return Finding(
            Cause.AUDIENCE_ABSENT, "allowedAudience is demanded of a token without audience (aud)", 401, "aud", allowed
        )
    cause = audience_difference(allowed, actual, is_array=isinstance(claims.get("aud"), list))
    what = {
        Cause.AUDIENCE_SLASH: "differs from allowedAudience only by a slash at the end",
        Cause.AUDIENCE_CASE: "differs from allowedAudience only in case",
        Cause.AUDIENCE_SCHEME: "differs from allowedAudience only by its scheme",
        Cause.AUDIENCE_ARRAY: "is an array, and none of its values is in allowedAudience",
    }.get(cause, "is not in allowedAudience")
    shown = quoted(actual[0] if len(actual) == 1 else list(actual))
    return Finding(cause, f"audience {shown} {what} {quoted(list(allowed))}", 401, "aud", allowed, actual)


def _claim_mismatch(wanted: CustomClaim[str], claims: Mapping[str, object]) -> Finding | None:
    if wanted.name not in claims:
        message = f"the token has no claim {quoted(wanted.name)}, which customClaims demands"
        return Finding(Cause.CLAIM_ABSENT, message, 401, wanted.name, wanted.values)
    actual = claims[wanted.name]
    values = cast("list[object]", actual) if isinstance(actual, list) else [actual]
    texts = tuple(value for value in values if isinstance(value, str))
    if isinstance(actual, list) != (wanted.value_type == "STRING_ARRAY") or len(texts) != len(values):
        message = f"claim {quoted(wanted.name)} is {_json_type(actual)}, but customClaims expects {wanted.value_type}"
        return Finding(Cause.CLAIM_TYPE, message, 401, wanted.name, (wanted.value_type,), (_json_type(actual),))
    if set(texts) & set(wanted.values):
        return None
    message = (
        f"claim {quoted(wanted.name)} is {quoted(actual)}; customClaims wants {wanted.operator} {quoted(wanted.value)}"
    )
    return Finding(Cause.CLAIM_DIFFERS, message, 401, wanted.name, wanted.values, texts)


def _scope_mismatch(allowed: tuple[str, ...], claims: Mapping[str, object]) -> Finding | None:
    actual = scopes_of(claims)
    if set(actual) & set(allowed):
        return None
    if not actual:
        message = f"the token has no scope; one of {quoted(list(allowed))} is demanded"
        return Finding(Cause.SCOPE_ABSENT, message, 403, "scope", allowed)
    cause = scope_difference(allowed, actual)
    what = {
        Cause.SCOPE_SEPARATOR: "are written with another separator than",
        Cause.SCOPE_PREFIX: "have another prefix than",
    }.get(cause, "are none of")
    message = f"the token's scopes {quoted(list(actual))} {what} allowedScopes {quoted(list(allowed))}"
    return Finding(cause, message, 403, "scope", allowed, actual)


def _json_type(value: object) -> str:
    if isinstance(value, list):
        items = {_json_type(item) for item in cast("list[object]", value)}
        return f"array of {items.pop()}" if len(items) == 1 else "array"
    names = {"str": "string", "bool": "boolean", "int": "number", "float": "number", "dict": "object"}
    return names.get(type(value).__name__, "null")
