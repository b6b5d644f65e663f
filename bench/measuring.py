"""The harness: what a command costs, figures of several rounds, and the limits that they are held against.

A figure is the median of its rounds. What is compared is measured in turn, A B A B, and compared pair by pair, so that
a machine whose speed drifts meanwhile does not spoil it. Judged are ratios, CPU time and memory: seconds on the clock
say as much of what else the machine does.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal, TypeVar

Unit = Literal["s", "MB", "x", "/s"]
T = TypeVar("T")
MEGABYTE = 1_000_000
_MEASURED = Path(__file__).with_name("measured.py")


class BenchError(Exception):
    """Something could not be measured; the message says what."""


@dataclass(frozen=True)
class Cost:
    """What one run of a command took: CPU seconds of its process and those it waited for, seconds, bytes."""

    cpu: float
    clock: float
    memory: float


@dataclass(frozen=True)
class Limit:
    """What a figure may be at most, or has to be at least."""

    at_most: float | None = None
    at_least: float | None = None

    def holds(self, figure: float) -> bool:
        below = self.at_most is None or figure <= self.at_most
        return below and (self.at_least is None or figure >= self.at_least)

    def __str__(self) -> str:
        return f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"


@dataclass(frozen=True)
class Figure:
    """One line of the table. `aim` is for what is shown and not judged: seconds on the clock."""

    subject: str
    values: Sequence[float]
    unit: Unit
    limit: Limit | None = None
    aim: str = ""

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def holds(self) -> bool:
        return self.limit is None or self.limit.holds(self.median)

    def document(self) -> dict[str, object]:
        bounds = {"atMost": self.limit.at_most, "atLeast": self.limit.at_least} if self.limit else {}
        return {
            "subject": self.subject,
            "unit": self.unit,
            "median": self.median,
            "values": list(self.values),
            **{name: bound for name, bound in bounds.items() if bound is not None},
            "holds": self.holds,
        }


@dataclass(frozen=True)
class Bench:
    """Where measurements keep their files, and how many rounds there are."""

    folder: Path
    rounds: int

    def command(self, *command: str, cwd: Path, stdin: str = "", code: int = 0) -> Cost:
        """Run a command, which ends with an exit code. Raises BenchError."""
        record = self.folder / "command.jsonl"
        done = subprocess.run(  # noqa: S603  # our own commands
            [sys.executable, "-I", "-S", str(_MEASURED), str(record), *command],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != code:
            raise BenchError(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{done.stderr.strip()[-500:]}")
        return last_cost(record)

    def python_at(self, environment: Path) -> Path:
        """Make a virtual environment of ours whose Python notes what programs cost; gives the record's file."""
        record = self.folder / f"{environment.parent.name}.jsonl"
        if environment.is_symlink():
            environment.unlink()
        shutil.rmtree(environment, ignore_errors=True)
        python = environment / "bin" / "python"
        python.parent.mkdir(parents=True)
        measured = f'"{sys.executable}" -I -S "{_MEASURED}" "{record}" "{sys.executable}" "$@"'
        python.write_text(f"#!/bin/sh\nexec {measured}\n")
        python.chmod(0o755)
        return record


def last_cost(record: Path) -> Cost:
    """What the last command in a record cost."""
    return Cost(*json.loads(record.read_text(encoding="utf-8").splitlines()[-1]))


def in_turn(rounds: int, *measured: Callable[[], T]) -> list[list[T]]:
    """Measure several things in turn, once before it counts; gives a list of results for each of them."""
    for each in measured:
        each()
    found = [[each() for each in measured] for _ in range(rounds)]
    return [list(results) for results in zip(*found, strict=True)]


def ratios(first: Sequence[float], second: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(first, second, strict=True)]


def table(figures: Sequence[Figure]) -> str:
    """Markdown, for a terminal as well as for the page."""
    rows: list[tuple[str, ...]] = [("", "median", "least", "most", "limit", "")]
    rows += [
        (
            each.subject,
            _written(each.median, each.unit),
            _written(min(each.values), each.unit),
            _written(max(each.values), each.unit),
            str(each.limit or each.aim),
            "" if each.holds else "MISSED",
        )
        for each in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows)


def _written(value: float, unit: Unit) -> str:
    if unit == "x":
        return f"{value:.2f}"
    digits = 3 if value < 1 else 2 if value < 10 else 0
    return f"{value:,.{digits}f} {unit}"


def result(figures: Sequence[Figure], machine: Mapping[str, object]) -> dict[str, object]:
    """The document of a whole run."""
    return {"machine": dict(machine), "figures": [each.document() for each in figures]}
