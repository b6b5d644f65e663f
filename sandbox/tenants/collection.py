"""A collection of a management API: what its operations do, whichever vendor's it is. No HTTP here.

A subclass declares one kind of entity: its model, its names, which fields only the service sets, and as methods the
rules that a model cannot say.
"""

from __future__ import annotations

import secrets
import string
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ValidationError

Json = Mapping[str, object]
AnyEntity = TypeVar("AnyEntity", bound=BaseModel)


class ApiError(Exception):
    """An error answer of a management API: `status` and, as the vendor writes it, `document`."""

    def __init__(self, status: int, message: str, document: Json) -> None:
        super().__init__(message)
        self.status = status
        self.document = document


class Collection(dict[str, AnyEntity], ABC):
    """Entities by key, in order of creation.

    Operations raise ApiError for a key that is not there, and for a payload that the model or a check refuses.
    """

    model: type[AnyEntity]
    """Strict and frozen: a change makes a new entity."""
    what: ClassVar[str]
    """What errors call such an entity."""
    key: ClassVar[str] = "id"
    server_set: ClassVar[frozenset[str]]
    """Fields that only the service sets, the key among them, as the API spells them."""
    unique: ClassVar[tuple[str, ...]] = ()
    """Fields that no two entities agree in."""
    filters: ClassVar[tuple[str, ...]] = ()
    """Fields that a search can ask for."""

    @abstractmethod
    def new_key(self) -> str: ...

    @abstractmethod
    def missing(self, key: str) -> ApiError: ...

    @abstractmethod
    def invalid(self, mistake: str, field: str, message: str) -> ApiError:
        """The error for a payload: pydantic's name of the mistake, the field's path, pydantic's message."""

    @abstractmethod
    def taken(self, entity: AnyEntity) -> ApiError:
        """The error for an entity that another is equal to in all `unique` fields."""

    @abstractmethod
    def settable(self, payload: Json) -> Json:
        """What a payload may set."""

    @abstractmethod
    def document(self, entity: AnyEntity) -> dict[str, object]:
        """An entity as the API spells it."""

    def lookup(self, key: str) -> AnyEntity | None:
        return self.get(key)

    def search(self, query: Mapping[str, str]) -> list[AnyEntity]:
        """The entities that a query asks for."""
        asked = {name: query[name] for name in self.filters if name in query}
        return [entity for entity in self.values() if all(getattr(entity, name) == asked[name] for name in asked)]

    def find(self, key: str) -> AnyEntity:
        found = self.lookup(key)
        if found is None:
            raise self.missing(key)
        return found

    def create(self, payload: Json, **given: object) -> AnyEntity:
        """A new entity; `given` are fields that the service sets."""
        return self._save({**self.settable(payload), self.key: self.new_key(), **given})

    def modify(self, key: str, payload: Json) -> AnyEntity:
        """Replace the fields in the payload; null puts a field back to its default."""
        current = self.find(key)
        merged = {**self.document(current), **self.settable(payload)}
        return self._save({name: value for name, value in merged.items() if value is not None})

    def replace(self, key: str, payload: Json) -> AnyEntity:
        """Replace all fields but those that only the service sets."""
        current = self.find(key)
        kept = {name: value for name, value in self.document(current).items() if name in self.server_set}
        return self._save({**self.settable(payload), **kept})

    def remove(self, key: str) -> None:
        entity = self.find(key)
        self.check_removal(entity)
        del self[getattr(entity, self.key)]
        self.removed(entity)

    def put(self, entity: AnyEntity) -> AnyEntity:
        """Keep an entity that has passed all checks; gives it as it is kept."""
        self[getattr(entity, self.key)] = entity
        return entity

    def check(self, entity: AnyEntity) -> None:
        """Refuse an entity that is new, or to stand in place of the one of its key."""

    def check_removal(self, entity: AnyEntity) -> None:
        """Refuse the removal of an entity."""

    def removed(self, entity: AnyEntity) -> None:
        """Take along what depended on an entity."""

    def _save(self, document: Json) -> AnyEntity:
        try:
            entity = self.model.model_validate(document)
        except ValidationError as error:
            mistake = error.errors(include_url=False, include_context=False)[0]
            field = ".".join(str(part) for part in mistake["loc"])
            raise self.invalid(mistake["type"], field, mistake["msg"]) from None
        self.check(entity)
        own = [getattr(entity, name) for name in self.unique]
        key = getattr(entity, self.key)
        if own and any(own == [getattr(each, name) for name in self.unique] for k, each in self.items() if k != key):
            raise self.taken(entity)
        return self.put(entity)


def random_text(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
