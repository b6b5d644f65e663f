"""A copy of the project that programs may write to: links to everything, real copies of what Pulumi's CLI writes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml

_LEFT_OUT = {".git", ".sandbox"}
_WRITTEN = "Pulumi*.yaml"
_NAMESPACE = "agentcore-auth"


def copy(project: Path, folder: Path) -> Path:
    """Bring the copy in `folder` up to date and give its path.

    A file of Pulumi's in the copy is kept until the project's own one becomes newer, so that a salt that the CLI
    wrote there outlasts the command that wrote it.

    Commands that start at the same time may share the copy: what another one just made is left as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries = {
        entry.name: entry
        for entry in project.iterdir()
        if entry.name not in _LEFT_OUT and entry.resolve() != folder.resolve()
    }
    for place in folder.iterdir():
        if place.name not in entries and place.is_symlink() and _target(place).parent == project:
            place.unlink(missing_ok=True)
    for name, entry in entries.items():
        place = folder / name
        if entry.match(_WRITTEN):
            _copy_if_newer(entry, place)
        elif _target(place) != entry:
            _link(entry, place)
    return folder


def _copy_if_newer(entry: Path, place: Path) -> None:
    with suppress(FileNotFoundError):
        if entry.stat().st_mtime <= place.stat().st_mtime:
            return
    with NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as unfinished:
        unfinished.write(entry.read_bytes())
    Path(unfinished.name).replace(place)


def _target(place: Path) -> Path:
    """What a link names; a path without anything in it for what is no link, or not there."""
    try:
        return place.readlink()
    except OSError:
        return Path()


def _link(entry: Path, place: Path) -> None:
    if place.is_symlink():
        place.unlink(missing_ok=True)
    with suppress(FileExistsError):  # by another command, or a file that a command wrote
        place.symlink_to(entry)


def write_stack_file(
    project: Path, stack: str, config: Mapping[str, Any], *, secure: Mapping[str, str] | None = None, salt: str = ""
) -> None:
    """Write `Pulumi.<stack>.yaml`: the project's keys without their namespace, the providers' with theirs.

    The region is us-west-2 unless given. `secure`: ciphertexts that were made with `salt`.
    """
    encrypted = {key: {"secure": ciphertext} for key, ciphertext in (secure or {}).items()}
    document: dict[str, Any] = {"encryptionsalt": salt} if salt else {}
    document["config"] = _with_namespace({"aws:region": "us-west-2", **config, **encrypted})
    _write(project, stack, document)


def change_stack_file(project: Path, stack: str, changes: Mapping[str, Any]) -> None:
    """Lay keys over those of `Pulumi.<stack>.yaml`, named as for `write_stack_file`; all else stays."""
    document: dict[str, Any] = yaml.safe_load(stack_file(project, stack).read_text())
    document["config"] = {**document["config"], **_with_namespace(changes)}
    _write(project, stack, document)


def _with_namespace(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key if ":" in key else f"{_NAMESPACE}:{key}": value for key, value in config.items()}


def stack_file(project: Path, stack: str) -> Path:
    return project / f"Pulumi.{stack}.yaml"


def _write(project: Path, stack: str, document: Mapping[str, Any]) -> None:
    stack_file(project, stack).write_text(yaml.safe_dump(document, sort_keys=False))
