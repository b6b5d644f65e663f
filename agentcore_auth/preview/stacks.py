"""Which stacks a change can affect, by the names of the files that it touches and the documents that stacks name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import cast

import yaml

# What a deployment never reads. Everything else counts for every stack: better a preview too many.
_APART = frozenset({".ci", ".github", "docs", "examples", "package", "sandbox", "scripts", "tests"})
_APART_FILES = frozenset({".gitignore", "Makefile", "requirements-dev.txt"})
# The name becomes a job's, an environment's and a part of secrets' names, which know no other characters.
_STACK_FILE = re.compile(r"Pulumi\.([A-Za-z0-9_]+)\.yaml")
_OF_THE_SANDBOX = "sandbox"


def stacks(project: Path) -> list[str]:
    """The stacks that have a file in the project, the sandbox's left out, because that is deployed nowhere else."""
    names = [found[1] for path in project.iterdir() if (found := _STACK_FILE.fullmatch(path.name))]
    return sorted(name for name in names if name != _OF_THE_SANDBOX)


def documents(project: Path, stack: str) -> frozenset[str]:
    """The files that a stack's file may name, relative to the project: every text in it that can be a path.

    A file that is no YAML names none; its own preview says what is wrong with it.
    """
    try:
        content = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return frozenset()
    return frozenset(posixpath.normpath(text) for text in _texts(content) if "://" not in text and "\n" not in text)


def affected(changed: Iterable[str], known: Mapping[str, Collection[str]]) -> list[str]:
    """Those of the known stacks that a change of these files, relative to the project, can make different.

    `known` has, for each stack, the documents that its file names: they count wherever they lie. A file that was
    renamed is to be in `changed` by both names (`git diff --no-renames`).
    """
    found: set[str] = set()
    for name in changed:
        path = PurePosixPath(name)
        stack = _STACK_FILE.fullmatch(name)
        if stack:
            found.add(stack[1])
        elif path.parts and not (path.parts[0] in _APART or name in _APART_FILES or path.suffix == ".md"):
            return list(known)
        found |= {each for each, named in known.items() if name in named}
    return [name for name in known if name in found]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[object, object]", value).values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _texts(inner)
