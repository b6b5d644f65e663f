"""Finds Pulumi's CLI: the one on PATH if it is recent enough, else the one that `make pulumi` keeps in a cache.

Recent enough is one that is as new as the SDK that programs are run with: an SDK may ask the engine for what only its
own release has (hooks on errors, for instance), and no older pair is tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.services import SandboxError

if TYPE_CHECKING:
    from pulumi.automation import PulumiCommand

_PINNED = Path(__file__).parent.parent / "pulumi-cli" / "version.txt"
_REMEDY = "make pulumi"


class CliError(SandboxError):
    """There is no CLI to use."""


def pulumi_command() -> PulumiCommand:
    """The CLI to use. Raises CliError."""
    cached = cache_folder()
    on_path = shutil.which("pulumi")
    if on_path is not None:
        try:
            return _checked(on_path, None)
        except CliError:
            if not _program(cached).exists():
                raise
    if not _program(cached).exists():
        raise CliError(f"the pulumi CLI is not on PATH, and not in {cached}: {_REMEDY}")
    return _checked(str(_program(cached)), cached)


def cache_folder() -> Path:
    """Where `make pulumi` puts the CLI, at the version that the project is tested with: `bin/pulumi` in this folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "agentcore-auth" / f"pulumi-{_PINNED.read_text().strip()}"


def _program(folder: Path) -> Path:
    return folder / "bin" / "pulumi"


def _checked(path: str, root: Path | None) -> PulumiCommand:
    from pulumi.automation import InvalidVersionError, PulumiCommand  # noqa: PLC0415  # half a second
    from semver import VersionInfo  # noqa: PLC0415

    needed = version("pulumi")
    try:
        return PulumiCommand(str(root) if root else None, VersionInfo.parse(needed))
    except InvalidVersionError:
        raise CliError(f"{path} is not recent enough: version {needed} or newer is needed: {_REMEDY}") from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise CliError(f"{path} cannot be started ({error}): {_REMEDY}") from None
