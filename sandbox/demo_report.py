"""What the demonstration found, as text for a person and as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

WIDTH = 100
NO_TOKEN = "no token"  # noqa: S105  # what the token endpoint answers
_LISTS = {
    "allowedAudience": "audience",
    "allowedClients": "client",
    "allowedScopes": "scope",
    "customClaims": "claim",
}


@dataclass(frozen=True)
class Admission:
    """A client that is to be let in: its token, what the authorizer looks at, the answer, the tools."""

    gateway: str
    client: str
    shape: str
    authorizer: Mapping[str, object]
    matched: tuple[str, ...]
    status: int
    tools: tuple[str, ...] = ()
    called: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    result: str | None = None
    tool_failed: bool = False

    @property
    def ok(self) -> bool:
        return self.status == 200 and self.result is not None and not self.tool_failed


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
    refusals: tuple[Refusal, ...]
    created: int = 0
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return bool(self.admissions) and all(each.ok for each in (*self.admissions, *self.refusals))

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "created": self.created,
            "gateways": [{**asdict(each), "ok": each.ok} for each in self.admissions],
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
    first = {each.gateway: each for each in reversed(report.admissions)}
    calls = [_call(each) for each in reversed(first.values())]
    verdict = "All as it should be" if report.ok else "NOT as it should be: see the marked answers"
    parts = [
        "\n2  Each gateway lets in the clients of its own provider\n",
        _table(("gateway", "client", "token", "checked for", "claims that matched", "answer"), admissions),
        "\n3  Their tools, over MCP\n",
        *calls,
        "\n4  And nobody else\n",
        _matrix(report),
        f"\n{verdict}, in {report.seconds:.1f} s.",
    ]
    return "\n".join(parts)


def _call(admission: Admission) -> str:
    if admission.called is None:
        return f"  {admission.gateway}: no tools"
    asked = f"{admission.called}({json.dumps(dict(admission.arguments))})"
    others = len(admission.tools) - 1
    more = f"  (and {others} more)" if others else ""
    answer = _mark(admission.result or "", ok=not admission.tool_failed)
    return "\n".join(_cut(line) for line in (f"  {admission.gateway:<10}{asked}{more}", f"  {'':<10}→ {answer}"))


def _shape(admission: Admission) -> str:
    """Without the provider's name, which stands beside it."""
    return admission.shape.removeprefix(f"{admission.gateway}/")


def _lists(admission: Admission) -> str:
    return ", ".join(word for name, word in _LISTS.items() if name in admission.authorizer)


def _matrix(report: Report) -> str:
    """A row for each thing that was tried, a column for each gateway."""
    rows: dict[str, dict[str, str]] = {}
    for each in report.refusals:
        rows.setdefault(each.asked, {})[each.gateway] = _mark(each.answered, ok=each.ok)
    return _table(
        ("asked with", *report.gateways),
        [(asked, *(answers.get(gateway, "") for gateway in report.gateways)) for asked, answers in rows.items()],
    )


def _mark(answer: str, *, ok: bool) -> str:  # the second half of one thing
    return answer if ok else f"{answer}  <-- wrong"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text_lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join(_cut(f"  {line}".rstrip()) for line in text_lines)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
