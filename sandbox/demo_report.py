"""What the demonstration found, as text for a person and as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

WIDTH = 100
_WRONG = "(!)"
NO_TOKEN = "no token"  # noqa: S105  # what the token endpoint answers
_LISTS = {
    "allowedAudience": "audience",
    "allowedClients": "client",
    "allowedScopes": "scope",
    "customClaims": "claim",
}


@dataclass(frozen=True)
class Admission:
    """A client that is to be let in: its token, what the authorizer looks at, the answer, the tools that it sees."""

    gateway: str
    client: str
    shape: str
    authorizer: Mapping[str, object]
    matched: tuple[str, ...]
    status: int
    tools: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status == 200 and bool(self.tools)


@dataclass(frozen=True)
class Use:
    """A tool that was called through a gateway, and its answer."""

    gateway: str
    tool: str
    arguments: Mapping[str, Any]
    answer: str
    failed: bool

    @property
    def ok(self) -> bool:
        return not self.failed


@dataclass(frozen=True)
class Refusal:
    """What was tried at which gateway, the answer that keeps it out, and the answer."""

    asked: str
    gateway: str
    expected: str
    answered: str

    @property
    def ok(self) -> bool:
        return self.answered == self.expected


@dataclass(frozen=True)
class Report:
    """The whole demonstration. It is ok where everybody is let in or kept out as it should be."""

    gateways: tuple[str, ...]
    admissions: tuple[Admission, ...]
    uses: tuple[Use, ...]
    refusals: tuple[Refusal, ...]
    created: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        used = {use.gateway for use in self.uses} == set(self.gateways)
        return bool(self.gateways) and used and all(each.ok for each in (*self.admissions, *self.uses, *self.refusals))

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "created": self.created,
            "gateways": [{**asdict(each), "ok": each.ok} for each in self.admissions],
            "tools": [{**asdict(each), "ok": each.ok} for each in self.uses],
            "refusals": [{**asdict(each), "ok": each.ok} for each in self.refusals],
        }


def title(engine: str) -> str:
    """What is about to happen."""
    by = "the pulumi CLI" if engine == "pulumi" else "the sandbox's engine"
    return (
        "AgentCore gateways, deployed on this machine\n"
        f"  The Pulumi program, unchanged, deployed by {by}. AWS and the identity providers\n"
        "  are played on the loopback interface, under their production names; nothing leaves it.\n"
        "\n1  Deploy\n"
    )


def text(report: Report) -> str:
    """For a person: at most WIDTH columns."""
    admissions = [
        (
            each.gateway,
            each.client,
            _shape(each),
            _lists(each),
            ", ".join(each.matched),
            _mark(str(each.status), ok=each.ok),
        )
        for each in report.admissions
    ]
    verdict = "All as it should be" if report.ok else f"NOT as it should be: see {_WRONG}"
    parts = [
        "\n2  Each gateway lets in the clients of its own provider\n",
        _table(("gateway", "client", "token", "checked for", "claims that matched", "answer"), admissions),
        "\n3  One tool of every target, over MCP\n",
        _uses(report),
        "\n4  And nobody else\n",
        _refusals(report),
        f"\n{verdict}, in {report.seconds:.1f} s.",
    ]
    return "\n".join(parts)


def _uses(report: Report) -> str:
    """A row for each tool, with the first gateway's answer, and a column for each gateway."""
    rows: dict[str, dict[str, Use]] = {}
    for each in report.uses:
        rows.setdefault(f"{each.tool}({_arguments(each)})", {})[each.gateway] = each
    lines: list[tuple[str, ...]] = []
    for call, uses in rows.items():
        marks = [
            _mark("ok" if use.ok else "failed", ok=use.ok) if use else "" for use in map(uses.get, report.gateways)
        ]
        lines.append((call, *marks, " ".join(next(iter(uses.values())).answer.split())))
    failures = [f"  {each.tool} at {each.gateway}: {each.answer}" for each in report.uses if each.failed]
    return "\n".join([_table(("called", *report.gateways, "answer"), lines), *failures])


def _arguments(use: Use) -> str:
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in use.arguments.items())


def _shape(admission: Admission) -> str:
    """Without the provider's name, which stands beside it."""
    return admission.shape.removeprefix(f"{admission.gateway}/")


def _lists(admission: Admission) -> str:
    return ", ".join(word for name, word in _LISTS.items() if name in admission.authorizer)


def _refusals(report: Report) -> str:
    """A row for each thing that was tried, a column for each gateway."""
    rows: dict[str, dict[str, str]] = {}
    for each in report.refusals:
        rows.setdefault(each.asked, {})[each.gateway] = _mark(each.answered, ok=each.ok)
    return _table(
        ("asked with", *report.gateways),
        [(asked, *(answers.get(gateway, "") for gateway in report.gateways)) for asked, answers in rows.items()],
    )


def _mark(answer: str, *, ok: bool) -> str:  # the second half of one thing
    return answer if ok else f"{answer} {_WRONG}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text_lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join(_cut(f"  {line}".rstrip()) for line in text_lines)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
