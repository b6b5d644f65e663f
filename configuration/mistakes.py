"""Mistakes in a configuration, as sentences: where, what is wrong, what is valid."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agentcore_auth.authorizer.causes import harmless
from configuration.annotations import alternatives, fields_of, further_keys, is_model, tag_of

Path: TypeAlias = tuple[str | int, ...]
_MOST_SHOWN = 50


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing that is wrong: the path of the key that it is about, and a sentence."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return harmless(f"{self.path}: {self.sentence}" if self.path else self.sentence, kept="")


class ConfigurationError(Exception):
    """A configuration that cannot be deployed; `mistakes` has all that was found, the message the first 50."""

    def __init__(self, heading: str, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        more = len(self.mistakes) - _MOST_SHOWN
        lines = [f"  {mistake}" for mistake in self.mistakes[:_MOST_SHOWN]]
        super().__init__("\n".join([heading, *lines, *([f"  and {more:,} more"] if more > 0 else [])]))


def path_text(path: Sequence[str | int]) -> str:
    """`("targets", 0, "name")` as `targets[0].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def exactly_one(path: str, section: BaseModel, *fields: str) -> Iterator[Mistake]:
    """A mistake unless one of these fields is given, and no other."""
    given = [field for field in fields if getattr(section, field) is not None]
    if len(given) != 1:
        models = type(section).model_fields
        keys = ", ".join(models[field].alias or field for field in fields)
        yield Mistake(path, f"needs exactly one of {keys}" + ("; it has none" if not given else ""))


def unknown_key(key: str, valid: Iterable[str]) -> str:
    """The sentence for a key that does not exist: the nearest valid one, and all valid ones."""
    names = sorted(valid)
    return f"there is no such key; {nearest(key, names)}valid here: {', '.join(names) or 'none'}"


def nearest(name: str, valid: Sequence[str]) -> str:
    """`did you mean …? ` where one of the valid names is close, and nothing otherwise."""
    near = difflib.get_close_matches(name, valid, n=1, cutoff=0.6)
    return f"did you mean {near[0]}? " if near else ""


def mistakes_of(error: ValidationError, annotation: Any, at: Path) -> Iterator[Mistake]:
    """What pydantic found, as mistakes.

    `annotation` is the type that was validated and `at` the path where its value stands: with them, an unknown key
    can be answered with the keys that exist in that place.
    """
    for details in error.errors(include_url=False):
        if details["type"] == "too_short" and details["input"]:
            continue  # not empty: its entries are wrong, and each of them says so itself
        location, model, found = _located(details["loc"], annotation)
        yield Mistake(path_text((*at, *location)), _sentence(details, model, found))


def _sentence(details: ErrorDetails, model: type[BaseModel] | None, annotation: Any) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "missing":
        return "is required, and missing"
    if kind == "extra_forbidden":
        key = str(details["loc"][-1])
        return unknown_key(key, (valid for valid, _ in fields_of(model)) if model else ())
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        valid = [tag for choice in alternatives(annotation) if (tag := tag_of(choice))]
        return f"type is {context.get('tag', 'missing')}; valid: {', '.join(valid)}"
    if kind == "literal_error":
        return f"{details['input']!r} is not valid here; valid: {str(context['expected']).replace(' or ', ', ')}"
    if kind == "too_short":
        return "is empty; it needs at least one entry"
    if kind == "too_long":
        return f"has more entries than the {context['max_length']} that AWS allows here"
    if kind in {"string_too_short", "string_too_long"}:
        return f"{details['msg'].replace('String should have', 'should have')}, not {_shown(details['input'])}"
    if kind == "json_invalid":
        deep = "recursion limit" in details["msg"]
        return "is nested too deeply to be read; flatten it" if deep else f"is not JSON: {context['error']}"
    if kind in {"form", "repeated"}:
        return details["msg"]
    wanted = details["msg"].removeprefix("Input should be ")
    return f"should be {wanted}, not {_shown(details['input'])}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _located(location: Sequence[str | int], annotation: Any) -> tuple[Path, type[BaseModel] | None, Any]:
    """pydantic's location without the names of union members, the model with its last part, and the type there."""
    path: list[str | int] = []
    model: type[BaseModel] | None = None
    for part in location:
        if part == "[key]":
            continue  # what is wrong is the key itself, which stands before this
        choices = alternatives(annotation)
        tagged = next((choice for choice in choices if len(choices) > 1 and tag_of(choice) == part), None)
        if tagged is not None:
            annotation = tagged
            continue
        path.append(part)
        model = next((choice for choice in choices if is_model(choice)), None)
        annotation = _inside(choices, model, part)
    return tuple(path), model, annotation


def _inside(choices: Sequence[Any], model: type[BaseModel] | None, part: str | int) -> Any:
    if model is not None:
        named = (field.annotation for name, field in model.model_fields.items() if part in {field.alias, name})
        return next(named, further_keys(model))
    for choice in choices:
        arguments = get_args(choice)
        if get_origin(choice) is tuple and arguments:
            return arguments[0]
        if get_origin(choice) in {dict, Mapping} and len(arguments) == 2:
            return arguments[1]
    return None
