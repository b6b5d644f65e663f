"""Which stacks a change can affect, by the names of the files that it touches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

# What a deployment never reads. Everything else counts for every stack: better a preview too many.
_APART = frozenset({".ci", ".github", "docs", "examples", "sandbox", "scripts", "tests"})
_APART_FILES = frozenset({".gitignore", "Makefile", "requirements-dev.txt"})
# The name becomes a job's, an environment's and a part of secrets' names, which know no other characters.
_STACK_FILE = re.compile(r"Pulumi\.([A-Za-z0-9_]+)\.yaml")
_OF_THE_SANDBOX = "sandbox"


def stacks(project: Path) -> list[str]:
    """The stacks that have a file in the project, the sandbox's left out, because that is deployed nowhere else."""
    names = [found[1] for path in project.iterdir() if (found := _STACK_FILE.fullmatch(path.name))]
    return sorted(name for name in names if name != _OF_THE_SANDBOX)


def affected(changed: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those of the known stacks that a change of these files, relative to the project, can make different."""
    found: set[str] = set()
    for name in changed:
        path = PurePosixPath(name)
        stack = _STACK_FILE.fullmatch(name)
        if stack:
            found.add(stack[1])
        elif path.parts and not (path.parts[0] in _APART or name in _APART_FILES or path.suffix == ".md"):
            return list(known)
    return [name for name in known if name in found]
