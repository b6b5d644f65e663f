"""What the workflows ask of `agentcore-auth` besides the report: which stacks, and the comment."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from agentcore_auth.cli.main import main
from agentcore_auth.preview.comment import LONGEST, comment, marker
from agentcore_auth.preview.stacks import affected, documents, stacks

KNOWN = ["dev", "production", "staging"]
NAMED = {"dev": ["examples/orders.json"], "production": ["examples/orders.json", "docs/tools.md"], "staging": []}

# Each row: the files that a change touches, and the stacks that it can affect.
AFFECTED: list[tuple[list[str], list[str]]] = [
    ([], []),
    ([""], []),
    (["Pulumi.dev.yaml"], ["dev"]),
    (["Pulumi.staging.yaml", "Pulumi.dev.yaml"], ["dev", "staging"]),
    (["Pulumi.sandbox.yaml"], []),
    (["Pulumi.gone.yaml"], []),
    (["Pulumi.yaml"], KNOWN),
    (["__main__.py"], KNOWN),
    (["components/gateway.py"], KNOWN),
    (["tokens/shapes.py"], KNOWN),
    (["requirements.txt"], KNOWN),
    (["constraints.txt"], KNOWN),
    (["tools/orders.json"], KNOWN),
    (["policy/rules.py"], KNOWN),
    (["README.md", "docs/sandbox.md", "components/NOTES.md"], []),
    (["docs/sandbox.md", "settings.py"], KNOWN),
    (["tests/unit/test_settings.py", "sandbox/demo.py", ".github/workflows/preview.yml", "Makefile"], []),
    (["examples/Pulumi.dev.yaml"], []),
    # What a stack file names counts, wherever it lies; a renamed file is there by both names.
    (["examples/orders.json"], ["dev", "production"]),
    (["docs/tools.md"], ["production"]),
    (["Pulumi.dev.yaml", "Pulumi.staging.yaml"], ["dev", "staging"]),
    (["examples/orders.json", "examples/renamed.json"], ["dev", "production"]),
]


@pytest.mark.parametrize(("changed", "expected"), AFFECTED)
def test_a_change_affects_the_stacks_that_read_what_it_touches(changed: list[str], expected: list[str]) -> None:
    assert affected(changed, NAMED) == expected


def test_stacks_have_a_file_and_a_plain_name(tmp_path: Path) -> None:
    names = ("dev", "production", "sandbox", "with-hyphen", "$(touch x)", "a b")
    for name in names:
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    (tmp_path / "Pulumi.yaml").touch()
    assert stacks(tmp_path) == ["dev", "production"]


def test_the_documents_that_a_stack_file_names_are_found_however_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "config:\n  agentcore-auth:targets:\n"
        "    - {name: a, toolsFile: ./examples/orders.json}\n"
        "    - {name: b, schema: tools/../examples/stock.yaml}\n"
        "    - {name: c, model: s3://bucket/model.json}\n"
    )
    (tmp_path / "Pulumi.broken.yaml").write_text("config: [")
    assert {"examples/orders.json", "examples/stock.yaml"} <= documents(tmp_path, "dev")
    assert not any("bucket" in name for name in documents(tmp_path, "dev"))
    assert documents(tmp_path, "broken") == documents(tmp_path, "absent") == frozenset()


def test_the_command_answers_with_a_list_for_a_matrix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("README.md\0Pulumi.dev.yaml\0"))
    assert main(["stacks"]) == 0
    assert json.loads(capsys.readouterr().out) == ["dev"]
    assert main(["stacks", "--all"]) == 0
    assert "dev" in json.loads(capsys.readouterr().out)


def test_the_comment_begins_with_its_mark_and_the_report() -> None:
    text = comment("dev", "## Report\n", "+ aws:iam:Role\n")
    assert text.startswith(f"{marker('dev')}\n## Report\n")
    assert "```diff\n+ aws:iam:Role\n" in text
    assert marker("dev") != marker("production")


def test_fences_in_the_difference_do_not_end_its_block() -> None:
    text = comment("dev", "", "a ```` b")
    assert "\n`````diff\n" in text
    assert text.count("`````") == 2


@pytest.mark.parametrize(("report", "difference"), [(10, 200_000), (200_000, 10), (200_000, 200_000)])
def test_a_comment_is_cut_off_before_github_refuses_it(report: int, difference: int) -> None:
    text = comment("dev", "line\n" * (report // 5), "diff\n" * (difference // 5))
    assert len(text) <= LONGEST
    assert "cut off here" in text
    assert text.endswith("```\n\n</details>\n")


def test_the_command_puts_report_and_difference_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, difference = tmp_path / "report.md", tmp_path / "difference.txt"
    report.write_text("## Report\n")
    difference.write_text("+ a\n")
    assert main(["comment", "dev", str(report), str(difference)]) == 0
    assert capsys.readouterr().out == comment("dev", "## Report\n", "+ a\n")


def test_a_missing_part_of_the_comment_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment", "dev", str(tmp_path / "none.md"), "-"]) == 2
    assert "none.md cannot be read" in capsys.readouterr().err
