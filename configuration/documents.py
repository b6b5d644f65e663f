"""The local documents that describe tools: read once, checked before a resource is registered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import agentcore_auth.documents.openapi
import agentcore_auth.documents.smithy
import agentcore_auth.documents.tools
from agentcore_auth.documents.reading import DocumentError
from configuration.mistakes import Mistake
from configuration.schema import LambdaTarget, OpenApiTarget, SmithyTarget, Target


def read_documents(targets: Sequence[Target], project: Path) -> tuple[Mapping[str, str], list[Mistake]]:
    """The text of every document that does not lie in S3, by its target's name, and what is wrong with them.

    Paths are relative to `project`. Inline tools come as the JSON text that a file would have.
    """
    documents: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for index, target in enumerate(targets):
        for key, source, check in _sources(target):
            place = f"targets[{index}].{key}"
            try:
                text = source if key == "tools" else (project / source).read_text(encoding="utf-8")
                check(text, "" if key == "tools" else source)
            except DocumentError as error:
                mistakes += [Mistake(place, f"{error.source}: {found}".removeprefix(": ")) for found in error.mistakes]
            except FileNotFoundError:
                mistakes.append(
                    Mistake(place, f"there is no file {source!r} (paths start at the folder of Pulumi.yaml)")
                )
            except (OSError, UnicodeDecodeError) as error:
                mistakes.append(Mistake(place, f"{source!r} cannot be read: {error}"))
            else:
                documents[target.name] = text
    return documents, mistakes


def _sources(target: Target) -> Iterator[tuple[str, str, Callable[[str, str], object]]]:
    """(key, path or inline text, check) of the target's local document, if it has one."""
    if isinstance(target, LambdaTarget):
        if target.tools is not None:
            yield "tools", json.dumps(target.tools), agentcore_auth.documents.tools.parse
        if target.tools_file is not None:
            yield "toolsFile", target.tools_file, agentcore_auth.documents.tools.parse
    elif isinstance(target, SmithyTarget) and not target.model.startswith("s3://"):
        yield "model", target.model, agentcore_auth.documents.smithy.parse
    elif isinstance(target, OpenApiTarget) and not target.document.startswith("s3://"):
        yield "schema", target.document, agentcore_auth.documents.openapi.parse
