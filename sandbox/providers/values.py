"""Property values as they travel in Pulumi's protocol, and as the handlers of the provider servers see them.

On the wire, secrets, assets and archives are maps signed by a constant, and what is not known yet is a constant string
(pulumi/pulumi, sdk/go/common/resource/properties.go).
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the protocol's public marker, no secret itself

UNKNOWN: Final = rpc.UNKNOWN
"""A value that only the real deployment will tell."""

DEFAULTS: Final = "__defaults"
"""The input in which the Terraform bridge of the real plugins lists which of the others the program did not give."""

Properties = dict[str, Any]


class ProviderError(Exception):
    """A refusal; its message is for the user."""


@dataclass(frozen=True)
class Secret:
    """A value that is never shown and that the state holds encrypted."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True)
class Asset:
    """A file: its text, or the path where it lies. The engine adds a hash, and that alone to an old state."""

    text: str | None = None
    path: str | None = None
    hash: str | None = None


@dataclass(frozen=True)
class Archive:
    """A tree of files: its entries by name, or the path of a folder or zip file; hashed like an asset."""

    assets: Mapping[str, Asset | Archive] | None = None
    path: str | None = None
    hash: str | None = None

    def files(self) -> dict[str, bytes]:
        """The bytes of each file by its name in the archive. Raises OSError where a path cannot be read."""
        if self.path:
            return _files_at(Path(self.path))
        collected: dict[str, bytes] = {}
        for name, entry in sorted((self.assets or {}).items()):
            if isinstance(entry, Archive):
                collected |= {f"{name}/{inner}": content for inner, content in entry.files().items()}
            else:
                collected[name] = Path(entry.path).read_bytes() if entry.path else (entry.text or "").encode()
        return collected


_FILES: Final = {"c44067f5952c0a294b673a41bacd8c17": Asset, "0def7320c3a5731c473e5ecbe6d01bc7": Archive}


def _files_at(root: Path) -> dict[str, bytes]:
    if root.is_dir():
        found = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    if not zipfile.is_zipfile(root):
        raise ProviderError(f"{root}: a FileArchive has to be a folder or a zip file on the sandbox")
    with zipfile.ZipFile(root) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def decode(struct: Struct) -> Properties:
    """A struct off the wire as Python values; nulls in maps are left out. Raises ProviderError."""
    return cast("Properties", _decode(json_format.MessageToDict(struct)))


def encode(properties: Mapping[str, Any]) -> Struct:
    """The inverse of `decode`."""
    struct = Struct()
    struct.update(cast("Properties", _encode(properties)))
    return struct


def plain(value: Any) -> Any:
    """The same value with every secret unwrapped."""
    return plain(value.value) if isinstance(value, Secret) else _inside(value, plain)


def visible(value: Any) -> Any:
    """The same value without what engine and bridge note in it for themselves (`__defaults`)."""
    if isinstance(value, Secret):
        return Secret(visible(value.value))
    if isinstance(value, Mapping):
        return {k: visible(v) for k, v in cast("Mapping[str, Any]", value).items() if not k.startswith("__")}
    return _inside(value, visible)


def _inside(value: Any, visit: Callable[[Any], Any]) -> Any:
    """A map or list of what `visit` makes of each value in it; anything else as it is."""
    if isinstance(value, Mapping):
        return {name: visit(inner) for name, inner in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [visit(inner) for inner in cast("list[Any]", value)]
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict):
        return _inside(value, _decode)
    fields = {name: _decode(inner) for name, inner in cast("Properties", value).items() if inner is not None}
    signature = fields.pop(_SIGNATURE, None)
    if signature is None:
        return fields
    if signature == _SECRET:
        return Secret(fields.get("value"))
    if signature not in _FILES or "uri" in fields:
        raise ProviderError("remote assets and references to resources are not supported by the sandbox")
    return _FILES[signature](**fields)


def _encode(value: Any) -> Any:
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _encode(value.value)}
    for signature, kind in _FILES.items():
        if isinstance(value, kind):
            return {_SIGNATURE: signature} | {k: _encode(v) for k, v in vars(value).items() if v is not None}
    return _inside(value, _encode)
