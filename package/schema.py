"""The package's schema (Pulumi, "Package schema"), made from the models. Pure.

What a schema cannot express: a union of kinds, told apart by `type`, becomes an object with one optional property for
each kind; a default that is a list or an object stands in the description. Properties are `plain`, so that they can be
checked before anything is made, but for those whose field says `input`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from configuration.annotations import alternatives, fields_of, is_model, is_tag, tag_of
from package.arguments import COMPONENTS
from package.outputs import OUTPUTS

NAME = "agentcore-auth"
VERSION = "0.1.0"
INPUTS = ("TargetFunctionArn", "InterceptorFunctionArn")
"""Keys of the stack file's own sections that a program may give as an output: the ends of their types' names."""
COMMON = ("name", "description", "providers")
"""What a target has, whatever its kind."""

_Json: TypeAlias = dict[str, Any]
_ANY: _Json = {"$ref": "pulumi.json#/Any"}


def package_schema() -> _Json:
    """The whole schema, as a JSON document."""
    types_: dict[str, _Json] = {}
    resources = {
        f"{NAME}:index:{name}": {
            "isComponent": True,
            "type": "object",
            "description": _sentence(model.__doc__),
            "inputProperties": _properties(model, types_, plain=True),
            "requiredInputs": _required(model),
            "properties": _properties(OUTPUTS[name], types_, plain=False),
            "required": _required(OUTPUTS[name]),
        }
        for name, model in COMPONENTS.items()
    }
    return {
        "name": NAME,
        "version": VERSION,
        "displayName": NAME,
        "description": "Gateways of Amazon Bedrock AgentCore, and the identity providers whose tokens they admit",
        "resources": resources,
        "types": {f"{NAME}:index:{name}": definition for name, definition in sorted(types_.items())},
        "language": {language: {"respectSchemaVersion": True} for language in ("nodejs", "python", "go", "csharp")},
    }


def kinds(annotation: Any) -> dict[str, type[BaseModel]]:
    """The models of a union that are told apart by `type`, by its values; empty for everything else."""
    members = [each for each in alternatives(annotation) if is_model(each)]
    tagged = {tag: each for each in members if (tag := tag_of(each)) is not None}
    return tagged if len(members) > 1 and len(tagged) == len(members) else {}


def _properties(model: type[BaseModel], found: dict[str, _Json], *, plain: bool) -> _Json:
    return {
        key: _property(f"{model.__name__}{key[0].upper()}{key[1:]}", field, found, plain=plain)
        for key, field in fields_of(model)
        if not is_tag(field)
    }


def _property(name: str, field: FieldInfo, found: dict[str, _Json], *, plain: bool) -> _Json:
    extra = cast("Mapping[str, object]", field.json_schema_extra or {})
    is_input = "input" in extra or name.endswith(INPUTS)
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    told = field.description or ""
    shape = _shape(name, field.annotation, found, plain=plain and not is_input)
    if isinstance(default, str | int):
        shape["default"] = default
    elif default not in (None, PydanticUndefined, (), {}):
        told += f" Default: {_told(default)}."
    if extra.get("secret"):
        shape["secret"] = True
    return {"description": told.strip(), **shape}


def _told(default: Any) -> str:
    if isinstance(default, BaseModel):
        return str(default.model_dump(exclude_unset=True, by_alias=True, mode="json") or {})
    if isinstance(default, dict):
        return "{" + ", ".join(f"{key}: {_told(value)}" for key, value in cast("dict[str, Any]", default).items()) + "}"
    return f"[{', '.join(map(str, default))}]" if isinstance(default, tuple) else str(default)


def _shape(name: str, annotation: Any, found: dict[str, _Json], *, plain: bool) -> _Json:
    of_kinds = kinds(annotation)
    (member, *_) = alternatives(annotation)
    origin, arguments = get_origin(member), get_args(member)
    mark: _Json = {"plain": True} if plain else {}
    if of_kinds:
        return {"$ref": _of_kinds(name, of_kinds, found), **mark}
    if origin is tuple:
        return {"type": "array", "items": _shape(name, arguments[0], found, plain=plain), **mark}
    if origin is dict and arguments[1] is not Any:
        return {"type": "object", "additionalProperties": _shape(name, arguments[1], found, plain=plain), **mark}
    if origin is Literal and not isinstance(arguments[0], str):
        return {"type": "integer", **mark}  # the schema's enums name their values, and numbers are no names
    if origin is Literal:
        values = [{"name": value, "value": value} for value in arguments]
        found[name] = {"type": "string", "enum": values}
        return {"$ref": f"#/types/{NAME}:index:{name}", **mark}
    if is_model(member):
        return {"$ref": _object(member, found, plain=plain), **mark}
    simple = {str: "string", int: "integer", bool: "boolean"}.get(member)
    return {"type": simple, **mark} if simple else {**_ANY, **mark}


def _object(model: type[BaseModel], found: dict[str, _Json], *, plain: bool, without: Sequence[str] = ()) -> str:
    name = model.__name__ if not plain else f"{model.__name__}Settings"
    if name not in found:
        found[name] = {}  # known, should the model hold itself
        properties = _properties(model, found, plain=plain)
        found[name] = {
            "type": "object",
            "description": _sentence(model.__doc__),
            "properties": {key: value for key, value in properties.items() if key not in without},
            "required": [key for key in _required(model) if key not in without],
        }
    return f"#/types/{NAME}:index:{name}"


def _of_kinds(name: str, of_kinds: Mapping[str, type[BaseModel]], found: dict[str, _Json]) -> str:
    models = list(of_kinds.values())
    common = [key for key in COMMON if all(key in model.model_fields for model in models)]
    shared = {key: models[0].model_fields[key] for key in common}
    found[name] = {
        "type": "object",
        "description": "One of the kinds: exactly one of its properties besides those of all targets is given."
        if common
        else "One of the kinds: at most one of its properties is given.",
        "properties": {
            **{key: _property(f"{name}{key}", field, found, plain=True) for key, field in shared.items()},
            **{
                tag: {
                    "description": _sentence(model.__doc__),
                    "$ref": _object(model, found, plain=True, without=common),
                    "plain": True,
                }
                for tag, model in of_kinds.items()
            },
        },
        "required": ["name"] if "name" in common else [],
    }
    return f"#/types/{NAME}:index:{name}"


def _required(model: type[BaseModel]) -> list[str]:
    return [key for key, field in fields_of(model) if field.is_required() and not is_tag(field)]


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split())
