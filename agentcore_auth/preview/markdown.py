"""An impact as GitHub Markdown, for the comment on a pull request.

Values stand in code spans, so that nothing that a pull request writes into its configuration becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from agentcore_auth.preview.access import AccessChange
from agentcore_auth.preview.authorizers import Comparison, Fit, NoToken, verdict
from agentcore_auth.preview.document import Hidden, Text
from agentcore_auth.preview.gateways import Gateway
from agentcore_auth.preview.grants import Grant, Widening
from agentcore_auth.preview.impact import GatewayImpact, Impact, Loosening
from agentcore_auth.preview.interceptors import Seen
from agentcore_auth.preview.picture import picture
from agentcore_auth.preview.values import Difference
from agentcore_auth.preview.verdicts import Access, Caller, ExpectedChange

_SERIOUS = {Access.LOSES, Access.RENEWS}
_INTERCEPTORS = {
    (Seen.REQUESTS, "added"): "sees every request from now on**: what it refuses does not show here",
    (Seen.REQUESTS, "gone"): "no longer sees requests**: what it refused is let through",
    (Seen.ANSWERS, "added"): "sees every answer from now on**: what it withholds does not show here",
    (Seen.ANSWERS, "gone"): "no longer sees answers**: what it withheld reaches callers",
    (Seen.HEADERS, "added"): "sees headers from now on**, and so the callers' tokens",
    (Seen.HEADERS, "gone"): "no longer sees headers**",
}


def render(impact: Impact, *, with_picture: bool = False) -> str:
    """The report; it ends with a newline. Of a change that concerns nobody it is one line."""
    same = [gateway for gateway in impact.gateways if gateway.is_same]
    if len(same) == len(impact.gateways) and not impact.widenings and not impact.unknown:
        return f"Stack {code(impact.stack)}: this change concerns no caller, and nothing allows more.\n"
    lines = [f"## What this change does to callers: stack {code(impact.stack)}", "", _summary(impact), ""]
    chart = picture(impact) if with_picture else ""
    lines += ["```mermaid", chart, "```", ""] if chart else []
    for gateway in impact.gateways:
        if not gateway.concerns_nobody:
            lines += [*_gateway(gateway), ""]
    for gateway in impact.gateways:
        if gateway.concerns_nobody and gateway.values:
            lines += [f"Gateway {code(gateway.name)}: {_join(_value(each) for each in gateway.values)}", ""]
    if same:
        lines += [f"Nothing changes for callers of {_join(code(gateway.name) for gateway in same)}.", ""]
    if impact.widenings:
        lines += [*_widenings(impact.widenings), ""]
    return "\n".join(lines).rstrip() + "\n"


def code(value: object) -> str:
    """A value as a code span that its own backticks, line breaks and bars cannot end."""
    if isinstance(value, Hidden):
        return f"*{value.value}*"
    text = " ".join(str(value).split()).replace("|", "\\|") or " "
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def _summary(impact: Impact) -> str:
    losing = sum(caller.access is Access.LOSES for _, caller in impact.locked_out)
    renewing = len(impact.locked_out) - losing
    urls = sum(gateway.change is ExpectedChange.REPLACED for gateway in impact.gateways)
    facts = [
        _count(losing, "caller loses access", "callers lose access"),
        _count(renewing, "caller needs a new token", "callers need new tokens"),
        _count(len(impact.without_tools), "caller loses tools", "callers lose tools"),
        _count(urls, "gateway is replaced: its URL changes", "gateways are replaced: their URLs change"),
        _count(
            len(impact.replaced) - urls,
            "client is replaced: its id and secret change",
            "clients are replaced: their ids and secrets change",
        ),
        _count(
            len(impact.widened),
            "role, policy or gateway allows more than before",
            "roles, policies or gateways allow more than before",
        ),
        _count(
            sum(len(gateway.undecided) for gateway in impact.gateways),
            "row is not known: whether a caller loses access does not show here",
            "rows are not known: whether callers lose access does not show here",
        ),
    ]
    said = [fact for fact in facts if fact]
    if said:
        return f"**{_capitalised('; '.join(said))}.**"
    if impact.unknown:
        return f"No caller loses access. What is allowed is {Hidden.AT_DEPLOYMENT.value} in part."
    return "No caller loses access, and nothing allows more."


def _gateway(gateway: GatewayImpact) -> Iterator[str]:
    yield f"### Gateway {code(gateway.name)} ({gateway.provider})"
    facts = [f"- {fact}" for fact in _facts(gateway)]
    yield from ("", *facts) if facts else ()
    if gateway.after and (gateway.before is None or gateway.authorizer_differs):
        yield ""
        yield from _authorizers(gateway.before, gateway.after)
    if gateway.callers:
        yield ""
        yield "| caller | verdict | tokens issued before | tokens issued afterwards |"
        yield "|---|---|---|---|"
        yield from (_caller(caller, gateway) for caller in gateway.callers)


def _facts(gateway: GatewayImpact) -> Iterator[str]:
    if gateway.change is ExpectedChange.CREATED:
        yield "new"
    elif gateway.change is ExpectedChange.DELETED:
        yield "**deleted**: its URL is gone, and with it every caller's access"
    elif gateway.change is ExpectedChange.REPLACED:
        why = f", because of {_join(code(name) for name in gateway.replacing)}" if gateway.replacing else ""
        yield f"**replaced**{why}: its URL changes, and callers have to be told the new one"
    yield from map(_loosening, gateway.loosened)
    for what, verb in (("added", "added"), ("gone", "**gone**"), ("replaced", "replaced"), ("changed", "changed")):
        names = [name for name, change in gateway.targets if change == what]
        if names:
            tools = _join(code(f"{name}___…") for name in names)
            yield f"targets {verb}: {_join(code(name) for name in names)} (tools {tools})"
            if what in {"changed", "replaced"}:
                for name in names:
                    yield from (f"{code(name)}: {_value(each)}" for each in gateway.target_values(name))
    yield from _access(gateway.access) if gateway.access else ()
    for interceptor, change in gateway.interceptors:
        yield f"**{code(interceptor.function)} {_INTERCEPTORS[interceptor.sees, change]}"
    yield from map(_value, gateway.values)


def _value(difference: Difference) -> str:
    before, after = (code(text) if text is not None else "nothing" for text in (difference.before, difference.after))
    return f"{code(difference.path)} is {after}, was {before}"


def _access(access: AccessChange) -> Iterator[str]:
    if access.decides is not access.decided:
        yield (
            "**policies decide from now on** who may call which tool: nobody may without one"
            if access.decides
            else "**policies no longer refuse calls**: whoever is let in may call every tool"
        )
    for change in access.callers:
        name = code(change.caller)
        if change.is_unknown:
            yield f"which tools {name} may call is {Hidden.AT_DEPLOYMENT.value}"
        if change.lost:
            yield f"**{name} loses tools**: {_join(map(code, change.lost))}"
        if change.gained:
            yield f"{name} gains tools: {_join(map(code, change.gained))}"
    yield from (f"new policy: {code(words)}" for words in access.to_come)


def _loosening(loosening: Loosening) -> str:
    name = code(loosening.list_name)
    if loosening.added:
        if loosening.instead:
            return f"**lets other callers in**: {name} accepts {_values(loosening.added)} instead"
        return f"**lets more callers in**: {name} also accepts {_values(loosening.added)}"
    everybody = "; every client comes in that has the rest" if loosening.is_of_clients else ""
    return f"**lets more callers in**: {name} is no longer checked{everybody}"


def _authorizers(before: Gateway | None, after: Gateway) -> Iterator[str]:
    yield "| authorizer | before | after |" if before else "| authorizer | |"
    yield "|---|---|---|" if before else "|---|---|"
    rows: dict[str, None] = {}
    for gateway in (before, after):
        rows |= {allowed.name: None for allowed in gateway.authorizer.lists} if gateway else {}
    for name in ("discoveryUrl", *rows):
        cells = [_cell(gateway, name) for gateway in (before, after) if gateway]
        if len(set(cells)) < len(cells):
            cells[-1] = "same"
        yield f"| {code(name)} | {' | '.join(cells)} |"


def _cell(gateway: Gateway, name: str) -> str:
    if isinstance(gateway.authorizer, NoToken):
        return code(gateway.authorizer.type) if name == "authorizerType" else "not checked"
    if name == "authorizerType":
        return code("CUSTOM_JWT")
    if name == "discoveryUrl":
        return code(gateway.authorizer.discovery_url)
    allowed = gateway.authorizer.list_named(name)
    return _values(allowed.values) if allowed else "not checked"


def _caller(caller: Caller, gateway: GatewayImpact) -> str:
    name = code(caller.name) if caller.is_ours else _stranger(caller)
    access = f"**{caller.access.value}**" if caller.access in _SERIOUS else caller.access.value
    return f"| {name} | {access} | {_held(caller, gateway)} | {_fresh(caller, gateway)} |"


def _stranger(caller: Caller) -> str:
    return caller.name if caller.name.startswith("callers ") else f"{code(caller.name)}, not made by this stack"


def _held(caller: Caller, gateway: GatewayImpact) -> str:
    if gateway.after is None:
        return "no gateway to take them to"
    if caller.held is None:
        return "none"
    said = _checks(caller.held, Hidden.AT_DEPLOYMENT.value if caller.is_ours else "known to the issuer only")
    if caller.fresh is None and caller.is_ours and verdict(caller.held) is Fit.YES:
        return f"{said}, until they expire"
    return said


def _fresh(caller: Caller, gateway: GatewayImpact) -> str:
    if gateway.after is None:
        return "no gateway to take them to"
    if not caller.is_ours:
        return "known to the issuer only"
    if caller.fresh is None:
        return "none: the client is deleted"
    said = _checks(caller.fresh, Hidden.AT_DEPLOYMENT.value)
    if caller.access is Access.RENEWS:
        wrong = {check.allowed.claim for check in caller.held or () if check.fit is Fit.NO}
        news = [
            f"{code(each.allowed.claim)} {_values(each.found)}" for each in caller.fresh if each.allowed.claim in wrong
        ]
        said += f", with {_join(news)}" if news else ""
    if caller.change is ExpectedChange.REPLACED:
        said += "; the client is replaced, so its id and secret change"
    return said


def _checks(checks: Sequence[Comparison], unknown: str) -> str:
    refused = [check for check in checks if check.fit is Fit.NO]
    if refused:
        return f"refused: {'; '.join(_difference(check) for check in refused)}"
    claims = {fit: _join(code(check.allowed.claim) for check in checks if check.fit is fit) for fit in Fit}
    if claims[Fit.UNKNOWN]:
        return f"{unknown}: {claims[Fit.UNKNOWN]}"
    fits = _join(code(check.allowed.claim) for check in checks if check.allowed.name != "discoveryUrl")
    made = claims[Fit.AT_DEPLOYMENT]
    return f"accepted by {fits}" + (f" ({made} is made by the deployment)" if made else "")


def _difference(check: Comparison) -> str:
    found = _values(check.found) if check.found else "missing"
    return f"{code(check.allowed.claim)} is {found}, wanted is {_values(check.allowed.values)}"


def _widenings(widenings: Sequence[Widening]) -> Iterator[str]:
    yield "### What IAM allows in addition"
    yield ""
    for widening in widenings:
        lines = [*_grants(widening.grants), *(f"no longer denied: {line}" for line in _grants(widening.lifted))]
        if widening.boundary and widening.boundary[1] is None:
            lines.append("**its permissions boundary is removed**")
        elif widening.boundary:
            former, other = map(code, widening.boundary)
            lines.append(f"**its permissions boundary is another**, which may allow more: {other} instead of {former}")
        if widening.is_unknown:
            lines.append(f"a document that is {Hidden.AT_DEPLOYMENT.value}")
        yield f"- {code(widening.holder)}{' (new)' if widening.is_new else ''}"
        yield from (f"  - {line}" for line in lines)


def _grants(grants: Sequence[Grant]) -> Iterator[str]:
    """One line for each set of resources and conditions, with all the actions that it has in common."""
    actions: dict[tuple[str, str, tuple[tuple[str, str, str], ...]], list[str]] = {}
    for grant in grants:
        actions.setdefault((grant.who, grant.resource, tuple(sorted(grant.conditions))), []).append(grant.action)
    resources: dict[tuple[str, tuple[str, ...], tuple[tuple[str, str, str], ...]], list[str]] = {}
    for (who, resource, conditions), those in actions.items():
        resources.setdefault((who, tuple(those), conditions), []).append(resource)
    for (who, those, conditions), these in resources.items():
        on = _join(code(resource) for resource in these if resource)
        only = " and ".join(f"{code(key)} {operator} {code(value)}" for operator, key, value in conditions)
        yield "".join(
            (
                f"{code(who)}: " if who else "",
                _join(map(code, those)),
                f" on {on}" if on else "",
                f", if {only}" if only else "",
            )
        )


def _values(values: Iterable[Text]) -> str:
    # Sorted, because AWS keeps these lists as sets: their order says nothing.
    return ", ".join(sorted((code(value) for value in values), key=str))


def _join(texts: Iterable[str]) -> str:
    return ", ".join(texts)


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
