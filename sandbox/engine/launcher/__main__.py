"""Runs a Pulumi program in a process of its own, as Pulumi's Python language runtime does.

Started as `python <this folder>`; reads one JSON object from standard input, so that no configuration value shows in
the process list: project, stack, directory, address (the engine's), dry_run, parallel, config, secret_keys. What is
wrong with the program goes to the engine's log; the exit code is 0 only for a program that ended well.
"""

import asyncio
import gc
import json
import logging
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime


def run(settings: dict[str, Any]) -> int:
    """Configure the SDK and run the program inside its stack resource."""
    program = Path(settings["directory"])
    pulumi.runtime.set_all_config(settings["config"], settings["secret_keys"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=settings["project"],
            stack=settings["stack"],
            monitor=settings["address"],
            engine=settings["address"],
            parallel=settings["parallel"],
            dry_run=settings["dry_run"],
            organization="organization",
            root_directory=str(program),
        )
    )
    sys.argv = [str(program)]
    # Outputs that are left over when a deployment fails are no news to its user.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # The SDK keeps one thread waiting for each registration.
    with ThreadPoolExecutor(settings["parallel"] * 4) as executor:
        loop.set_default_executor(executor)
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _run_program(program)))
        except pulumi.RunError as error:
            pulumi.log.error(str(error))
            return 1
        except Exception as error:
            pulumi.log.error("The program failed:\n" + _users_traceback(error, program))
            return 1
        finally:
            loop.close()
    return 0


def _run_program(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _users_traceback(error: Exception, program: Path) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    first = next((index for index, frame in enumerate(frames) if Path(frame.filename) == program / "__main__.py"), 0)
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=first - len(frames)))


if __name__ == "__main__":
    # A provider's SDK is hundreds of thousands of objects that live to the end: looking for garbage among them, and
    # once more on the way out, would take a third of a preview's time.
    gc.disable()
    exit_code = run(json.load(sys.stdin))
    gc.freeze()
    sys.exit(exit_code)
