"""Who keeps access to a gateway, who loses it and who gains it, and by which claim.

Every caller is judged three times: what it brought until now at the gateway as it is, the same token at the gateway as
it will be (tokens outlive a deployment), and the token that it can get afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from agentcore_auth.preview.authorizers import Comparison, Fit, compare, known, satisfying, verdict
from agentcore_auth.preview.document import Hidden, Preview
from agentcore_auth.preview.gateways import Client, Gateway


class Access(Enum):
    """What a change does to a caller."""

    KEEPS = "keeps access"
    RENEWS = "needs a new token"
    LOSES = "loses access"
    GAINS = "gains access"
    UNKNOWN = "known at deployment"
    OUTSIDE = "not known"
    NONE = "has no access, before or after"


_ACCESS_OF_STRANGERS = {Fit.YES: Access.KEEPS, Fit.NO: Access.LOSES, Fit.UNKNOWN: Access.OUTSIDE}


class ExpectedChange(Enum):
    """What happens to a gateway or a client."""

    STAYS = "stays"
    CREATED = "new"
    REPLACED = "replaced"
    DELETED = "deleted"


@dataclass(frozen=True)
class Caller:
    """The verdict on one caller.

    `held` are the checks of a token issued before the change, `fresh` those of one issued after it; None where there is
    no such token or no gateway to judge it. `is_ours` is False for applications that exist outside of the stack.
    """

    name: str
    access: Access
    change: ExpectedChange
    held: tuple[Comparison, ...] | None = None
    fresh: tuple[Comparison, ...] | None = None
    is_ours: bool = True

    @property
    def is_locked_out(self) -> bool:
        """Whether a caller that had access is refused with what it has."""
        return self.access in {Access.LOSES, Access.RENEWS}


def expected_change(preview: Preview, urn: str) -> ExpectedChange:
    """What happens to a resource."""
    return {"create": ExpectedChange.CREATED, "replace": ExpectedChange.REPLACED, "delete": ExpectedChange.DELETED}.get(
        preview.operation(urn), ExpectedChange.STAYS
    )


def callers(preview: Preview, before: Gateway | None, after: Gateway | None) -> Iterator[Caller]:
    """The verdict on every caller of a gateway that the preview knows of."""
    clients_before = before.clients if before else {}
    clients_after = after.clients if after else {}
    for name in dict.fromkeys([*clients_before, *clients_after]):
        yield _client(preview, name, before, after)
    ours = {client.id for client in (*clients_before.values(), *clients_after.values())}
    others = dict.fromkeys(
        value
        for gateway in (before, after)
        if gateway and (listed := gateway.authorizer.list_named("allowedClients"))
        for value in known(listed)
        if value not in ours
    )
    for client_id in others:
        yield _application(client_id, before, after)


def outsiders(before: Gateway | None, after: Gateway | None) -> Caller | None:
    """The verdict on callers at an issuer that the stack knows nothing of; None where all callers are clients by name.

    Judged is a token that has what was asked for until now and nothing else: if that is refused, so are all such.
    """
    sides = [gateway for gateway in (before, after) if gateway]
    if all(gateway.clients or gateway.authorizer.list_named("allowedClients") for gateway in sides):
        return None
    name = "callers at this issuer"
    if before is None or after is None:
        return Caller(name, Access.OUTSIDE if after else Access.LOSES, ExpectedChange.STAYS, is_ours=False)
    held = _at_its_best(before, after)
    removed = any(
        former and set(former.values) - set(allowed.values)
        for allowed in after.authorizer.lists
        if (former := before.authorizer.list_named(allowed.name))
    )
    access = _ACCESS_OF_STRANGERS[verdict(held)]
    if removed and access is Access.KEEPS:
        access = Access.OUTSIDE
    return Caller(name, access, ExpectedChange.STAYS, held, is_ours=False)


def _client(preview: Preview, name: str, before: Gateway | None, after: Gateway | None) -> Caller:
    old = before.clients.get(name) if before else None
    new = after.clients.get(name) if after else None
    change = next(expected_change(preview, client.urn) for client in (new, old) if client)
    had = _checked(before, before, old)
    held = _checked(after, before, old)
    fresh = _checked(after, after, new)
    return Caller(name, _access(change, had, held, fresh), change, held, fresh)


def _checked(judge: Gateway | None, issuer: Gateway | None, client: Client | None) -> tuple[Comparison, ...] | None:
    """`client`'s token, issued where `issuer` takes its tokens from, at the gateway `judge`."""
    if judge is None or issuer is None or client is None:
        return None
    made_together = client.urn in judge.sources
    checks = compare(judge.authorizer, client.claims, issuer.authorizer.discovery_url, made_together=made_together)
    # A gateway and its own provider cannot have different issuers, known or not.
    return checks[1:] if judge is issuer else checks


def _access(
    change: ExpectedChange,
    had: Sequence[Comparison] | None,
    held: Sequence[Comparison] | None,
    fresh: Sequence[Comparison] | None,
) -> Access:
    comes_in = fresh is not None and verdict(fresh) in {Fit.YES, Fit.AT_DEPLOYMENT}
    if had is None or verdict(had) is Fit.NO:
        if comes_in:
            return Access.GAINS
        return Access.UNKNOWN if fresh is not None and verdict(fresh) is Fit.UNKNOWN else Access.NONE
    if change is ExpectedChange.REPLACED or fresh is None or verdict(fresh) is Fit.NO:
        return Access.LOSES
    if held is None or verdict(held) is Fit.NO:
        return Access.RENEWS if comes_in else Access.LOSES
    return Access.KEEPS if comes_in and verdict(held) is Fit.YES else Access.UNKNOWN


def _application(client_id: str, before: Gateway | None, after: Gateway | None) -> Caller:
    """An application that exists already: whether it is listed is known, the rest of its token is not."""
    if before is None or _is_left_out(client_id, before):
        access = Access.NONE if after is None or _is_left_out(client_id, after) else Access.GAINS
        return Caller(client_id, access, ExpectedChange.STAYS, is_ours=False)
    if after is None:
        return Caller(client_id, Access.LOSES, ExpectedChange.STAYS, is_ours=False)
    held = _at_its_best(before, after, client_id)
    return Caller(client_id, _ACCESS_OF_STRANGERS[verdict(held)], ExpectedChange.STAYS, held, is_ours=False)


def _is_left_out(client_id: str, gateway: Gateway) -> bool:
    allowed = gateway.authorizer.list_named("allowedClients")
    return allowed is not None and client_id not in known(allowed)


def _at_its_best(before: Gateway, after: Gateway, client_id: str | None = None) -> tuple[Comparison, ...]:
    """The checks of a token that has all that was asked for until now; what was not asked for is not known."""
    not_asked = {allowed.claim: Hidden.AT_DEPLOYMENT for allowed in after.authorizer.lists}
    token = {**not_asked, **satisfying(before.authorizer)}
    if client_id is not None:
        token["client_id"] = client_id
    return compare(after.authorizer, token, before.authorizer.discovery_url, made_together=False)
