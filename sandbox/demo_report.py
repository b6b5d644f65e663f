"""What the demonstration found, as text for a person and as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from textwrap import fill
from typing import Any

WIDTH = 100
_WRONG = "(!)"
_LET_IN = "200"
NO_TOKEN = "no token"  # noqa: S105  # what the token endpoint answers
_LISTS = {
    "allowedAudience": "audience",
    "allowedClients": "client",
    "allowedScopes": "scope",
    "customClaims": "claim",
}


@dataclass(frozen=True)
class Mistake:
    """A gateway that demands what a token does not say: its answer, what `check` has to say, its answer when repaired.

    `check` is the document of `agentcore-auth check --json`.
    """

    authorizer: Mapping[str, Any]
    claims: Mapping[str, Any]
    status: int
    challenge: str | None
    check: Mapping[str, Any]
    repaired: int

    @property
    def ok(self) -> bool:
        return (self.status, self.repaired) == (401, 200) and self.check["cause"] == "audience_absent"


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
class Trial:
    """What was tried at which gateway, the answer that it should get, and the answer."""

    asked: str
    gateway: str
    expected: str
    answered: str

    @property
    def ok(self) -> bool:
        return self.answered == self.expected

    @property
    def let_in(self) -> bool:
        return self.answered == _LET_IN


@dataclass(frozen=True)
class Pass:
    """The gateways as one deployment left them. It is ok where everybody is let in or kept out as it should be."""

    gateways: tuple[str, ...]
    created: int
    admissions: tuple[Admission, ...]
    trials: tuple[Trial, ...]

    @property
    def ok(self) -> bool:
        complete = all({each.gateway for each in kind} == set(self.gateways) for kind in (self.admissions, self.trials))
        return bool(self.gateways) and complete and all(each.ok for each in (*self.admissions, *self.trials))


@dataclass(frozen=True)
class Unlike:
    """What has no token: signed requests, and how many refused calls the logs tell of, by cause."""

    signed: tuple[Trial, ...]
    counted: tuple[Trial, ...]

    @property
    def ok(self) -> bool:
        return all(found and all(each.ok for each in found) for found in (self.signed, self.counted))


@dataclass(frozen=True)
class Report:
    """The whole demonstration: the mistake, the stack pinned, its tools, and the stack in the tutorial's mode."""

    mistake: Mistake
    pinned: Pass
    tutorial: Pass
    uses: tuple[Use, ...]
    unlike: Unlike
    seconds: float

    @property
    def ok(self) -> bool:
        offered = {(each.gateway, tool.partition("___")[0]) for each in self.pinned.admissions for tool in each.tools}
        used = {(use.gateway, use.tool.partition("___")[0]) for use in self.uses if use.ok}
        parts = (self.mistake, self.pinned, self.tutorial, self.unlike)
        return bool(used) and used == offered and all(part.ok for part in parts)

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "created": self.pinned.created,
            "mistake": {**asdict(self.mistake), "ok": self.mistake.ok},
            "gateways": _entries(self.pinned.admissions),
            "tools": _entries(self.uses),
            "refusals": _entries(self.pinned.trials),
            "signatures": _entries(self.unlike.signed),
            "counted": _entries(self.unlike.counted),
            "tutorial": {
                "created": self.tutorial.created,
                "gateways": _entries(self.tutorial.admissions),
                "trials": _entries(self.tutorial.trials),
            },
        }


def title(deployer: str) -> str:
    """What is about to happen, and who deploys."""
    return (
        "AgentCore gateways, deployed on this machine\n"
        "  The Pulumi program, unchanged. AWS and the identity providers are played on the loopback\n"
        "  interface, under their production names; nothing leaves it.\n"
        f"{_filled(f'Deployed by {deployer}.', indent=2)}\n"
        "\n1  Deploy four gateways: three check all that tokens say, one takes AWS signatures\n"
    )


def mistake_text(created: int, mistake: Mistake) -> str:
    """The first screen: at most WIDTH columns, as all that follows."""
    challenge = (mistake.challenge or "").partition(",")[0]
    lines = {
        "gateway": _demanded(mistake.authorizer),
        "token": ", ".join(f"{name} {value}" for name, value in mistake.claims.items()),
        "answer": _mark(f"{mistake.status} {challenge}", ok=mistake.ok),
        "cause": mistake.check["findings"][0]["message"],
        "remedy": mistake.check["remedy"],
        "repaired": _mark(f"{_demanded(mistake.check['authorizer'])}: {mistake.repaired}", ok=mistake.ok),
    }
    rows = [_filled(f"{name:<10}{text}", indent=12) for name, text in lines.items()]
    heading = "\n2  The usual mistake: a gateway, made by hand, that demands an audience of Cognito's tokens\n"
    return "\n".join([f"\n\n  {created} resources created", heading, *rows])


def _filled(text: str, indent: int) -> str:
    """Lines of WIDTH, from the second on further in."""
    return fill(text, WIDTH, initial_indent="  ", subsequent_indent=" " * indent, break_on_hyphens=False)


def _demanded(authorizer: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {json.dumps(authorizer[name])}" for name in _LISTS if name in authorizer)


def pinned_text(found: Pass, uses: Sequence[Use], unlike: Unlike) -> str:
    """The first deployment, for a person."""
    parts = [
        "\n3  Each gateway lets in the clients of its own provider\n",
        _admissions(found),
        "\n4  One tool of every target, over MCP\n",
        _uses(found.gateways, uses),
        "\n5  And nobody else\n",
        _trials(found.gateways, found.trials),
        "  401: the token is not for this gateway. 403: it is, and may not do this. Blank: let in, as above.",
        "  Denied by policy: let in, and the stack's `access` gives it other tools.",
        "\n6  Callers without a token, who sign with their AWS credentials\n",
        _trials(("iam",), unlike.signed),
        "\n7  Refused calls are counted, out of the gateways' logs\n",
        _trials(found.gateways, unlike.counted, "refused for"),
        "\n8  Deploy it in mode: tutorial into empty accounts, with one list in every authorizer\n",
    ]
    return "\n".join(parts)


def tutorial_text(report: Report) -> str:
    """The second deployment, with the verdict on all."""
    found = report.tutorial
    verdict = "All as it should be" if report.ok else f"NOT as it should be: see {_WRONG}"
    parts = [
        f"\n\n  {found.created} resources created",
        "\n9  Each gateway lets in the clients of its own provider\n",
        _admissions(found),
        "\n10  Nobody from elsewhere, but more of the same provider's tokens than pinned\n",
        _trials(found.gateways, found.trials),
        *(f"  no longer checked: {asked} comes in at {', '.join(gateways)}" for asked, gateways in _let_in(found)),
        f"\n{verdict}, in {report.seconds:.1f} s.",
    ]
    return "\n".join(parts)


def _entries(found: Sequence[Admission | Use | Trial]) -> list[dict[str, Any]]:
    return [{**asdict(each), "ok": each.ok} for each in found]


def _let_in(found: Pass) -> list[tuple[str, list[str]]]:
    """What came in without being a client of the stack, and where."""
    places: dict[str, list[str]] = {}
    for each in found.trials:
        places.setdefault(each.asked, []).extend([each.gateway] if each.let_in else [])
    return [(asked, gateways) for asked, gateways in places.items() if gateways]


def _admissions(found: Pass) -> str:
    rows = [
        (
            each.gateway,
            each.client,
            _shape(each),
            _lists(each),
            ", ".join(each.matched),
            _mark(str(each.status), ok=each.ok),
        )
        for each in found.admissions
    ]
    return _table(("gateway", "client", "token", "checked for", "claims that matched", "answer"), rows)


def _uses(gateways: Sequence[str], found: Sequence[Use]) -> str:
    """A row for each tool, with the first gateway's answer, and a column for each gateway."""
    rows: dict[str, dict[str, Use]] = {}
    for each in found:
        rows.setdefault(f"{each.tool}({_arguments(each)})", {})[each.gateway] = each
    lines: list[tuple[str, ...]] = []
    for call, uses in rows.items():
        marks = [_mark("ok" if use.ok else "failed", ok=use.ok) if use else "" for use in map(uses.get, gateways)]
        lines.append((call, *marks, " ".join(next(iter(uses.values())).answer.split())))
    failures = [f"  {each.tool} at {each.gateway}: {each.answer}" for each in found if each.failed]
    return "\n".join([_table(("called", *gateways, "answer"), lines), *failures])


def _arguments(use: Use) -> str:
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in use.arguments.items())


def _shape(admission: Admission) -> str:
    """Without the provider's name, which stands beside it."""
    return admission.shape.removeprefix(f"{admission.gateway}/")


def _lists(admission: Admission) -> str:
    return ", ".join(word for name, word in _LISTS.items() if name in admission.authorizer)


def _trials(gateways: Sequence[str], found: Sequence[Trial], head: str = "asked with") -> str:
    """A row for each thing that was tried, a column for each gateway."""
    rows: dict[str, dict[str, str]] = {}
    for each in found:
        rows.setdefault(each.asked, {})[each.gateway] = _mark(each.answered, ok=each.ok)
    return _table(
        (head, *gateways),
        [(asked, *(answers.get(gateway, "") for gateway in gateways)) for asked, answers in rows.items()],
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
