"""The local documents that describe tools: read once, checked before a resource is registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from agentcore_auth.documents.reading import DocumentError
from components.targets import Target
from configuration.mistakes import Mistake


def read_documents(targets: Sequence[Target], project: Path) -> tuple[Mapping[str, str], list[Mistake]]:
    """The text of every document that does not lie in S3, by its target's name, and what is wrong with them.

    Paths are relative to `project`. Inline tools come as the JSON text that a file would have.
    """
    documents: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for index, target in enumerate(targets):
        for document in target.local_documents():
            path, source = f"targets[{index}].{document.key}", document.source
            try:
                text = (project / source).read_text(encoding="utf-8") if document.text is None else document.text
                document.check(text, source)
            except DocumentError as error:
                mistakes += [Mistake(path, f"{error.source}: {found}".removeprefix(": ")) for found in error.mistakes]
            except FileNotFoundError:
                mistakes.append(
                    Mistake(path, f"there is no file {source!r} (paths start at the folder of Pulumi.yaml)")
                )
            except (OSError, UnicodeDecodeError) as error:
                mistakes.append(Mistake(path, f"{source!r} cannot be read: {error}"))
            else:
                documents[target.name] = text
    return documents, mistakes
