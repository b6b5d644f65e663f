"""A copy of the project that programs may do anything to."""

from __future__ import annotations

import fcntl
import filecmp
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

_LEFT_OUT = {".git", ".sandbox", ".hypothesis", ".pytest_cache", ".ruff_cache", "__pycache__", "node_modules"}
_WRITTEN = "Pulumi*.yaml"
_RECORD = ".copied.json"
_NAMESPACE = "agentcore-auth"


def copy(project: Path, folder: Path) -> Path:
    """Bring the copy in `folder` up to date and give its path.

    The project's files are in the copy as they are in the project, and what a command wrote beside them stays. A file
    of Pulumi's is kept as the command left it until the project's own one changes, so that a salt that the CLI wrote
    there outlasts the command. Virtual environments are links: nothing in them is the project's.

    Commands that start at the same time may share the copy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _update(project, folder.resolve())
        _anchor_plugins(project, folder / "Pulumi.yaml")
    finally:
        os.close(lock)
    return folder


def _update(project: Path, folder: Path) -> None:
    record = folder / _RECORD
    copied = _recorded(record)
    present = {str(entry.relative_to(project)): entry for entry in _entries(project, folder)}
    changed = {name: entry.lstat().st_mtime_ns for name, entry in present.items()}
    for place in (folder / name for name in copied.keys() - present.keys()):
        is_ours = place.parent.resolve() == place.parent  # else a command put a link there
        if is_ours and (place.is_symlink() or place.is_file()):
            place.unlink()
    for name, entry in present.items():
        place = folder / name
        is_kept = entry.match(_WRITTEN) and copied.get(name) == changed[name] and place.is_file()
        if not is_kept and not _is_same(entry, place):
            _clear(place)
            _make(entry, place)
    record.write_text(json.dumps(changed))


def _recorded(record: Path) -> dict[str, int]:
    """When what was copied had been changed; of a record that a command has spoiled, nothing."""
    try:
        return dict(json.loads(record.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _anchor_plugins(project: Path, file: Path) -> None:
    """Plugins at a relative path are where they are for the project, not for its copy."""
    document: Any = yaml.safe_load(file.read_text()) if file.exists() else None
    plugins: Any = document.get("plugins") if isinstance(document, dict) else None
    if not isinstance(plugins, dict):
        return
    for plugin in (each for kind in cast("dict[str, Any]", plugins).values() for each in kind):
        plugin["path"] = str((project / plugin["path"]).resolve())
    text = yaml.safe_dump(document, sort_keys=False)
    if text != file.read_text():
        file.write_text(text)


def _entries(project: Path, folder: Path) -> Iterator[Path]:
    """The project's folders, each before what is in it, its files and links, and virtual environments as a whole."""
    for parent, folders, files in os.walk(project):
        below = [Path(parent, name) for name in folders if name not in _LEFT_OUT]
        below = [each for each in below if _link(each) or not folder.is_relative_to(each.resolve())]
        folders[:] = [each.name for each in below if not _link(each)]
        plain = [Path(parent, name) for name in files if name not in _LEFT_OUT]  # a worktree's .git is a file
        yield from below
        yield from (each for each in plain if each.is_symlink() or each.is_file())  # pipes and sockets stay out


def _link(entry: Path) -> Path | None:
    """What stands for an entry that is not copied: a link's own target, or a virtual environment."""
    if (entry / "pyvenv.cfg").exists():
        return entry.resolve()
    return entry.readlink() if entry.is_symlink() else None


def _is_same(entry: Path, place: Path) -> bool:
    link = _link(entry)
    if link or place.is_symlink():
        return place.is_symlink() and place.readlink() == link
    return place.is_dir() if entry.is_dir() else place.is_file() and filecmp.cmp(entry, place)


def _make(entry: Path, place: Path) -> None:
    if link := _link(entry):
        place.symlink_to(link)
    elif entry.is_dir():
        place.mkdir()
    else:
        shutil.copy2(entry, place)


def _clear(place: Path) -> None:
    """Whatever a command put there gives way; nothing is written or deleted through its links."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


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
