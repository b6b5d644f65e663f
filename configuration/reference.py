"""Makes `docs/configuration.md` from the schema.

usage: python -m configuration.reference > docs/configuration.md
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from components.targets import KINDS
from components.targets.credentials import credentials_of
from configuration.annotations import fields_of, further_keys, is_model, is_tag, tag_of
from configuration.schema import schema
from configuration.section import PROJECT

INTRODUCTION = f"""# Configuration

Keys of the project `{PROJECT}`, in `Pulumi.<stack>.yaml`. Made from the schema by `python -m configuration.reference`.

Every mistake in a stack file is found before anything is changed, and shown together with all others; only what depends
on a section that is wrong itself waits until that is right. A secret never stands in one of these keys: set it by
`pulumi config set --secret <name>`, and name it by `secretRef`.

Besides these, `aws:region` is required; `auth0:domain` with `auth0:clientId` and `auth0:clientSecret` (or
`auth0:apiToken`) where Auth0 is switched on; `okta:orgName` with `okta:apiToken` (or with `okta:clientId`,
`okta:privateKey`, `okta:privateKeyId` and `okta:scopes`) where Okta is.
"""


def page() -> str:
    """The whole page, as Markdown."""
    lines = [INTRODUCTION]
    top = schema()
    for model in _models(top):
        title = "Top level" if model is top else model.__name__
        lines += [f"## {title}", "", " ".join((model.__doc__ or "").split()), ""]
        rows = [_row(field) for field in fields_of(model)]
        rows += [f"| any other | {_type(further_keys(model))} | | |"] if further_keys(model) else []
        lines += ["| key | type | default | meaning |", "|---|---|---|---|", *rows, ""] if rows else []
        if model is top:
            lines += [*_pairs(), ""]
    return "\n".join(lines)


def _pairs() -> Iterator[str]:
    """Which credentials go with which kind of target, as the registry of kinds says."""
    taken = {kind: credentials_of(kind) for kind in KINDS if credentials_of(kind)}
    columns = list(dict.fromkeys(tag_of(each) for found in taken.values() for each in found))
    yield "### Targets and credentials"
    yield ""
    yield "Which `credentials` a type of target takes, by their `type`; all others are refused."
    yield ""
    yield f"| target | {' | '.join(f'`{column}`' for column in columns)} |"
    yield "|---|" + "---|" * len(columns)
    for kind, found in taken.items():
        by_tag = {tag_of(each): f"[{each.__name__}](#{each.__name__.lower()})" for each in found}
        yield f"| `{tag_of(kind)}` | {' | '.join(by_tag.get(column, '') for column in columns)} |"


def _models(top: type[BaseModel]) -> list[type[BaseModel]]:
    """The schema's models, in the order in which a reader meets them."""
    found: list[type[BaseModel]] = []
    waiting = [top]
    while waiting:
        model = waiting.pop(0)
        if model not in found:
            found.append(model)
            waiting += [inner for _, field in fields_of(model) for inner in _models_in(field.annotation)]
            waiting += _models_in(further_keys(model))
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if is_model(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _row(item: tuple[str, FieldInfo]) -> str:
    key, field = item
    default = "**required**" if field.is_required() and not is_tag(field) else _default(field)
    return f"| `{key}` | {_type(field.annotation)} | {default} | {field.description or ''} |"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined or value is None or value in ((), {}):
        return ""
    return f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, BaseModel):
        entries = value.model_dump(exclude_unset=True, by_alias=True)
        return str(entries or {})
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_plain(item) for item in value) + "]"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) + "}"
    return str(value)


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in {Union, types.UnionType}:
        kinds = [_type(argument) for argument in arguments if argument is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"map of {_type(arguments[1])}"
    if is_model(annotation):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return {str: "text", int: "number", bool: "`true` or `false`"}.get(annotation, "any")


if __name__ == "__main__":
    sys.stdout.write(page())
