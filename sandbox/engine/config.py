"""What the engine needs from `Pulumi.yaml` and `Pulumi.<stack>.yaml`, read as the CLI reads them.

A key without a namespace belongs to the project; numbers and booleans become text, a structured value becomes JSON;
`secure: <ciphertext>`, at the top or anywhere inside, is decrypted and makes its whole key secret (Pulumi's
`sdk/go/common/resource/config`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import yaml

from sandbox.engine.errors import DeploymentError
from sandbox.engine.values import Properties, Secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class StackConfig:
    """A stack's configuration: `namespace:key` to text, and which keys are secret."""

    values: dict[str, str] = field(default_factory=dict[str, str])
    secret_keys: frozenset[str] = frozenset()

    def of_package(self, package: str) -> Properties:
        """The inputs of a package's default provider."""
        inputs: Properties = {}
        for key, value in self.values.items():
            namespace, _, name = key.partition(":")
            if namespace == package:
                inputs[name] = Secret(value) if key in self.secret_keys else value
        return inputs


@dataclass(frozen=True)
class Project:
    """A project folder, as far as deploying its program goes."""

    directory: Path
    name: str
    virtualenv: str


def read_project(directory: Path) -> Project:
    """The project in a folder. Raises DeploymentError without a `Pulumi.yaml`, or for settings beyond the engine."""
    path = directory / "Pulumi.yaml"
    document = _load(path)
    runtime = document.get("runtime")
    name, options = (runtime.get("name"), runtime.get("options") or {}) if isinstance(runtime, dict) else (runtime, {})
    if "name" not in document or name != "python":
        raise DeploymentError(f"{path}: expected a `name` and the runtime `python`.")
    for key in ("config", "main", "backend", "stackConfigDir"):
        if key in document:
            raise DeploymentError(f"{path}: `{key}` is not supported by the sandbox's engine; use the pulumi CLI.")
    return Project(directory, str(document["name"]), str(options.get("virtualenv", ".venv")))


class StackFile:
    """`Pulumi.<stack>.yaml`; one that does not exist has no configuration."""

    def __init__(self, project: Project, stack: str) -> None:
        self._path = project.directory / f"Pulumi.{stack}.yaml"
        self._project = project
        document = _load(self._path) if self._path.exists() else {}
        if "environment" in document:
            raise DeploymentError(
                f"{self._path}: `environment` needs Pulumi ESC, which the sandbox does not stand in for."
            )
        self.salt: str | None = document.get("encryptionsalt")
        entries: object = document.get("config") or {}
        if not isinstance(entries, dict):
            raise DeploymentError(f"{self._path}: `config` is not a mapping.")
        self._entries = cast("dict[str, Any]", entries)

    def config(self, decrypt: Callable[[str], str]) -> StackConfig:
        """The configuration, decrypted."""
        values: dict[str, str] = {}
        secret_keys: set[str] = set()

        def reveal(value: Any, key: str) -> Any:
            match value:
                case {"secure": str(ciphertext)} if len(value) == 1:
                    secret_keys.add(key)
                    return decrypt(ciphertext)
                case dict():
                    return {name: reveal(item, key) for name, item in value.items()}
                case list():
                    return [reveal(item, key) for item in value]
                case _:
                    return value

        for name, entry in self._entries.items():
            key = name if ":" in name else f"{self._project.name}:{name}"
            value = reveal(entry, key)
            is_text = value is None or isinstance(value, str)
            values[key] = value or "" if is_text else json.dumps(value, separators=(",", ":"), sort_keys=True)
        return StackConfig(values, frozenset(secret_keys))


class _Loader(yaml.SafeLoader):
    """YAML 1.2's scalars, as the CLI's parser has them: `on`, `yes` and dates are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|True|TRUE|false|False|FALSE"), list("tTfF"))


def _load(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506 (a SafeLoader)
    except FileNotFoundError:
        raise DeploymentError(f"{path} does not exist.") from None
    except yaml.YAMLError as error:
        raise DeploymentError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise DeploymentError(f"{path}: expected a mapping.")
    return document
