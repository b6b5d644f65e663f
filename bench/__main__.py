"""Measures everything, or what is named, and prints the table; ends with 1 where a limit is missed.

usage: python -m bench [--rounds N] [--json FILE] [PART ...]
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from agentcore_auth.cli.parsing import Parser
from bench import cloud, commands, preview, settings
from bench.measuring import MEGABYTE, Bench, BenchError, Figure, result, table
from sandbox import services
from sandbox.services import SandboxError

_ROUNDS = 5


def _program(bench: Bench) -> Iterator[Figure]:
    folder = bench.folder / "services"
    folder.mkdir()
    running = services.start(folder, attached=True)
    try:
        yield from preview.against_a_flat_program(bench, running)
        yield from preview.growing(bench, running)
    finally:
        running.stop()
    yield from commands.reporting(bench, preview.changed((bench.folder / "growth.json").read_text()))


_PARTS: Mapping[str, Callable[[Bench], Iterable[Figure]]] = {
    "program": _program,
    "settings": settings.checked,
    "commands": commands.at_the_prompt,
    "tokens": commands.verifying,
    "sandbox": cloud.waiting,
}


def main() -> int:
    parser = Parser(prog="python -m bench", description="Measure, and compare with the limits.")
    parser.add_argument("--rounds", type=_positive, default=_ROUNDS, help=f"of each measurement; {_ROUNDS} by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every value there")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(_PARTS)}; all by default")
    asked = parser.parse_args()
    if unknown := [name for name in asked.parts if name not in _PARTS]:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(_PARTS)}")
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""  # as the Makefile has it
    figures: list[Figure] = []
    try:
        with TemporaryDirectory(prefix="agentcore-auth-bench-") as folder:
            for name in asked.parts or _PARTS:
                sys.stderr.write(f"bench: {name}\n")
                figures += _PARTS[name](Bench(Path(folder), asked.rounds))
    except (BenchError, SandboxError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    if asked.json:
        asked.json.write_text(json.dumps(result(figures, _machine()), indent=2) + "\n")
    sys.stdout.write(f"{table(figures)}\n")
    missed = [figure.subject for figure in figures if not figure.holds]
    for subject in missed:
        sys.stderr.write(f"bench: {subject}: missed\n")
    return 1 if missed else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _machine() -> dict[str, object]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": psutil.cpu_count(),
        "memory": f"{psutil.virtual_memory().total / MEGABYTE / 1000:.0f} GB",
        "python": platform.python_version(),
        "load": [round(each, 1) for each in psutil.getloadavg()],
        "date": datetime.now(timezone.utc).date().isoformat(),
    }


if __name__ == "__main__":
    sys.exit(main())
