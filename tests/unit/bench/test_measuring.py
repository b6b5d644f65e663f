"""The harness of the benchmarks: limits, medians, ratios, the table, and what a command costs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.measuring import Bench, BenchError, Figure, Limit, in_turn, last_cost, ratios, result, table


@pytest.mark.parametrize(
    ("limit", "values", "holds"),
    [
        (None, [9.0], True),
        (Limit(at_most=1.15), [1.0, 1.1, 9.0], True),
        (Limit(at_most=1.15), [1.0, 1.2, 1.3], False),
        (Limit(at_most=1.15), [1.15], True),
        (Limit(at_least=0.8), [0.1, 0.9, 0.9], True),
        (Limit(at_least=0.8), [0.7, 0.7, 2.0], False),
    ],
)
def test_the_median_is_held_against_the_limit(limit: Limit | None, values: list[float], holds: bool) -> None:
    assert Figure("speed", values, "x", limit).holds is holds


def test_a_ratio_is_taken_pair_by_pair() -> None:
    assert ratios([1.0, 30.0], [2.0, 20.0]) == [0.5, 1.5]


def test_what_is_compared_is_measured_in_turn_and_once_before_it_counts() -> None:
    order: list[str] = []

    def noting(name: str) -> int:
        order.append(name)
        return len(order)

    assert in_turn(2, lambda: noting("a"), lambda: noting("b")) == [[3, 5], [4, 6]]
    assert "".join(order) == "ababab"


def test_the_table_names_what_is_missed() -> None:
    figures = [
        Figure("start", [2.0, 1.5, 30.0], "s", aim="aim: 4"),
        Figure("dev / flat", [1.2], "x", Limit(at_most=1.15)),
        Figure("tokens", [12345.6], "/s", Limit(at_least=100)),
    ]
    head, line, *rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table(figures).splitlines()]
    assert head == ["", "median", "least", "most", "limit", ""]
    assert {cell.strip("-") for cell in line} == {""}
    assert rows == [
        ["start", "2.00 s", "1.50 s", "30 s", "aim: 4", ""],
        ["dev / flat", "1.20", "1.20", "1.20", "at most 1.15", "MISSED"],
        ["tokens", "12,346 /s", "12,346 /s", "12,346 /s", "at least 100", ""],
    ]


def test_the_document_has_every_value() -> None:
    document = result([Figure("dev / flat", [1.0, 1.2, 1.3], "x", Limit(at_most=1.15))], {"processors": 2})
    figure = {"subject": "dev / flat", "unit": "x", "median": 1.2, "values": [1.0, 1.2, 1.3]}
    assert document == {"machine": {"processors": 2}, "figures": [{**figure, "atMost": 1.15, "holds": False}]}


def test_a_command_costs_its_own_time_and_memory(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1)
    costs = [
        bench.command(sys.executable, "-c", f"sum(i * i for i in range({count})); bytes(b'x') * {memory}", cwd=tmp_path)
        for count, memory in ((10, 10), (3_000_000, 200_000_000))
    ]
    assert costs[1].cpu > costs[0].cpu
    assert costs[1].memory > costs[0].memory


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"ended with 3:\nno luck"):
        Bench(tmp_path, 1).command(
            sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)", cwd=tmp_path
        )
    assert Bench(tmp_path, 1).command(sys.executable, "-c", "raise SystemExit(1)", cwd=tmp_path, code=1).cpu > 0


def test_a_program_that_others_start_notes_its_cost(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1)
    environment = tmp_path / "project" / ".venv"
    environment.parent.mkdir()
    environment.symlink_to(tmp_path / "elsewhere")
    record = bench.python_at(environment)
    bench.command(str(environment / "bin" / "python"), "-c", "print(1)", cwd=tmp_path)
    assert last_cost(record).cpu > 0
    assert not (tmp_path / "elsewhere").exists()
