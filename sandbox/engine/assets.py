"""Hashes of assets and archives, by which providers see whether they have changed.

An asset's is the SHA-256 of its bytes, an archive's that of a tar file of it (Pulumi's
`sdk/go/common/resource/archive`): USTAR headers with name, mode 0600 and size, everything else zero, in the order
of the names.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import DeploymentError
from sandbox.engine.values import SIGNATURE, Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASSET, _ARCHIVE = "c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"
_BLOCK = 512


def with_hashes(value: Any) -> Any:
    """A value whose assets and archives have their hashes. Raises DeploymentError for those that are not text."""
    match value:
        case Secret(inner):
            return Secret(with_hashes(inner))
        case list():
            return [with_hashes(item) for item in value]
        case dict():
            hashed = {key: with_hashes(item) for key, item in value.items()}
            if value.get(SIGNATURE) == _ASSET:
                hashed["hash"] = hashlib.sha256(_text(value)).hexdigest()
            elif value.get(SIGNATURE) == _ARCHIVE:
                hashed["hash"] = hashlib.sha256(_tar(dict(_files(value)))).hexdigest()
            return hashed
        case _:
            return value


def _text(asset: dict[str, Any]) -> bytes:
    if not isinstance(asset.get("text"), str):
        raise DeploymentError(
            "the sandbox's engine takes a StringAsset only, no path or URI; the pulumi CLI takes them all."
        )
    return asset["text"].encode()


def _files(archive: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    if "assets" not in archive:
        raise DeploymentError(
            "the sandbox's engine takes an AssetArchive only, no path or URI; the pulumi CLI takes them all."
        )
    for name, entry in sorted(archive["assets"].items()):
        if entry[SIGNATURE] == _ASSET:
            yield name, _text(entry)
        else:
            yield from ((f"{name}/{inner}", content) for inner, content in _files(entry))


def _tar(files: dict[str, bytes]) -> bytes:
    members = [_header(name, len(content)) + content + bytes(-len(content) % _BLOCK) for name, content in files.items()]
    return b"".join([*members, bytes(2 * _BLOCK)])


def _header(name: str, size: int) -> bytes:
    if len(name.encode()) > 100 or not name.isascii():
        raise DeploymentError(f"the file name `{name}` in an archive has to be ASCII and 100 characters at most.")
    head = name.encode().ljust(100, b"\0") + b"0000600\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"00000000000\0"
    tail = b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
    checksum = sum(head + b" " * 8 + tail)
    return head + b"%06o\0 " % checksum + tail
