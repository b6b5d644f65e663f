"""The fault matrix: every call of every provider fails once in turn, in every way. Prints a table; `make faults`.

usage: python -m tests.faults [FAULT ...]
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from agentcore_auth.cli.parsing import Parser
from sandbox.project import copy
from sandbox.services import PROJECT, start
from sandbox.stack import pulumi_command
from tests.faults import providers
from tests.faults.deployments import PHASES, Deployed, Ordeal, Outcome, two_at_once, undisturbed
from tests.faults.providers import Call, Fault, Faults, interposed


def _any(_call: Call) -> bool:
    return True


def _changing(call: Call) -> bool:
    return call.is_changing


def _of_the_gateway(call: Call) -> bool:
    return call.is_changing and ":AgentcoreGateway::" in call.subject


FAULTS: Mapping[str, tuple[Fault, Callable[[Call], bool]]] = {
    "refused by the service": (providers.refused, _any),
    "error 500 of the service": (providers.server_error, _changing),
    "answer lost after it was done": (providers.answer_lost, _changing),
    "CLI killed before it": (providers.killed_before, _changing),
    "CLI killed after it": (providers.killed_after, _changing),
    "what started the CLI killed": (providers.command_killed, _changing),
    "Ctrl-C": (providers.interrupted, _changing),
    "disk full from then on": (providers.disk_full, _of_the_gateway),
}
"""Each with the calls that it happens to. To those that change nothing, all of it comes to a refusal. Where the disk is
full, the CLI tries for minutes to write the state."""


def main() -> int:
    parser = Parser(prog="python -m tests.faults", description="Fail every call of a deployment once.")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"of: {'; '.join(FAULTS)} (all by default)")
    asked = parser.parse_args().faults or list(FAULTS)
    if unknown := sorted(set(asked) - FAULTS.keys()):
        parser.error(f"there is no fault {', '.join(unknown)}")
    began = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(_row, asked))
    print("\n" + "\n".join([_line("it happens to a call", *(phase.title for phase in PHASES)), _line(*["---"] * 4)]))  # noqa: T201
    for name, outcomes in zip(asked, rows, strict=True):
        print(_line(name, *(f"{len(each.tried)} calls" for each in outcomes)))  # noqa: T201
    problems = _at_once()
    print(_line("two `up` at once", "the second is refused", "", ""))  # noqa: T201
    problems += [
        f"{name}: {each}" for name, row in zip(asked, rows, strict=True) for one in row for each in one.problems
    ]
    tried = sum(len(each.tried) for row in rows for each in row)
    print(f"\n{tried} faults in {time.monotonic() - began:.0f} s, {len(problems)} not survived")  # noqa: T201
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


def _row(name: str) -> list[Outcome]:
    """The outcome of each phase under a fault, on a sandbox of its own."""
    fault, concerns = FAULTS[name]
    faults = Faults(concerns=concerns)
    with _deployed(faults) as (deployed, _):
        ordeal = Ordeal(deployed, faults, undisturbed(deployed))
        return [ordeal.go_through(phase, fault, lambda what: _tell(name, what)) for phase in PHASES]


def _at_once() -> list[str]:
    faults = Faults(concerns=_changing)
    with _deployed(faults) as (one, other):
        return two_at_once(one, other, faults)


@contextmanager
def _deployed(faults: Faults) -> Generator[tuple[Deployed, Deployed]]:
    """A stack on a fresh sandbox, twice, as two people have it."""
    with TemporaryDirectory(prefix="agentcore-auth-") as folder:
        services = start(Path(folder, "sandbox"), attached=True)
        try:
            project, cli = copy(PROJECT, services.folder / "project"), pulumi_command()
            with interposed(services.providers, faults) as ports:
                yield Deployed(services, ports, project, cli), Deployed(services, ports, project, cli)
        finally:
            services.stop()


def _tell(name: str, what: str) -> None:
    print(f"{name}: {what}", file=sys.stderr, flush=True)  # noqa: T201


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
