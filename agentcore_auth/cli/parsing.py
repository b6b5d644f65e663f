"""How every command of the project says that it was called wrongly: one line, and exit code 2."""

from __future__ import annotations

import argparse
from typing import NoReturn

from agentcore_auth.cli.terminal import WRONG_USE


class Parser(argparse.ArgumentParser):
    """argparse's, with errors in the form that a command's own have: `<command>: <what is wrong>`."""

    def error(self, message: str) -> NoReturn:
        """Ends the command. Raises SystemExit."""
        if "eyJ" in message:
            message = "a token is never an argument, where others could see it: pipe it in"
        command = self.prog.rpartition(" ")[2].rpartition(".")[
            2
        ]  # of `agentcore-auth check`, `python -m scripts.rotate`
        self.exit(WRONG_USE, f"{command}: {message} (see {self.prog} --help)\n")
