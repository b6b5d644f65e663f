"""Everything that a change does to callers, in one place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from agentcore_auth.preview.access import ENGINE, AccessChange, ToolChange, access_change
from agentcore_auth.preview.authorizers import CONFIGURATION, TYPE, NoToken, is_same_issuer, known
from agentcore_auth.preview.document import Preview
from agentcore_auth.preview.gateways import Gateway, gateways
from agentcore_auth.preview.grants import Widening, widenings
from agentcore_auth.preview.interceptors import KEY, Interceptor, Seen, interceptor_changes
from agentcore_auth.preview.values import Difference, differences
from agentcore_auth.preview.verdicts import Caller, ExpectedChange, callers, expected_change, is_shut, outsiders

GATES = ("lockout", "replace", "widen", "unknown")
# Where a provider's tokens name the client: the program moves the check from one to another as the tokens change.
_CLIENT_CLAIMS = frozenset({"client_id", "azp", "cid"})


@dataclass(frozen=True)
class Loosening:
    """A list of the authorizer that accepts other values than before (`added`), or is not checked any more.

    `instead`: some that it accepted are gone.
    """

    list_name: str
    added: tuple[str, ...] = ()
    instead: bool = False
    is_of_clients: bool = False


@dataclass(frozen=True)
class GatewayImpact:
    """What happens to one gateway; `before` or `after` is None where it is new, or deleted."""

    name: str
    change: ExpectedChange
    before: Gateway | None
    after: Gateway | None
    callers: tuple[Caller, ...]
    #: What the authorizer stops checking, or accepts in addition, other than clients that the stack makes.
    loosened: tuple[Loosening, ...]
    #: What differs besides the authorizer, and the inputs that have the gateway replaced.
    values: tuple[Difference, ...]
    replacing: tuple[str, ...]
    #: Name -> what happens to the target, unchanged ones left out.
    targets: tuple[tuple[str, str], ...]
    #: Who gains and who loses tools by policies; None where none are about this gateway, before or after.
    access: AccessChange | None = None
    #: What functions see from now on (`added`), or no longer (`gone`).
    interceptors: tuple[tuple[Interceptor, str], ...] = ()

    @property
    def provider(self) -> str:
        """What the gateway's callers get their tokens from."""
        gateway = self.after or self.before
        return gateway.provider if gateway else ""

    @property
    def undecided(self) -> tuple[Caller, ...]:
        """The callers of a gateway that exists of which the preview does not tell what becomes of them."""
        return tuple(caller for caller in self.callers if self.before is not None and caller.is_undecided)

    @property
    def is_same(self) -> bool:
        """Whether its callers notice nothing."""
        return self.concerns_nobody and not self.values

    @property
    def concerns_nobody(self) -> bool:
        """Whether nobody's access and no tool is touched, whatever else of the gateway changes."""
        verdicts = any(caller.is_locked_out or caller.change is not ExpectedChange.STAYS for caller in self.callers)
        is_other = self.change is not ExpectedChange.STAYS or self.authorizer_differs or verdicts
        has_access = self.access is not None and self.access.is_any
        decides_otherwise = has_access or self.interceptors
        return not is_other and not self.loosened and not self.targets and not decides_otherwise

    def requests_seen(self, change: str) -> bool:
        """Whether a function sees requests from now on (`added`), or no longer (`gone`): it may refuse them."""
        return any(each.sees is Seen.REQUESTS and found == change for each, found in self.interceptors)

    def target_values(self, name: str) -> tuple[Difference, ...]:
        """What differs in a target that is there before and after."""
        old, new = (gateway.targets.get(name) if gateway else None for gateway in (self.before, self.after))
        return differences(old.inputs, new.inputs) if old and new else ()

    @property
    def authorizer_differs(self) -> bool:
        """Whether anything in the authorizer is another value, or one that is not known yet."""
        if self.before is None or self.after is None:
            return False
        return _content(self.before) != _content(self.after)


@dataclass(frozen=True)
class Impact:
    """The verdict on a change."""

    stack: str
    gateways: tuple[GatewayImpact, ...]
    widenings: tuple[Widening, ...]

    @cached_property
    def locked_out(self) -> tuple[tuple[str, Caller], ...]:
        """(gateway, caller) for everybody that is refused with the token that it has."""
        return tuple((each.name, caller) for each in self.gateways for caller in each.callers if caller.is_locked_out)

    @cached_property
    def without_tools(self) -> tuple[tuple[str, ToolChange], ...]:
        """(gateway, change) for every caller that loses tools by its gateway's policies."""
        return tuple((name, change) for name, change in self._tool_changes if change.lost)

    @cached_property
    def _tool_changes(self) -> tuple[tuple[str, ToolChange], ...]:
        return tuple((each.name, change) for each in self.gateways if each.access for change in each.access.callers)

    @cached_property
    def replaced(self) -> tuple[str, ...]:
        """The gateways that get another URL, and the clients that get another secret."""
        urls = [each.name for each in self.gateways if each.change is ExpectedChange.REPLACED]
        secrets = [
            f"{each.name}-{caller.name}"
            for each in self.gateways
            for caller in each.callers
            if caller.change is ExpectedChange.REPLACED
        ]
        return (*urls, *secrets)

    @cached_property
    def widened(self) -> tuple[str, ...]:
        """The roles and policies that allow more than before, and the gateways that let more callers in."""
        holders = [each.holder for each in self.widenings if each.is_certain]
        gaining = [name for name, change in self._tool_changes if change.gained]
        loosened = [
            each.name for each in self.gateways if each.loosened or each.name in gaining or each.requests_seen("gone")
        ]
        return (*holders, *loosened)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The gateways with callers, and the roles and policies that exist, of which the preview does not tell."""
        holders = [each.holder for each in self.widenings if each.is_unknown and not each.is_new]
        open_ones = [name for name, change in self._tool_changes if change.is_unknown]
        open_ones += [each.name for each in self.gateways if each.requests_seen("added")]
        return (*holders, *(each.name for each in self.gateways if each.undecided or each.name in open_ones))

    def breaches(self, gates: Collection[str]) -> list[str]:
        """Those of the gates (GATES) that the change does not pass."""
        found = {
            "lockout": (*self.locked_out, *self.without_tools),
            "replace": self.replaced,
            "widen": self.widened,
            "unknown": self.unknown,
        }
        return [gate for gate in GATES if gate in gates and found[gate]]


def impact(preview: Preview) -> Impact:
    """What a change does to callers. Raises PreviewError for a preview that this program cannot have made."""
    before, after = gateways(preview.before), gateways(preview.after)
    names = dict.fromkeys([*before, *after])
    return Impact(
        preview.stack,
        tuple(_gateway(preview, name, before.get(name), after.get(name)) for name in sorted(names)),
        tuple(widenings(preview)),
    )


def _gateway(preview: Preview, name: str, before: Gateway | None, after: Gateway | None) -> GatewayImpact:
    by_name = [*callers(preview, before, after)]
    others = outsiders(before, after)
    urn = next(gateway.resource.urn for gateway in (after, before) if gateway)
    change = preview.changes[urn]
    return GatewayImpact(
        name,
        expected_change(preview, urn),
        before,
        after,
        callers=(*by_name, *([others] if others else [])),
        loosened=tuple(_loosened(before, after)) if before and after else (),
        values=tuple(_values(before, after)),
        replacing=change.replacing,
        targets=tuple(_targets(preview, before, after)),
        access=access_change(before, after),
        interceptors=tuple(interceptor_changes(before.resource, after.resource)) if before and after else (),
    )


def _values(before: Gateway | None, after: Gateway | None) -> Iterator[Difference]:
    if before and after:
        for each in differences(before.resource.inputs, after.resource.inputs):
            if not each.path.startswith((CONFIGURATION, TYPE, ENGINE, KEY)):
                yield each


def _loosened(before: Gateway, after: Gateway) -> Iterator[Loosening]:
    was, now = before.authorizer, after.authorizer
    if isinstance(was, NoToken) or isinstance(now, NoToken):
        kind = now.type if isinstance(now, NoToken) else "CUSTOM_JWT"
        if isinstance(kind, str) and kind != (was.type if isinstance(was, NoToken) else "CUSTOM_JWT"):
            yield Loosening(TYPE, (kind,), instead=True)
        return
    if is_shut(after):
        return
    if isinstance(now.discovery_url, str) and is_same_issuer(was.discovery_url, now.discovery_url) is False:
        yield Loosening("discoveryUrl", (now.discovery_url,), instead=True)
    ours = {client.id for gateway in (before, after) for client in gateway.clients.values()}
    still_checked = {allowed.claim for allowed in now.lists}
    for allowed in was.lists:
        current = now.list_named(allowed.name)
        if current is not None:
            former, accepted = set(known(allowed)) - ours, set(known(current)) - ours
            added = accepted - former if current.is_of_one_value is allowed.is_of_one_value else accepted
            # What the stack's own provider calls its audience and scopes may change together with its tokens.
            renamed = bool(after.clients) and allowed.claim in {"aud", "scope"} and not former < accepted
            if added and not renamed:
                yield Loosening(allowed.name, tuple(sorted(added)), instead=not former <= accepted)
        elif allowed.claim not in _CLIENT_CLAIMS:
            yield Loosening(allowed.name)
        elif not still_checked & _CLIENT_CLAIMS:
            yield Loosening(allowed.name, is_of_clients=True)


def _targets(preview: Preview, before: Gateway | None, after: Gateway | None) -> Iterator[tuple[str, str]]:
    old, new = before.targets if before else {}, after.targets if after else {}
    if before is None or after is None:
        return
    for name in sorted({*old, *new}):
        if name not in new:
            yield name, "gone"
        elif name not in old:
            yield name, "added"
        else:
            operation = preview.operation(new[name].urn)
            if operation != "same":
                yield name, "replaced" if operation == "replace" else "changed"


def _content(gateway: Gateway) -> object:
    lists = {allowed.name: frozenset(allowed.values) for allowed in gateway.authorizer.lists}
    return gateway.authorizer.discovery_url, lists
