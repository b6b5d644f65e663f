"""A collection of a management API, whichever vendor's: what its operations do. No HTTP here.

A vendor's base class says how it reads payloads and words errors; a class for each kind of entity declares the model,
and has methods for the rules that a model cannot say.
"""

from __future__ import annotations

import secrets
import string
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Json = Mapping[str, Any]


class ApiError(Exception):
    """An error answer of a management API: `status` and, as the vendor writes it, `document`."""

    def __init__(self, status: int, message: str, document: Json) -> None:
        super().__init__(message)
        self.status = status
        self.document = document


class Entity(BaseModel):
    """Frozen: a change makes a new entity."""

    model_config = ConfigDict(strict=True, frozen=True)

    def document(self) -> dict[str, Any]:
        """The entity as the API spells it."""
        return self.model_dump(by_alias=True, exclude_none=True)


AnyEntity = TypeVar("AnyEntity", bound=Entity)


class Collection(dict[str, AnyEntity], ABC):
    """Entities by key, in order of creation.

    Operations raise ApiError for a key that is not there, and for a payload that the model or a check refuses.
    """

    model: type[AnyEntity]
    what: ClassVar[str]
    """What errors call such an entity."""
    key: ClassVar[str] = "id"
    prefix: ClassVar[str] = ""
    key_length: ClassVar[int] = 20
    server_set: ClassVar[frozenset[str]]
    """Fields that only the service sets, the key among them, as the API spells them."""
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Fields that are set once."""
    unique: ClassVar[tuple[str, ...]] = ()
    """Fields that no two entities agree in."""
    filters: ClassVar[tuple[str, ...]] = ()
    """Fields that a search can ask for."""

    @abstractmethod
    def missing(self, key: str) -> ApiError: ...

    @abstractmethod
    def invalid(self, mistake: str, field: str, message: str) -> ApiError:
        """The error for a payload: pydantic's name of the mistake, the field's path, pydantic's message."""

    @abstractmethod
    def taken(self, entity: AnyEntity) -> ApiError: ...

    def settable(self, payload: Json, protected: frozenset[str]) -> Json:
        """What a payload sets, where it cannot set the protected fields."""
        return {name: value for name, value in payload.items() if name not in protected}

    def new_key(self) -> str:
        return self.prefix + random_text(self.key_length - len(self.prefix))

    def lookup(self, key: str) -> AnyEntity | None:
        return self.get(key)

    def search(self, query: Mapping[str, str]) -> list[AnyEntity]:
        asked = {name: query[name] for name in self.filters if name in query}
        return [entity for entity in self.values() if all(getattr(entity, name) == asked[name] for name in asked)]

    def find(self, key: str) -> AnyEntity:
        found = self.lookup(key)
        if found is None:
            raise self.missing(key)
        return found

    def create(self, payload: Json, **given: object) -> AnyEntity:
        """A new entity; `given` are fields that the service sets."""
        return self._save({**self.settable(payload, self.server_set), self.key: self.new_key(), **given})

    def modify(self, key: str, payload: Json) -> AnyEntity:
        """Replace the fields in the payload; null puts a field back to its default."""
        merged = {**self.find(key).document(), **self.settable(payload, self.server_set | self.fixed)}
        return self._save({name: value for name, value in merged.items() if value is not None})

    def replace(self, key: str, payload: Json) -> AnyEntity:
        """Replace all fields but those that only the service sets."""
        kept = {name: value for name, value in self.find(key).document().items() if name in self.server_set}
        return self._save({**self.settable(payload, self.server_set), **kept})

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
            raise self.invalid(mistake["type"], ".".join(map(str, mistake["loc"])), mistake["msg"]) from None
        self.check(entity)
        key, own = getattr(entity, self.key), [getattr(entity, name) for name in self.unique]
        if own and any(own == [getattr(each, name) for name in self.unique] for k, each in self.items() if k != key):
            raise self.taken(entity)
        return self.put(entity)


def random_text(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
