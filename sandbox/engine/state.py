"""Resources and checkpoints: the state of a stack in the CLI's own format and place.

`<backend>/.pulumi/stacks/<project>/<stack>.json` holds a version 3 deployment (Pulumi's `sdk/go/common/apitype/core.go`),
`<backend>/.pulumi/meta.yaml` the version of the layout.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import DeploymentError
from sandbox.engine.values import SECRET, SIGNATURE, Properties, Secret, plain, redact

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
        return self.urn.rsplit("::", 1)[1]

    @property
    def is_provider(self) -> bool:
        """Whether it is a provider's configuration rather than something in a cloud."""
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def provider_urn(self) -> str:
        """The URN in its provider reference (`<urn>::<id>`)."""
        return self.provider.rpartition("::")[0]

    def depends_on(self) -> set[str]:
        """The URNs that have to exist as long as this resource does, its parent left out."""
        urns = {self.provider_urn, *self.dependencies}
        urns.update(*self.property_dependencies.values())
        return urns - {""}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


_FIELDS = [(each.name, _camel(each.name)) for each in fields(Resource)]


def to_json(resource: Resource, encode: Callable[[Any], Any]) -> dict[str, Any]:
    """A resource as the checkpoint has it: empty fields left out, property values through `encode`."""
    document = {camel: getattr(resource, name) for name, camel in _FIELDS}
    document["inputs"], document["outputs"] = encode(resource.inputs), encode(resource.outputs)
    return {key: value for key, value in document.items() if value or key == "custom"}


def to_display(resource: Resource) -> dict[str, Any]:
    """A resource as a preview shows it: secrets as `[secret]`."""
    return to_json(resource, redact)


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; a parent's type is part of it, the stack's is not."""
    parent_type = parent.split("::")[2] if parent else ""
    qualified = f"{parent_type}${type_}" if parent_type not in {"", STACK_TYPE} else type_
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def now() -> str:
    """The time in RFC 3339, UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Checkpoint:
    """The state file of one stack."""

    def __init__(self, backend: Path, project: str, stack: str) -> None:
        self.stack = stack
        self.path = backend / ".pulumi" / "stacks" / project / f"{stack}.json"
        self._meta = backend / ".pulumi" / "meta.yaml"
        self._deployment: dict[str, Any] = {}
        if self.path.exists():
            self._deployment = self._latest()

    def _latest(self) -> dict[str, Any]:
        try:
            document = json.loads(self.path.read_text())
            if document["version"] == 3:
                return document["checkpoint"].get("latest") or {}
        except (ValueError, KeyError, TypeError) as error:
            raise DeploymentError(f"{self.path} is no checkpoint of a stack: {error}") from error
        raise DeploymentError(f"{self.path} has version {document['version']}; only version 3 is supported.")

    @property
    def salt(self) -> str | None:
        """The encryption salt that the state was written with."""
        secrets = self._deployment.get("secrets_providers")
        if not secrets:
            return None
        if secrets["type"] != "passphrase":
            raise DeploymentError(
                f"{self.path}: secrets provider `{secrets['type']}` is not supported; use passphrase."
            )
        return secrets["state"]["salt"]

    def resources(self, decrypt: Callable[[str], str] | None) -> list[Resource]:
        """The resources in dependency order; without `decrypt`, secrets hold nothing."""
        if self._deployment.get("pending_operations"):
            raise DeploymentError(
                f"{self.path} has pending operations: an earlier run of the CLI was interrupted. Run `pulumi refresh`."
            )
        return [self._resource(document, decrypt) for document in self._deployment.get("resources", [])]

    def _resource(self, document: dict[str, Any], decrypt: Callable[[str], str] | None) -> Resource:
        for key in _UNSUPPORTED:
            if document.get(key):
                raise DeploymentError(f"{document['urn']}: `{key}` in the state is not supported; use the pulumi CLI.")
        resource = Resource(**{name: document[camel] for name, camel in _FIELDS if camel in document})
        resource.inputs = _decode(resource.inputs, decrypt)
        resource.outputs = _decode(resource.outputs, decrypt)
        return resource

    def write(self, resources: Iterable[Resource], crypter: Crypter) -> None:
        """Put a state on disk, whole or not at all."""
        engine = f"v{version('pulumi')}"

        def encode(value: Any) -> Any:
            return _encrypt(value, crypter)

        deployment = {
            "manifest": {"time": now(), "magic": hashlib.sha256(engine.encode()).hexdigest(), "version": engine},
            "secrets_providers": {"type": "passphrase", "state": {"salt": crypter.salt}},
            "resources": [to_json(resource, encode) for resource in resources],
            "metadata": {},
        }
        document = {"version": 3, "checkpoint": {"stack": _qualified(self), "latest": deployment}}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self._meta.exists():
            self._meta.write_text("version: 1\n")
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(document, indent=4))
        os.replace(draft, self.path)
        self._deployment = deployment


def _qualified(checkpoint: Checkpoint) -> str:
    return f"organization/{checkpoint.path.parent.name}/{checkpoint.stack}"


def _decode(value: Any, decrypt: Callable[[str], str] | None) -> Any:
    match value:
        case dict() if value.get(SIGNATURE) == SECRET:
            if decrypt is None:
                return Secret(None)
            plaintext = value["plaintext"] if "plaintext" in value else decrypt(value["ciphertext"])
            return Secret(_decode(json.loads(plaintext), decrypt))
        case dict():
            return {key: _decode(item, decrypt) for key, item in value.items()}
        case list():
            return [_decode(item, decrypt) for item in value]
        case _:
            return value


def _encrypt(value: Any, crypter: Crypter) -> Any:
    match value:
        case Secret(inner):
            # One encryption is enough for what lies inside a secret.
            plaintext = json.dumps(plain(inner, secrets=False), separators=(",", ":"), ensure_ascii=False)
            return {SIGNATURE: SECRET, "ciphertext": crypter.encrypt(plaintext)}
        case dict():
            return {key: _encrypt(item, crypter) for key, item in value.items()}
        case list():
            return [_encrypt(item, crypter) for item in value]
        case _:
            return plain(value, secrets=False)
