"""A collection of a management API, whichever vendor's: what its operations do. No HTTP here.

A vendor's base class says how it reads payloads and words errors; a class for each kind of entity declares its fields,
and has methods for the rules that fields cannot say.
"""

from __future__ import annotations

import secrets
import string
from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Json = Mapping[str, Any]
_ANYTHING: Json = MappingProxyType({})


class ApiError(Exception):
    """An error answer of a service: `status` and, as the vendor writes it, `document`."""

    def __init__(self, status: int, message: str, document: Json) -> None:
        super().__init__(message)
        self.status = status
        self.document = document


class Entity(BaseModel):
    """Frozen: a change makes a new entity. `state` is whatever the vendor keeps its collections in."""

    model_config = ConfigDict(strict=True, frozen=True)

    what: ClassVar[str]
    """What errors call such an entity."""
    key: ClassVar[str] = "id"
    prefix: ClassVar[str] = ""
    key_length: ClassVar[int] = 20
    server_set: ClassVar[frozenset[str]]
    """Fields that only the service sets, the key among them, as the API spells them."""
    fixed: ClassVar[frozenset[str]] = frozenset()
    """Fields that are set once."""
    kept: ClassVar[frozenset[str]] = frozenset()
    """Fields that stay as they are in a replacement that does not name them."""
    unique: ClassVar[tuple[str, ...]] = ()
    """Fields that no two entities agree in."""
    filters: ClassVar[tuple[str, ...]] = ()
    """Fields that a search can ask for, such as the parent that a path names."""
    known_by: ClassVar[tuple[str, ...]]
    """Fields by which a person knows it."""
    creation_status: ClassVar[int] = 201
    built_in: ClassVar[str] = ""
    """The field that is true of what the service brings along."""

    @classmethod
    @abstractmethod
    def missing(cls, key: str) -> ApiError: ...

    @classmethod
    @abstractmethod
    def invalid(cls, mistake: str, field: str, message: str) -> ApiError:
        """The error for a payload: pydantic's name of the mistake, the field's path, pydantic's message."""

    @abstractmethod
    def taken(self) -> ApiError:
        """The error for an entity that there is already."""

    @classmethod
    def settable(cls, payload: Json, protected: frozenset[str]) -> Json:
        """What a payload sets, where it cannot set the protected fields."""
        return {name: value for name, value in payload.items() if name not in protected}

    def document(self) -> dict[str, Any]:
        """The entity as the API spells it."""
        return self.model_dump(by_alias=True, exclude_none=True)

    def answers_to(self, key: str) -> bool:
        return getattr(self, self.key) == key

    def check(self, state: Any, current: Any) -> None:
        """Refuse an entity that is new (`current` is None), or to stand in place of the current one."""

    def check_removal(self) -> None:
        """Refuse the removal of the entity."""

    def saved(self, state: Any) -> None:
        """Change what the entity, as it is now, makes change."""

    def removed(self, state: Any) -> None:
        """Take along what depended on the entity."""


AnyEntity = TypeVar("AnyEntity", bound=Entity)


class Collection(dict[str, AnyEntity]):
    """Entities of one kind by key, in order of creation.

    Operations raise ApiError for a key that is not there, and for a payload that the model or a check refuses.
    """

    def __init__(self, model: type[AnyEntity], state: Any) -> None:
        super().__init__()
        self.model = model
        self._state = state

    def search(self, query: Mapping[str, str]) -> list[AnyEntity]:
        asked = [(name, query[name]) for name in self.model.filters if name in query]
        return [entity for entity in self.values() if all(getattr(entity, name) == value for name, value in asked)]

    def find(self, key: str, query: Mapping[str, str] = _ANYTHING) -> AnyEntity:
        """The entity of that key, if it is among those that the query finds."""
        for entity in self.search(query):
            if entity.answers_to(key):
                return entity
        raise self.model.missing(key)

    def create(self, payload: Json, **given: object) -> AnyEntity:
        """A new entity; `given` are fields that the service sets."""
        key = self.model.prefix + random_text(self.model.key_length - len(self.model.prefix))
        return self._save({**self.model.settable(payload, self.model.server_set), self.model.key: key, **given})

    def modify(self, entity: AnyEntity, payload: Json) -> AnyEntity:
        """Replace the fields in the payload; null puts a field back to its default."""
        merged = {**entity.document(), **self.model.settable(payload, self.model.server_set | self.model.fixed)}
        return self._save({name: value for name, value in merged.items() if value is not None}, entity)

    def replace(self, entity: AnyEntity, payload: Json) -> AnyEntity:
        """Replace all fields but those that only the service sets."""
        fixed = {name: getattr(entity, name) for name in self.model.server_set}
        return self._save({**self.model.settable(payload, self.model.server_set), **fixed}, entity)

    def remove(self, entity: AnyEntity) -> None:
        entity.check_removal()
        del self[getattr(entity, self.model.key)]
        entity.removed(self._state)

    def discard(self, query: Mapping[str, str]) -> None:
        """Remove what a search finds, whatever it is."""
        for entity in self.search(query):
            del self[getattr(entity, self.model.key)]

    def _save(self, document: Json, current: AnyEntity | None = None) -> AnyEntity:
        try:
            entity = self.model.model_validate(document)
        except ValidationError as error:
            mistake = error.errors(include_url=False, include_context=False)[0]
            raise self.model.invalid(mistake["type"], ".".join(map(str, mistake["loc"])), mistake["msg"]) from None
        if current is not None:
            kept = self.model.kept - entity.model_fields_set
            entity = entity.model_copy(update={name: getattr(current, name) for name in kept})
        entity.check(self._state, current)
        own = {name: getattr(entity, name) for name in self.model.unique}
        others = (each for each in self.values() if each is not current)
        if own and any(own == {name: getattr(each, name) for name in own} for each in others):
            raise entity.taken()
        self[getattr(entity, self.model.key)] = entity
        entity.saved(self._state)
        return entity


def random_text(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
