"""What the annotations of sections say: to messages, to the reference, and to the package's schema."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The keys of a section, with their fields."""
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def further_keys(model: type[BaseModel]) -> Any:
    """The type of what stands under the keys that a section takes besides its own; None where it takes no others."""
    if model.model_config.get("extra") != "allow":
        return None
    return get_args(get_type_hints(model, include_extras=True)["__pydantic_extra__"])[1]


def alternatives(annotation: Any) -> list[Any]:
    """The members of a union but for None, or the type itself."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return [
            choice for argument in get_args(annotation) for choice in alternatives(argument) if choice is not type(None)
        ]
    return [annotation]


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Whether a type is a section."""
    # Python 3.10 takes list[str] for a type, and then refuses to say what it is a subclass of.
    return get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel)


def is_tag(field: FieldInfo) -> bool:
    """Whether a field only says which kind its section is."""
    annotation: Any = field.annotation
    return get_origin(annotation) is Literal and len(get_args(annotation)) == 1


def tag_of(annotation: Any) -> str | None:
    """The `type` by which a section is told apart from other kinds; None of everything else."""
    if not is_model(annotation) or "type" not in annotation.model_fields:
        return None
    kind: Any = annotation.model_fields["type"].annotation
    return get_args(kind)[0] if get_origin(kind) is Literal else None
