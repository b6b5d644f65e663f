"""What to change where a token is refused: in words, as stack configuration, as the authorizer. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agentcore_auth.authorizer.causes import NEVER_FOR_A_GATEWAY, Cause, Finding, TokenError
from agentcore_auth.authorizer.fitting import fitting
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.tokens.context import Context
from agentcore_auth.tokens.corrections import corrected
from agentcore_auth.tokens.remedy_sentences import ANSWERS

# The remedy is another token: the other mismatches are none of that one.
_OF_ANOTHER_TOKEN = NEVER_FOR_A_GATEWAY | frozenset(
    {
        Cause.OTHER_REGION,
        Cause.OTHER_POOL,
        Cause.OTHER_TENANT,
        Cause.OTHER_AUTHORIZATION_SERVER,
        Cause.OTHER_ISSUER,
    }
)


@dataclass(frozen=True)
class Remedy:
    """What to do, in a sentence or two; the configuration's keys and values; the authorizer as the API spells it."""

    text: str
    configuration: Mapping[str, object] = field(default_factory=dict[str, object])
    authorizer: Mapping[str, object] | None = None


def remedy_for(findings: Sequence[Finding], context: Context) -> Remedy | None:
    """The remedy for the first finding; configuration and authorizer put right every finding that they can."""
    if not findings:
        return None
    first = findings[0]
    sentence, keys = ANSWERS[first.cause](first, context)
    if not _wants_another_token(findings):
        for finding in findings[1:]:
            keys = {**ANSWERS[finding.cause](finding, context)[1], **keys}
    better = _better_authorizer(findings, context)
    if context.kind == "oidc" and context.authorizer is not None and better is not None:
        keys = _changed_keys(context.authorizer, better, context.provider or "NAME")
    return Remedy(sentence, keys if context.of_stack else {}, better.to_api() if better else None)


def sentences_for(findings: Sequence[Finding], context: Context) -> list[str | None]:
    """Each finding's own remedy; only the first's where that is another token, of which the rest may not be true."""
    only_first = _wants_another_token(findings)
    return [
        None if only_first and place else ANSWERS[finding.cause](finding, context)[0]
        for place, finding in enumerate(findings)
    ]


def _wants_another_token(findings: Sequence[Finding]) -> bool:
    return any(finding.cause in _OF_ANOTHER_TOKEN for finding in findings)


def _better_authorizer(findings: Sequence[Finding], context: Context) -> Authorizer[str] | None:
    lists_differ = findings[-1].cause.rank > Cause.ID_TOKEN.rank
    if context.authorizer is not None and not (_wants_another_token(findings) and lists_differ):
        return corrected(context.authorizer, context.claims, findings)
    if any(finding.cause in NEVER_FOR_A_GATEWAY for finding in findings):
        return None
    try:
        return fitting(context.claims)[0]
    except TokenError:
        return None


def _changed_keys(old: Authorizer[str], new: Authorizer[str], name: str) -> dict[str, object]:
    before, after = old.to_stack_file(), new.to_stack_file()
    return {f"oidc.{name}.{key}": after.get(key) for key in {**before, **after} if before.get(key) != after.get(key)}
