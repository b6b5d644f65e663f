"""What the demonstration found, as text for a person and as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from textwrap import fill
from typing import Any

from sandbox.console import cut

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
class Trial:
    """What was tried at which gateway, the answer that it should get, the answer, and the words of a tool."""

    asked: str
    gateway: str
    expected: str
    answered: str
    words: str = ""

    @property
    def ok(self) -> bool:
        return self.answered == self.expected


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
class Pinned(Pass):
    """With calls of tools, signed requests, and how many refused calls the logs tell of, by cause."""

    calls: tuple[Trial, ...]
    signed: tuple[Trial, ...]
    counted: tuple[Trial, ...]

    @property
    def ok(self) -> bool:
        offered = {(each.gateway, tool.partition("___")[0]) for each in self.admissions for tool in each.tools}
        called = {(each.gateway, each.asked.partition("___")[0]) for each in self.calls if each.ok}
        more = (self.calls, self.signed, self.counted)
        return super().ok and called == offered and all(found and all(each.ok for each in found) for found in more)


@dataclass(frozen=True)
class Report:
    """The whole demonstration: the mistake, the stack pinned, and the stack in the tutorial's mode."""

    mistake: Mistake
    pinned: Pinned
    tutorial: Pass
    seconds: float

    @property
    def ok(self) -> bool:
        return self.mistake.ok and self.pinned.ok and self.tutorial.ok

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": self.ok, **asdict(self)}


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


def pinned_text(found: Pinned) -> str:
    """The first deployment, for a person."""
    parts = [
        "\n3  Each gateway lets in the clients of its own provider\n",
        _admissions(found),
        "\n4  One tool of every target, over MCP\n",
        _trials(found.gateways, found.calls, "called", "answer"),
        *(f"  {each.asked} at {each.gateway}: {each.words}" for each in found.calls if not each.ok),
        "\n5  And nobody else\n",
        _trials(found.gateways, found.trials),
        "  401: the token is not for this gateway. 403: it is, and may not do this. Blank: let in, as above.",
        "  Denied by policy: let in, and the stack's `access` gives it other tools.",
        "\n6  Callers without a token, who sign with their AWS credentials\n",
        _trials(["iam"], found.signed),
        "\n7  Refused calls are counted, out of the gateways' logs\n",
        _trials(found.gateways, found.counted, "refused for"),
        "\n8  Deploy it in mode: tutorial into empty accounts, with one list in every authorizer\n",
    ]
    return "\n".join(parts)


def tutorial_text(report: Report) -> str:
    """The second deployment, with the verdict on all."""
    found = report.tutorial
    verdict = "All as it should be" if report.ok else f"NOT as it should be: see {_WRONG}"
    let_in: dict[str, list[str]] = {}
    for each in found.trials:
        if each.answered == "200":
            let_in.setdefault(each.asked, []).append(each.gateway)
    parts = [
        f"\n\n  {found.created} resources created",
        "\n9  Each gateway lets in the clients of its own provider\n",
        _admissions(found),
        "\n10  Nobody from elsewhere, but more of the same provider's tokens than pinned\n",
        _trials(found.gateways, found.trials),
        *(f"  no longer checked: {asked} comes in at {', '.join(gateways)}" for asked, gateways in let_in.items()),
        f"\n{verdict}, in {report.seconds:.1f} s.",
    ]
    return "\n".join(parts)


def _admissions(found: Pass) -> str:
    rows = [
        (
            each.gateway,
            each.client,
            each.shape.removeprefix(f"{each.gateway}/"),  # the provider's name stands beside it
            ", ".join(word for name, word in _LISTS.items() if name in each.authorizer),
            ", ".join(each.matched),
            _mark(str(each.status), ok=each.ok),
        )
        for each in found.admissions
    ]
    return _table(("gateway", "client", "token", "checked for", "claims that matched", "answer"), rows)


def _trials(gateways: Sequence[str], found: Sequence[Trial], asked: str = "asked with", words: str = "") -> str:
    """A row for each thing that was tried, a column for each gateway, and the words of the first of them."""
    rows: dict[str, dict[str, Trial]] = {}
    for each in found:
        rows.setdefault(each.asked, {})[each.gateway] = each
    lines: list[tuple[str, ...]] = []
    for what, at in rows.items():
        answers = [_mark(at[name].answered, ok=at[name].ok) if name in at else "" for name in gateways]
        lines.append((what, *answers, " ".join(next(iter(at.values())).words.split())))
    return _table((asked, *gateways, words), lines)


def _mark(answer: str, *, ok: bool) -> str:  # the second half of one thing
    return answer if ok else f"{answer} {_WRONG}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text_lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join(cut(f"  {line}".rstrip(), WIDTH) for line in text_lines)
