"""What the page shows of a token: claim by claim, list by list, and the verdict of `check`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from agentcore_auth.authorizer.causes import Cause, TokenError, quoted
from agentcore_auth.authorizer.checking import Pasted, unpack
from agentcore_auth.authorizer.fitting import fitting
from agentcore_auth.authorizer.jws import out_of_response
from agentcore_auth.authorizer.model import AllowedList, Authorizer
from agentcore_auth.authorizer.rules import Verdict, audiences_of, mismatch, scopes_of
from agentcore_auth.authorizer.shapes import shape_of
from agentcore_auth.cli.check import Source, advise, as_document, judged
from agentcore_auth.cli.decode import times_of
from agentcore_auth.inspection.meanings import meaning_of

_OF_TIME = ("exp", "nbf", "iat")
_FORGED = frozenset({Cause.ALGORITHM_NOT_ALLOWED, Cause.UNKNOWN_KEY, Cause.KEY_TOO_SHORT, Cause.SIGNATURE_WRONG})
_WANTS = {"EQUALS": "exactly", "CONTAINS": "a list with", "CONTAINS_ANY": "a list with one of"}


def explained(text: str, source: Source | None) -> dict[str, object]:
    """The page's document on what was pasted, and on what the gateway of `source` (None: of nobody) makes of it.

    Raises TokenError for what is no token, where there is no gateway to judge it.
    """
    pasted = unpack(out_of_response(text) or text)
    now = time.time()
    if source is None:
        if pasted.parts is None:
            raise TokenError(pasted.findings[0].cause, pasted.findings[0].message)
        return {**_fitting(pasted.parts.claims), **_token(pasted, (), now)}
    verdict, context = judged(pasted, source, None, now)
    judgement = as_document(verdict, advise(source, verdict, context), context)
    needs = needs_of(context.authorizer, verdict, context.claims) if context.authorizer else ()
    return {"judgement": judgement, "needs": [asdict(need) for need in needs], **_token(pasted, needs, now)}


@dataclass(frozen=True)
class Need:
    """What one part of an authorizer wants of a token's claims, what these have, and whether that is enough.

    `matches` is None where it is not known: the issuer's keys could not be had, say.
    """

    part: str
    claims: Sequence[str]
    wants: str
    values: Sequence[str]
    has: Sequence[str]
    matches: bool | None


def needs_of(authorizer: Authorizer[str], verdict: Verdict, claims: Mapping[str, object]) -> list[Need]:
    """What a token has to have for an authorizer, and what this one has: the issuer, the signature, the times, then the
    lists that there are.
    """
    faults = {finding.claim: finding for finding in verdict.findings}
    issuer = faults["iss"].expected if "iss" in faults else ()
    discovered = ("the issuer", issuer) if issuer else ("the issuer of", (authorizer.discovery_url,))
    is_valid = not any(name in faults for name in _OF_TIME)
    return [
        Need("discoveryUrl", ("iss",), *discovered, _texts(claims.get("iss")), "iss" not in faults),
        Need("signature", (), "one of the issuer's keys", (), (), _is_authentic(verdict)),
        Need("times", _OF_TIME, "to be valid now", (), (), is_valid),
        *(_need(allowed, claims) for allowed in authorizer.lists),
    ]


def _need(allowed: AllowedList[str], claims: Mapping[str, object]) -> Need:
    names = ("scope", "scp") if allowed.name == "allowedScopes" else (allowed.claim,)
    wants = _WANTS[allowed.custom.operator] if allowed.custom else "one of"
    of_lists = {"allowedScopes": scopes_of(claims), "allowedAudience": audiences_of(claims)}
    has = of_lists.get(allowed.name, _texts(claims.get(allowed.claim)))
    return Need(allowed.name, names, wants, allowed.values, has, mismatch(allowed, claims) is None)


def _is_authentic(verdict: Verdict) -> bool | None:
    """Whether the signature is the issuer's; None where nobody looked at it."""
    causes = {finding.cause for finding in verdict.findings}
    if causes & _FORGED:
        return False
    unseen = [cause for cause in causes if cause.rank < Cause.ALGORITHM_NOT_ALLOWED.rank]
    return None if set(unseen) - {Cause.PASTED_ALONG} else True


def _fitting(claims: Mapping[str, object]) -> dict[str, object]:
    try:
        return {"fits": fitting(claims)[0].to_api()}
    except TokenError as error:
        return {"whyNot": error.message}


def _token(pasted: Pasted, needs: Sequence[Need], now: float) -> dict[str, object]:
    if pasted.parts is None:
        return {"header": {}, "claims": [], "shape": None}
    claims = pasted.parts.claims
    times = times_of(claims, now)
    shape = shape_of(claims)
    return {
        "header": pasted.parts.header,
        "shape": shape.name if shape else None,
        "claims": [
            {
                "name": name,
                "value": quoted(value, 2000),
                "date": times[name]["date"] if name in times else None,
                "meaning": meaning_of(name),
                "lookedAtBy": [{"part": need.part, "matches": need.matches} for need in needs if name in need.claims],
            }
            for name, value in claims.items()
        ],
    }


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return () if value is None else (quoted(value, 500),)
