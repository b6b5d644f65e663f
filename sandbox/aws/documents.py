"""What AgentCore's control plane holds: documents that are created, read, updated and deleted.

Requests and documents are those of the API. A document has what was asked for and what the service adds; an answer
takes from it what its shape has.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from sandbox.aws.refusals import Refusal

Document = dict[str, Any]


class Documents:
    """Those of one kind, `held` by their ids; `kind` is what the members of id and ARN begin with."""

    status, id_form = "ACTIVE", "{name}-{random}"

    def __init__(self, kind: str, arn: str, id_member: str = "") -> None:
        self._kind, self._arn = kind, arn
        self._id, self.arn_member = id_member or f"{kind}Id", f"{kind}Arn"
        self.held: dict[str, Document] = {}
        self._inside: dict[str, Documents] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self.held.values()))  # which may change meanwhile

    def create(self, request: Document) -> Document:
        """Raises Refusal where the name is taken, or there cannot be such a document."""
        name = request["name"]
        if any(each["name"] == name for each in self):
            raise Refusal("ConflictException", f"A {self._kind} with name {name} already exists.")
        identifier = self.id_form.format(name=name, lowered=name.lower(), random=secrets.token_hex(5))
        return self._put(identifier, request, {})

    def get(self, request: Document) -> Document:
        """The one that a request names. Raises Refusal where it is not there."""
        identifier = request.get(self._id) or request[f"{self._kind}Identifier"]
        if identifier not in self.held:
            raise Refusal("ResourceNotFoundException", f"{self._kind} {identifier} was not found.")
        return self.held[identifier]

    def list(self, _: Document) -> Document:
        """All, by each of the names that answers have for them."""
        return {name: [*self] for name in ("items", "policies")}

    def update(self, request: Document) -> Document:
        """Replaces all that was asked for before. Raises Refusal."""
        held = self.get(request)
        return self._put(held[self._id], request, held)

    def delete(self, request: Document) -> Document:
        return self.held.pop(self.get(request)[self._id])

    def inside(self, request: Document) -> Documents:
        """Those that belong to the one that a request names: to a gateway its targets, to an engine its policies."""
        held = self.get(request)
        return self._inside.setdefault(held[self._id], self._inner(held))

    def _inner(self, held: Document) -> Documents:
        raise NotImplementedError

    def _put(self, identifier: str, request: Document, held: Document) -> Document:
        """Has a document in place of the one that is held, if there is one."""
        now = datetime.now(timezone.utc)
        state = {"createdAt": held.get("createdAt", now), "updatedAt": now, "status": self.status, "statusReasons": []}
        document = {**request, **state, **self._made(identifier)}
        self._check(document)
        self.held[identifier] = document
        return document

    def _made(self, identifier: str) -> Document:
        """What follows from an id."""
        return {self._id: identifier, self.arn_member: f"{self._arn}/{identifier}"}

    def _check(self, document: Document) -> None:
        """Raises Refusal where there cannot be such a document."""
