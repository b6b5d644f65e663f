"""Runs a Pulumi program in a process of its own, for the language runtime (sandbox/language.py).

Started as `python <this folder>`, with the Python of the program and nothing of the sandbox on its path. Standard
input brings one line of JSON, so that no configuration value shows in the process list: project, stack, organization,
root_directory, program, pwd, args, monitor and engine (addresses), dry_run, parallel, config, secret_keys. When
standard input ends, whoever wanted the deployment is gone, and so is the program.
"""

import asyncio
import json
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

try:
    # Not in a function: the SDK looks up the annotations of a program's classes here, in what was started as __main__.
    import pulumi
    import pulumi.runtime
except ImportError:
    sys.exit(f"{sys.executable} has not the package pulumi: install the program's requirements")

REPORTED = 32
"""The exit code of a program whose mistake the engine has been told of: there is nothing to add."""


def run(settings: dict[str, Any]) -> int:
    """Configure the SDK and run the program inside its stack resource."""
    program = Path(settings["program"])
    pulumi.runtime.set_all_config(settings["config"], settings["secret_keys"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            **{name: settings[name] for name in ("project", "stack", "organization", "root_directory")},
            **{name: settings[name] for name in ("monitor", "engine", "parallel", "dry_run")},
        )
    )
    os.chdir(settings["pwd"])
    sys.argv = [str(program), *settings["args"]]
    # Outputs that are left over when a deployment fails are no news to its user.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # The SDK keeps one thread waiting for each registration.
    with ThreadPoolExecutor(max(settings["parallel"], 1) * 4) as executor:
        loop.set_default_executor(executor)
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run_program(program)))
        except pulumi.RunError as error:
            pulumi.log.error(str(error))
            return REPORTED
        except Exception as error:
            if "resource monitor shut down" in str(error):
                return REPORTED  # the engine gave up, and has said why
            pulumi.log.error(f"The program failed:\n{_users_traceback(error, program)}")
            return REPORTED
        finally:
            loop.close()
    return 0


def _run_program(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _users_traceback(error: Exception, program: Path) -> str:
    files = {str(program), str(program / "__main__.py")}
    frames = traceback.extract_tb(error.__traceback__)
    first = next((index for index, frame in enumerate(frames) if frame.filename in files), 0)
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=first - len(frames)))


def _end_with_starter() -> None:
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)  # with all that the program started: it leads its process group


if __name__ == "__main__":
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_starter, daemon=True).start()
    sys.exit(run(asked))
