"""What the three kinds of documents share: reading text, collecting mistakes with their place, and the tools found."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Path: TypeAlias = tuple[str | int, ...]

# AgentCore's quota for a schema that is part of the request; larger ones have to lie in S3 (where 10 MB are allowed).
INLINE_BYTES = 1024 * 1024
# AgentCore's quota of tools that one target may offer.
TOOLS_PER_TARGET = 1000
# Ours: far more than any tool needs, and few enough for every later step to walk a document by recursion.
DEEPEST = 100
TOO_DEEP = f"is nested more than {DEEPEST} levels deep; flatten it"
# AgentCore's model has no rule of its own. This is what Bedrock's Converse takes as a tool's name (botocore,
# bedrock-runtime, ToolName): a tool with another name would deploy, and then break the agent that lists it.
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_LONGEST_NAME = 64


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: where in the document (empty: the document as a whole), and a sentence."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class DocumentError(ValueError):
    """A document that AgentCore or the AWS plugin would not take; `mistakes` has everything that was found in it."""

    def __init__(self, source: str, mistakes: tuple[Mistake, ...]) -> None:
        self.source = source
        self.mistakes = mistakes
        super().__init__("\n".join(f"{source}: {mistake}" for mistake in mistakes))


@dataclass(frozen=True)
class Tool:
    """A tool as a gateway lists it, before the target's name is put in front of its own.

    The schemas are JSON schemas as plain dictionaries.
    """

    name: str
    description: str
    input_schema: Mapping[str, Json]
    output_schema: Mapping[str, Json] | None = None


def tool_name_problem(name: str, target: str = "") -> str:
    """What is wrong with a tool's name, to which the name of `target` is joined for the model; empty if nothing."""
    if not _TOOL_NAME.fullmatch(name):
        return f"{name!r} is not 1 to 64 letters, digits, underscores and hyphens"
    joined = f"{target}___{name}"
    if target and len(joined) > _LONGEST_NAME:
        return f"models see the tool as {joined!r}, {len(joined)} characters, and Bedrock takes {_LONGEST_NAME}"
    return ""


class Findings:
    """Collects the mistakes of one document, so that a person sees all of them at once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._mistakes: list[Mistake] = []

    def add(self, path: Path, message: str) -> None:
        self._mistakes.append(Mistake(place_of(path), message))

    def raise_if_any(self) -> None:
        """Raises DocumentError with all that was added, or does nothing."""
        if self._mistakes:
            raise DocumentError(self._source, tuple(self._mistakes))


def place_of(path: Path) -> str:
    """`(2, "inputSchema", "type")` as `[2].inputSchema.type`; names with other characters stand in brackets."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z0-9_$-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part)}]"
    return text


def parse_json(text: str, source: str) -> Json:
    """The JSON document in `text`.

    Raises:
        DocumentError: not JSON, larger than may be sent inline, nested deeper than DEEPEST, or a key stands twice in
            one object (a parser keeps only the last of them, so that a tool's property would vanish silently).
    """
    _check_size(text, source)
    repeated: list[str] = []

    def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(sorted({name for name in names if names.count(name) > 1}))
        return found

    def constant(name: str) -> Json:
        raise DocumentError(source, (Mistake("", f"{name} is not JSON"),))

    try:
        document: Json = json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DocumentError(source, (Mistake(place, f"not JSON: {error.msg}"),)) from None
    except RecursionError:
        raise DocumentError(source, (Mistake("", TOO_DEEP),)) from None
    _check_depth(document, source)
    if repeated:
        raise DocumentError(
            source, tuple(Mistake("", f'the key "{name}" stands twice in one object') for name in repeated)
        )
    return document


def parse_yaml(text: str, source: str) -> Json:
    """The YAML document in `text`, as JSON would have it: keys are strings, and dates stay as they are written.

    Raises:
        DocumentError: not YAML, larger than may be sent inline, or nested deeper than DEEPEST (an alias inside of what
            it stands for is nested without end).
    """
    import yaml  # noqa: PLC0415 - only stacks with a YAML document pay for it

    class Loader(yaml.SafeLoader):
        """SafeLoader without dates: `version: 2026-01-01` is a string in an OpenAPI description."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _check_size(text, source)
    try:
        document = yaml.load(text, Loader=Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DocumentError(source, (Mistake(place, f"not YAML: {error.problem}"),)) from None
    except yaml.YAMLError as error:
        raise DocumentError(source, (Mistake("", f"not YAML: {error}"),)) from None
    except RecursionError:
        raise DocumentError(source, (Mistake("", TOO_DEEP),)) from None
    _check_depth(document, source)
    return _with_string_keys(document)


def _check_depth(document: object, source: str) -> None:
    waiting = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if not is_object(value) and not is_list(value):
            continue
        if depth > DEEPEST:
            raise DocumentError(source, (Mistake("", TOO_DEEP),))
        waiting += [(item, depth + 1) for item in (value.values() if is_object(value) else value)]


def _with_string_keys(value: object) -> Json:
    if is_object(value):
        return {_key(name): _with_string_keys(item) for name, item in value.items()}
    if is_list(value):
        return [_with_string_keys(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _key(name: object) -> str:
    return str(name).lower() if isinstance(name, bool) else str(name)


def size_problem(size: int) -> str:
    """What is wrong with a document of so many bytes that does not lie in S3; empty if nothing."""
    if size <= INLINE_BYTES:
        return ""
    return f"has {size:,} bytes, and {INLINE_BYTES:,} may be sent inline: put it into S3 and give its s3:// address"


def _check_size(text: str, source: str) -> None:
    if problem := size_problem(len(text.encode())):
        raise DocumentError(source, (Mistake("", problem),))


def is_object(value: object) -> TypeGuard[dict[str, Json]]:
    """Whether `value`, out of a parser, is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Json]]:
    """Whether `value`, out of a parser, is a JSON list."""
    return isinstance(value, list)


def kind_of(value: object) -> str:
    """How a mistake names the kind of `value`: "a list", "an object", …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if is_list(value) else "an object"
