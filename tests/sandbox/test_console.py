"""What is printed of a deployment's progress: dots, at once or held back."""

from __future__ import annotations

import pytest

from sandbox.console import Dots


def test_a_dot_stands_for_each_created_resource_and_other_lines_for_themselves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dots = Dots()
    for line in ("  + function sample", "  + role sample", "  warning: something"):
        dots.tell(line)
    assert capsys.readouterr().err == "..  warning: something\n"


def test_dots_that_are_held_back_come_when_they_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    dots = Dots(held_back=True)
    dots.tell("  + function sample")
    assert capsys.readouterr().err == ""
    dots.show()
    dots.tell("  + role sample")
    assert capsys.readouterr().err == ".."
