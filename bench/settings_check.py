"""Checks a stack file as the program does, without Pulumi. usage: python -m bench.settings_check FOLDER STACK

Ends with 1 where the stack file has a mistake, and with 3 where one of Pulumi's packages was imported on the way.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from configuration.stack_file import read_stack_file
from settings import ConfigurationError, load


def main() -> int:
    folder, stack = Path(sys.argv[1]), sys.argv[2]
    configuration, secret = read_stack_file(folder / f"Pulumi.{stack}.yaml")
    try:
        load(configuration, secret_keys=secret, environment=os.environ, project=folder)
        code = 0
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        code = 1
    return 3 if any(name.partition("_")[0] == "pulumi" for name in sys.modules) else code


if __name__ == "__main__":
    sys.exit(main())
