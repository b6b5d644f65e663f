"""The local documents that describe tools: read once, checked before a resource is registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from agentcore_auth.documents.reading import DocumentError, size_problem
from agentcore_auth.files import UnreadableError
from components.targets import Target
from configuration.mistakes import Mistake


def read_documents(targets: Sequence[Target], project: Path) -> tuple[Mapping[str, str], list[Mistake]]:
    """The text of every document that does not lie in S3, by its target's name, and what is wrong with them.

    Paths are relative to `project`, and do not lead out of it. Inline tools come as the JSON text that a file would
    have.
    """
    documents: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for index, target in enumerate(targets):
        for document in target.local_documents():
            path, source = f"targets[{index}].{document.key}", document.source
            try:
                text = read_file(project, source) if document.text is None else document.text
                document.check(text, source)
            except DocumentError as error:
                mistakes += [Mistake(path, f"{error.source}: {found}".removeprefix(": ")) for found in error.mistakes]
            except UnreadableError as error:
                mistakes.append(Mistake(path, str(error)))
            else:
                documents[target.name] = text
    return documents, mistakes


def read_file(project: Path, source: str) -> str:
    """The text of a file of the project. A pipe or a device would never end, and a foreign file is not to be shown.

    Raises UnreadableError.
    """
    try:
        path = (project / source).resolve()
        if not path.is_relative_to(project.resolve()):
            raise UnreadableError(
                f"{source!r} is outside of the project: put the document into the folder of Pulumi.yaml"
            )
        if not path.exists():
            raise UnreadableError(f"there is no file {source!r} (paths start at the folder of Pulumi.yaml)")
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "a device or a pipe"
            raise UnreadableError(f"{source!r} is {kind}, and no regular file")
        if problem := size_problem(path.stat().st_size):
            raise UnreadableError(f"{source!r} {problem}")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UnreadableError(f"{source!r} cannot be read: it is no text in UTF-8") from None
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a link to itself, up to Python 3.12
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(f"{source!r} cannot be read: {reason}") from None
