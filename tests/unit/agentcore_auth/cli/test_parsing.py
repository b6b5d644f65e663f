"""Every command of the project says in one line that it was called wrongly, and names its help."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from agentcore_auth.cli import main as tools
from configuration import policies
from sandbox import __main__ as sandbox
from scripts import rotate

Main = Callable[[Sequence[str]], int]


@pytest.mark.parametrize(
    ("main", "arguments", "says"),
    [
        (tools.main, ["check", "--leeway", "-1"], "check: argument --leeway: .*agentcore-auth check --help"),
        (sandbox.main, [], "sandbox: the following arguments are required: COMMAND .*python -m sandbox --help"),
        (sandbox.main, ["up", "--stack"], "up: argument --stack: .*python -m sandbox up --help"),
        (policies.main, ["--stack", "dev", "--account", "1"], "policies: argument --account: .*12 digits .*--help"),
        (rotate.main, [], "rotate: the following arguments are required: .*python -m scripts.rotate --help"),
    ],
)
def test_wrong_use_is_one_line_that_begins_with_the_command(
    main: Main, arguments: Sequence[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1)
    assert re.match(rf"{says}\)$", said)
