"""A stack file as the project's tools read it that run without Pulumi: the configuration in Pulumi's flat form.

YAML that Pulumi refuses is refused here too: a key that stands twice, aliases without measure, dates.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from agentcore_auth.files import UnreadableError, read_text
from configuration.context import secrets_named
from configuration.mistakes import Mistake
from configuration.section import PROJECT
from settings import ConfigurationError, Settings, load

# Whoever only reads settings needs none of these, and may well have none of them.
_TOKENS = {"AUTH0_API_TOKEN": "<secret>", "OKTA_API_TOKEN": "<secret>"}
_LARGEST = 1_000_000
"""Bytes of a stack file, and entries with its aliases written out: the CLI has similar bounds."""


def read_stack_file(path: Path) -> tuple[dict[str, str], set[str]]:
    """A stack file in Pulumi's flat form (key -> text, JSON for structured values), and the keys that are secret.

    Secrets stay encrypted: their text here says only that there is one, and there is one for each `secretRef`.
    """
    document: object = _document(path) or {}
    found = cast("Mapping[str, object]", document).get("config") or {} if isinstance(document, Mapping) else document
    if not isinstance(found, Mapping):
        mistake = Mistake("config", "has to hold the stack's keys by their names")
        raise ConfigurationError("The stack file has a mistake; nothing was read:", [mistake])
    configuration = cast("Mapping[str, Any]", found)
    flat: dict[str, str] = {}
    secret: set[str] = set()
    for name, value in configuration.items():
        key = name if ":" in str(name) else f"{PROJECT}:{name}"  # as Pulumi takes it
        if isinstance(value, Mapping) and "secure" in value:
            secret.add(key)
            flat[key] = "<secret>"
        else:
            flat[key] = value if isinstance(value, str) else json.dumps(value)
    for key in (f"{PROJECT}:{name}" for name in secrets_named(configuration)):
        if key not in flat:
            flat[key] = "<secret>"
            secret.add(key)
    return flat, secret


def read_settings(path: Path, project: Path) -> tuple[Settings, dict[str, str]]:
    """The settings of a stack file, with stand-ins for its secrets, and the file in Pulumi's flat form.

    Raises ConfigurationError, UnreadableError and yaml.YAMLError.
    """
    try:
        flat, secret = read_stack_file(path)
        return load(flat, secret_keys=secret, environment={**_TOKENS, **os.environ}, project=project), flat
    except (RecursionError, TypeError, ValueError) as error:
        # Of YAML that JSON, and so Pulumi's configuration, has no form for: dates, sets, what contains itself.
        raise UnreadableError(f"{path.name} cannot be read as a stack file: {error}") from None


class _Loader(yaml.SafeLoader):
    """Refuses what Pulumi refuses: a key that stands twice, and aliases that stand for more than anybody wrote."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def _document(path: Path) -> object:
    loader = _Loader(read_text(path, _LARGEST))
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _written_out(node, {}) > _LARGEST:
            raise yaml.YAMLError("its aliases stand for more than a stack file can hold")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _written_out(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes there are with every alias written out. Raises RecursionError for one that holds itself."""
    if id(node) not in known:
        inner: list[Any] = list(node.value) if isinstance(node, yaml.CollectionNode) else []
        if isinstance(node, yaml.MappingNode):
            inner = [each for pair in node.value for each in pair]
        known[id(node)] = 1 + sum(_written_out(each, known) for each in inner)
    return known[id(node)]
