"""Who keeps access to a gateway, who loses it and who gains it, and by which claim.

Every caller is judged three times: what it brought until now at the gateway as it is, the same token at the gateway as
it will be (tokens outlive a deployment), and the token that it can get afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from agentcore_auth.preview.authorizers import (
    Comparison,
    Fit,
    NoToken,
    compare,
    compare_strangers,
    known,
    nobody_by,
    verdict,
)
from agentcore_auth.preview.document import Preview
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

    @property
    def is_undecided(self) -> bool:
        """Whether the preview does not tell what becomes of the caller."""
        return self.access in {Access.UNKNOWN, Access.OUTSIDE}


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

    Judged is a token that comes in now, by what was asked for until now and what the issuer's family is known to carry.
    """
    sides = [gateway for gateway in (before, after) if gateway]
    # Who may sign is IAM's to say: no token ever came in there.
    signed = all(isinstance(gateway.authorizer, NoToken) and is_shut(gateway) for gateway in sides)
    if signed or all(_names_all(gateway) for gateway in sides):
        return None
    caller = _stranger("callers at this issuer", before, after)
    # Where clients are listed by name, nobody else had or gets access, which is no news.
    return None if caller.access is Access.NONE and any(_names_all(gateway) for gateway in sides) else caller


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
    return tuple(check for check in checks if judge is not issuer or check.allowed.name != "discoveryUrl")


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
    return _stranger(client_id, before, after, client_id)


def _stranger(name: str, before: Gateway | None, after: Gateway | None, client_id: str | None = None) -> Caller:
    had = before is not None and _may_come_in(before, client_id)
    has = after is not None and _may_come_in(after, client_id)
    held = compare_strangers(before.authorizer, after.authorizer, client_id) if before and after and had else None
    if held is not None:
        access = _ACCESS_OF_STRANGERS[verdict(held)]
    elif had:
        access = Access.LOSES
    elif has:
        # Who will call a new gateway is not known; a client that it lists by name will.
        access = Access.GAINS if before is not None or client_id is not None else Access.OUTSIDE
    else:
        access = Access.NONE
    return Caller(name, access, ExpectedChange.STAYS, held, is_ours=False)


def _names_all(gateway: Gateway) -> bool:
    """Whether all that come in are clients that the preview names."""
    return bool(gateway.clients) or gateway.authorizer.list_named("allowedClients") is not None


def _may_come_in(gateway: Gateway, client_id: str | None) -> bool:
    """Whether a client (None: one that is not known by name) has a chance at this gateway."""
    if is_shut(gateway):
        return False
    allowed = gateway.authorizer.list_named("allowedClients")
    if client_id is None:
        return not _names_all(gateway)
    return allowed is None or client_id in known(allowed)


def is_shut(gateway: Gateway) -> bool:
    """Whether no token of the gateway's issuer ever comes in, by what is known of the issuer's family."""
    authorizer = gateway.authorizer
    if isinstance(authorizer, NoToken):
        return authorizer.fit is Fit.NO
    return bool(nobody_by(authorizer))
