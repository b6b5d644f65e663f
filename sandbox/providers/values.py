"""Property values as they travel in Pulumi's protocol, and as the handlers of the provider servers see them.

On the wire, secrets, assets and archives are maps signed by a constant, and what is not known yet is a constant string
(pulumi/pulumi, sdk/go/common/resource/properties.go).
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the protocol's public marker, no secret itself
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

DEFAULTS: Final = "__defaults"
"""The input in which the Terraform bridge of the real plugins lists which of the others the program did not give."""

Properties = dict[str, Any]


class Unknown:
    """The type of `UNKNOWN`: a value that only the real deployment will tell."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that is never shown and that the state holds encrypted."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


class UnsupportedValueError(ValueError):
    """A value of a kind that the sandbox's providers do not take."""


@dataclass(frozen=True)
class Asset:
    """A file: its text, or the path where it lies; of an old state often only its hash."""

    text: str | None = None
    path: str | None = None
    recorded_hash: str = ""

    def read(self) -> bytes:
        """The file's bytes. Raises OSError where the path cannot be read."""
        return self.text.encode() if self.text is not None else Path(self.path or "").read_bytes()

    def digest(self) -> str:
        """SHA-256 of the bytes in hexadecimal, as Pulumi's engine computes it."""
        return self.recorded_hash or hashlib.sha256(self.read()).hexdigest()


@dataclass(frozen=True)
class Archive:
    """A tree of files: its entries by name, or the path of a folder or zip file; of an old state often a hash only."""

    assets: Mapping[str, Asset | Archive] | None = None
    path: str | None = None
    recorded_hash: str = ""

    def files(self) -> dict[str, bytes]:
        """The bytes of each file by its name in the archive. Raises OSError where a path cannot be read."""
        if self.assets is None:
            return _files_at(Path(self.path or ""))
        collected: dict[str, bytes] = {}
        for name, entry in sorted(self.assets.items()):
            if isinstance(entry, Asset):
                collected[name] = entry.read()
            else:
                collected |= {f"{name}/{inner}": content for inner, content in entry.files().items()}
        return collected

    def digest(self) -> str:
        """A hash of names and contents: the engine's own where it sent one."""
        if self.recorded_hash:
            return self.recorded_hash
        combined = hashlib.sha256()
        for name, content in self.files().items():
            combined.update(f"{name}\0{len(content)}\0".encode())
            combined.update(content)
        return combined.hexdigest()


def _files_at(root: Path) -> dict[str, bytes]:
    if root.is_dir():
        found = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    if not zipfile.is_zipfile(root):
        raise UnsupportedValueError(f"{root}: a FileArchive has to be a folder or a zip file on the sandbox")
    with zipfile.ZipFile(root) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def decode(struct: Struct) -> Properties:
    """A struct off the wire as Python values; nulls in maps are left out. Raises UnsupportedValueError."""
    return {name: _decode(value) for name, value in json_format.MessageToDict(struct).items() if value is not None}


def encode(properties: Mapping[str, Any]) -> Struct:
    """The inverse of `decode`."""
    struct = Struct()
    struct.update({name: _encode(value) for name, value in properties.items()})
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


def contains(value: Any, kind: type[Secret] | type[Unknown]) -> bool:
    """Whether a secret (or an unknown) stands anywhere in the value."""
    if isinstance(value, kind):
        return True
    inside: list[Any] = [value.value] if isinstance(value, Secret) else []
    _inside(value, inside.append)
    return any(contains(inner, kind) for inner in inside)


def _inside(value: Any, visit: Callable[[Any], Any]) -> Any:
    """A map or list of what `visit` makes of each value in it; anything else as it is."""
    if isinstance(value, Mapping):
        return {name: visit(inner) for name, inner in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [visit(inner) for inner in cast("list[Any]", value)]
    return value


def _decode(value: Any) -> Any:
    if value == _UNKNOWN:
        return UNKNOWN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict):
        return _inside(value, _decode)
    fields = cast("Properties", value)
    match fields.get(_SIGNATURE):
        case None:
            return {name: _decode(inner) for name, inner in fields.items() if inner is not None}
        case signature if signature == _SECRET:
            return Secret(_decode(fields.get("value")))
        case signature if signature == _ASSET and "uri" not in fields:
            return Asset(fields.get("text"), fields.get("path"), fields.get("hash", ""))
        case signature if signature == _ARCHIVE and "uri" not in fields:
            entries = cast("Properties | None", fields.get("assets"))
            assets = None if entries is None else {name: _decode(inner) for name, inner in entries.items()}
            return Archive(assets, fields.get("path"), fields.get("hash", ""))
        case _:
            raise UnsupportedValueError("remote assets and references to resources are not supported by the sandbox")


def _encode(value: Any) -> Any:
    if isinstance(value, Unknown):
        return _UNKNOWN
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _encode(value.value)}
    if isinstance(value, Asset | Archive):
        kind, inside = (_ASSET, value.text) if isinstance(value, Asset) else (_ARCHIVE, _encode(value.assets))
        fields = {"hash": value.digest(), "path": value.path, ("text" if kind == _ASSET else "assets"): inside}
        return {_SIGNATURE: kind, **{name: inner for name, inner in fields.items() if inner is not None}}
    return _inside(value, _encode)
