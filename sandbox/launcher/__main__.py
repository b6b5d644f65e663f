"""Runs a Pulumi program in a process of its own, for the language runtime (sandbox/language.py).

Started as `python <this folder> ENGINE`, with the Python of the program and nothing of the sandbox on its path.
Standard input brings one line, the engine's RunRequest as JSON, so that no configuration value shows in the process
list. When it ends, whoever wanted the deployment is gone, and so is the program.
"""

import asyncio
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
    from google.protobuf.json_format import Parse
    from pulumi.runtime.proto.language_pb2 import RunRequest
except ImportError:
    sys.exit(f"{sys.executable} has not the package pulumi: install the program's requirements")

REPORTED = 32
"""The exit code of a program whose mistake the engine has been told of: there is nothing to add."""
_MOST_PARALLEL = 16
"""What the engine names where the user does not is four billion; the SDK keeps a thread for each."""


def run(asked: Any, engine: str) -> int:
    """Configure the SDK and run the program inside its stack resource."""
    program = Path(os.path.normpath(Path(asked.info.program_directory, asked.info.entry_point)))
    parallel = max(min(asked.parallel, _MOST_PARALLEL), 1)
    pulumi.runtime.set_all_config(dict(asked.config), list(asked.configSecretKeys))
    pulumi.runtime.reset_options(
        project=asked.project,
        stack=asked.stack,
        organization=asked.organization,
        root_directory=asked.info.root_directory,
        parallel=parallel,
        preview=asked.dryRun,
        monitor_address=asked.monitor_address,
        engine_address=engine,
    )
    os.chdir(asked.pwd)
    sys.argv = [str(program), *asked.args]
    # Outputs that are left over when a deployment fails are no news to its user.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # The SDK keeps one thread waiting for each registration.
    with ThreadPoolExecutor(parallel * 4) as executor:
        loop.set_default_executor(executor)
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run_program(program)))
        except pulumi.RunError as error:
            pulumi.log.error(str(error))
            return REPORTED
        except Exception as error:
            if "resource monitor shut down" not in str(error):  # else the engine gave up, and has said why
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
    request = Parse(sys.stdin.readline(), RunRequest(), ignore_unknown_fields=True)
    threading.Thread(target=_end_with_starter, daemon=True).start()
    sys.exit(run(request, sys.argv[1]))
