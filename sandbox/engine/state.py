"""Resources and checkpoints: the state of a stack in the CLI's own format and place.

`<backend>/.pulumi/stacks/<project>/<stack>.json` holds a deployment of version 3 (Pulumi's
`sdk/go/common/apitype/core.go`), `<backend>/.pulumi/meta.yaml` the version of the layout.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import DeploymentError
from sandbox.engine.values import SECRET, SIGNATURE, Properties, Secret, as_json, bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sandbox.engine.secrets import Crypter

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
_UNSUPPORTED = (
    "taint",
    "external",
    "retainOnDelete",
    "deletedWith",
    "replaceWith",
    "viewOf",
    "extensionRef",
    "importID",
)


@dataclass
class Resource:
    """One resource in a state. The fields are the checkpoint's, their names in snake_case."""

    urn: str
    custom: bool
    type: str
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict[str, Any])
    outputs: Properties = field(default_factory=dict[str, Any])
    parent: str = ""
    protect: bool = False
    dependencies: list[str] = field(default_factory=list[str])
    init_errors: list[str] = field(default_factory=list[str])
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list[str])
    created: str = ""
    modified: str = ""
    ignore_changes: list[str] = field(default_factory=list[str])
    replace_on_changes: list[str] = field(default_factory=list[str])

    @property
    def name(self) -> str:
        """The name that the program gave it."""
        return self.urn.split("::", 3)[3]

    @property
    def reference(self) -> str:
        """How other resources name it as their provider."""
        return f"{self.urn}::{self.id}"

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider's configuration rather than something in a cloud."""
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def is_default_provider(self) -> bool:
        """Whether the engine made it, and not the program."""
        return self.is_provider and (self.name == "default" or self.name.startswith("default_"))

    @property
    def provider_urn(self) -> str:
        """The URN in its provider reference."""
        return self.provider.rpartition("::")[0]

    def depends_on(self) -> set[str]:
        """The URNs of what has to exist as long as it does, its parent left out."""
        return {self.provider_urn, *self.dependencies}.union(*self.property_dependencies.values()) - {""}

    def to_json(self, encode: Callable[[Secret], Any]) -> dict[str, Any]:
        """The resource as the checkpoint has it, without empty fields, secrets as `encode` has them."""
        document = {camel: as_json(getattr(self, name), encode) for name, camel in _FIELDS}
        return {key: value for key, value in document.items() if value or key == "custom"}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


_FIELDS = [(each.name, _camel(each.name)) for each in fields(Resource)]


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource: a parent's type is part of it, unless the parent is the stack."""
    parent_type = parent.split("::")[2] if parent else STACK_TYPE
    qualified = type_ if parent_type == STACK_TYPE else f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def now() -> str:
    """The time in RFC 3339, UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Checkpoint:
    """The state file of one stack."""

    def __init__(self, backend: Path, project: str, stack: str) -> None:
        self.path = backend / ".pulumi" / "stacks" / project / f"{stack}.json"
        self._meta = backend / ".pulumi" / "meta.yaml"
        self._name = f"organization/{project}/{stack}"
        self._deployment: dict[str, Any] = self._latest() if self.path.exists() else {}

    def _latest(self) -> dict[str, Any]:
        try:
            document = json.loads(self.path.read_text())
            version, latest = document["version"], document["checkpoint"].get("latest") or {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeploymentError(f"{self.path} is not a stack's checkpoint; restore it from a copy.") from error
        if version != 3 or latest.get("pending_operations"):
            what = "an interrupted run's pending operations" if version == 3 else f"a checkpoint of version {version}"
            raise DeploymentError(f"{self.path} holds {what}; bring it up to date with `pulumi refresh`.")
        return latest

    @property
    def salt(self) -> str | None:
        """The encryption salt that the state was written with. Raises DeploymentError for other secrets providers."""
        secrets = self._deployment.get("secrets_providers")
        if secrets and secrets["type"] != "passphrase":
            raise DeploymentError(
                f"{self.path}: the secrets provider `{secrets['type']}` is not supported; use passphrase."
            )
        return secrets["state"]["salt"] if secrets else None

    def resources(self, decrypt: Callable[[str], str]) -> list[Resource]:
        """The resources, each after what it depends on. Raises DeploymentError for what the engine does not support."""
        return [self._resource(document, decrypt) for document in self._deployment.get("resources", [])]

    def _resource(self, document: dict[str, Any], decrypt: Callable[[str], str]) -> Resource:
        if unsupported := [key for key in _UNSUPPORTED if document.get(key)]:
            raise DeploymentError(
                f"{document['urn']}: the sandbox's engine does not support `{unsupported[0]}`, which is in its state; "
                "use the pulumi CLI."
            )
        return Resource(**{name: _decode(document[camel], decrypt) for name, camel in _FIELDS if camel in document})

    def write(self, resources: Iterable[Resource], crypter: Crypter) -> None:
        """Put a state on disk, whole or not at all."""

        def encrypt(secret: Secret) -> dict[str, str]:
            plaintext = json.dumps(bare(secret.value), separators=(",", ":"), ensure_ascii=False)
            return {SIGNATURE: SECRET, "ciphertext": crypter.encrypt(plaintext)}

        self._deployment = {
            "manifest": {"time": now(), "magic": "", "version": ""},
            "secrets_providers": {"type": "passphrase", "state": {"salt": crypter.salt}},
            "resources": [resource.to_json(encrypt) for resource in resources],
            "metadata": {},
        }
        document = {"version": 3, "checkpoint": {"stack": self._name, "latest": self._deployment}}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self._meta.exists():
            self._meta.write_text("version: 1\n")
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(document))
        draft.replace(self.path)


def _decode(value: Any, decrypt: Callable[[str], str]) -> Any:
    match value:
        case dict() if value.get(SIGNATURE) == SECRET:
            plaintext = value["plaintext"] if "plaintext" in value else decrypt(value["ciphertext"])
            return Secret(_decode(json.loads(plaintext), decrypt))
        case dict():
            return {key: _decode(item, decrypt) for key, item in value.items()}
        case list():
            return [_decode(item, decrypt) for item in value]
        case _:
            return value
