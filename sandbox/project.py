"""A copy of the project that programs may write to: links to everything, real copies of what Pulumi's CLI writes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_LEFT_OUT = {".git", ".sandbox"}
_WRITTEN = "Pulumi*.yaml"
_NAMESPACE = "agentcore-auth"


def copy(project: Path, folder: Path) -> Path:
    """Bring the copy in `folder` up to date and give its path.

    A file of Pulumi's in the copy is kept until the project's own one becomes newer, so that a salt that the CLI
    wrote there outlasts the command that wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.iterdir():
        if link.is_symlink():
            link.unlink()
    for entry in project.iterdir():
        if entry.name in _LEFT_OUT or entry.resolve() == folder.resolve():
            continue
        place = folder / entry.name
        if not entry.match(_WRITTEN):
            place.symlink_to(entry)
        elif not place.exists() or entry.stat().st_mtime > place.stat().st_mtime:
            shutil.copyfile(entry, place)
    return folder


def write_stack_file(
    project: Path, stack: str, config: Mapping[str, Any], *, secure: Mapping[str, str] | None = None, salt: str = ""
) -> None:
    """Write `Pulumi.<stack>.yaml`: the project's keys without their namespace, the providers' with theirs.

    The region is us-west-2 unless given. `secure`: ciphertexts that were made with `salt`.
    """
    encrypted = {key: {"secure": ciphertext} for key, ciphertext in (secure or {}).items()}
    own: dict[str, Any] = {"aws:region": "us-west-2", **config, **encrypted}
    document: dict[str, Any] = {"encryptionsalt": salt} if salt else {}
    document["config"] = {key if ":" in key else f"{_NAMESPACE}:{key}": value for key, value in own.items()}
    (project / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
