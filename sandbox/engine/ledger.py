"""A stack's state while a deployment changes it: which resources are old, which are new, and what is on disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.engine.state import Resource


class Ledger:
    """The new resources in the order in which they came about, then the old ones that are still there.

    So every resource stands after what it depends on, at any moment; a reversed ledger is an order to delete in.
    """

    def __init__(self, olds: list[Resource], save: Callable[[list[Resource]], None]) -> None:
        self._olds = list(olds)
        self._news: list[Resource] = []
        self._save = save
        self._by_urn = {resource.urn: resource for resource in olds if not resource.delete}
        self.lock = threading.RLock()

    def old(self, urn: str) -> Resource | None:
        """The state in which the last deployment left a resource."""
        return self._by_urn.get(urn)

    def leftovers(self) -> list[Resource]:
        """The old resources that nothing has taken the place of, dependents first."""
        with self.lock:
            return self._olds[::-1]

    def owner_of(self, resource: Resource) -> Resource:
        """The provider resource that a resource was made with."""
        with self.lock:
            return next(each for each in [*self._olds, *self._news] if each.reference == resource.provider)

    def record(self, new: Resource | None, retired: Resource | None, *, save: bool) -> None:
        """Take a new resource in and an old one out."""
        with self.lock:
            self._olds = [each for each in self._olds if each is not retired]
            if new:
                self._news.append(new)
            if save:
                self.save()

    def save(self) -> None:
        """Put the state on disk."""
        with self.lock:
            self._save([*self._news, *self._olds])

    def falling_with(
        self, root: Resource, settled: set[str], falls: Callable[[Resource, set[str]], bool]
    ) -> list[Resource]:
        """An old resource and those that cannot stay while it is deleted and made again, dependents first.

        What is settled already no longer depends on it. `falls` says whether a dependent has to be replaced when the
        resources with some URNs are.
        """
        with self.lock:
            later = self._olds[self._olds.index(root) + 1 :]
        dependents, condemned = {root.urn}, {root.urn: root}
        for each in later:
            if not each.delete and each.urn not in settled and each.depends_on() & dependents:
                dependents.add(each.urn)
                if each.custom and falls(each, set(condemned)):
                    condemned[each.urn] = each
        return list(condemned.values())[::-1]
