"""The sandbox's command line: python -m sandbox demo | up | preview | destroy | outputs | down | exec -- COMMAND

What `up` starts lives in the folder `.sandbox` of the project, or in the one that SANDBOX_FOLDER names: sandboxes in
different folders know nothing of each other.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox import services
from sandbox.console import say
from sandbox.services import PROJECT, Services, ServicesError

_FOLDER = Path(os.environ.get("SANDBOX_FOLDER", PROJECT / ".sandbox"))
_COPY = _FOLDER / "project"
_PLUGINS = ("auth0", "okta")
_NEEDED = ("moto", "pulumi", "yaml")
_INTERRUPTED = 130  # as shells have it for a command that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    asked = _parser().parse_args(arguments)
    if any(importlib.util.find_spec(package) is None for package in _NEEDED):
        return _fail("this Python has not the project's packages: make setup, then . .venv/bin/activate")
    try:
        return int(asked.run(asked))
    except ServicesError as error:
        return _fail(error)
    except KeyboardInterrupt:
        say("sandbox: interrupted", sys.stderr)
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Deploy the program on this machine, without an account."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="deploy on a fresh sandbox, fetch tokens, call every gateway, clean up")
    demo.add_argument("--json", action="store_true", help="one JSON document instead of text")
    demo.set_defaults(run=_demo)
    for name, help_text in (
        ("up", "start the sandbox if it is not running, and deploy a stack on it"),
        ("preview", "show what `up` would change"),
        ("destroy", "delete what a stack deployed"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--stack", default="sandbox", help="the stack file's name: Pulumi.<STACK>.yaml")
        if name == "preview":
            command.add_argument("--json", action="store_true", help="as `pulumi preview --json` has it")
        if name == "up":
            command.add_argument("--outputs", action="store_true", help="print the outputs even if nothing changed")
        command.set_defaults(run=_deploy, operation=name)
    outputs = commands.add_parser("outputs", help="print a stack's outputs, as `pulumi stack output --json` does")
    outputs.add_argument("--stack", default="sandbox")
    outputs.add_argument("--json", action="store_true", help="the only form; here for likeness with pulumi")
    outputs.add_argument("--show-secrets", action="store_true")
    outputs.set_defaults(run=_outputs)
    commands.add_parser("down", help="end the sandbox, with all that is deployed on it").set_defaults(run=_down)
    execute = commands.add_parser(
        "exec",
        help="run a command in a copy of the project, with everything pointed at the sandbox",
        description="Run a command on the sandbox, which is started if it is not running. The command runs in a copy "
        "of the project (.sandbox/project): files that it writes in its current folder stay there, until `down`.",
    )
    execute.add_argument(
        "--real-plugins",
        default="",
        metavar="PACKAGES",
        help="packages whose real plugin is to be used, separated by commas: auth0,okta",
    )
    execute.add_argument("command", nargs=argparse.REMAINDER, help="-- COMMAND [ARGUMENT ...]")
    execute.set_defaults(run=_execute)
    return parser


def _demo(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    with (
        TemporaryDirectory(prefix="agentcore-auth-") as folder,
        ExitStack() as afterwards,
        ThreadPoolExecutor() as aside,
    ):

        def start(mode: str) -> Services:
            running = services.start(Path(folder, mode), attached=True)
            afterwards.callback(running.stop)
            return running

        starting = {mode: aside.submit(start, mode) for mode in ("pinned", "tutorial")}
        from sandbox.demo import demo  # noqa: PLC0415  # takes a second to import: the services start meanwhile

        return demo(lambda mode: starting[mode].result(), began, as_json=asked.json)


def _deploy(asked: argparse.Namespace) -> int:
    from sandbox import progress  # noqa: PLC0415  # brings the engine along, which `down` and `exec` do without
    from sandbox.engine import DeploymentError, preview_digest  # noqa: PLC0415
    from sandbox.stack import Stack  # noqa: PLC0415

    if not _stack_file(PROJECT, asked.stack).exists():
        return _fail_without_stack_file(asked.stack)
    digest = asked.operation == "preview" and asked.json
    with ExitStack() as afterwards:
        stack = Stack(_services_for(asked.operation, afterwards), PROJECT, asked.stack)
        try:
            result = stack.run(asked.operation, progress.printer(sys.stderr if digest else None))
        except DeploymentError as error:
            return _fail(error)
        except KeyboardInterrupt:
            if asked.operation == "preview":
                raise
            what = "created is in the state" if asked.operation == "up" else "not deleted is still in the state"
            _fail(f"interrupted; what was {what}; the sandbox is still running: python -m sandbox down")
            return _INTERRUPTED
    if digest:
        say(json.dumps(preview_digest(result), indent=2))
        return 0
    say(f"\n  {asked.stack}: {progress.summary(result, planned=asked.operation == 'preview')}")
    if asked.operation == "up":
        if asked.outputs or any(count for operation, count in result.changes.items() if operation != "same"):
            say(f"\n  Outputs\n{progress.outputs_text(stack.document(show_secrets=False))}")
        say(f"\n  Next: python -m sandbox exec -- agentcore-auth verify --stack {asked.stack}")
    return 0


def _outputs(asked: argparse.Namespace) -> int:
    from sandbox.engine import DeploymentError  # noqa: PLC0415  # as in _deploy
    from sandbox.stack import Stack  # noqa: PLC0415

    if not any(_stack_file(folder, asked.stack).exists() for folder in (PROJECT, _COPY)):
        return _fail_without_stack_file(asked.stack)
    stack = Stack(services.load(_FOLDER), PROJECT, asked.stack)
    try:
        document = stack.document(show_secrets=asked.show_secrets)
    except DeploymentError as error:
        return _fail(error)
    say(json.dumps(document, indent=2, sort_keys=True))
    return 0


def _down(_: argparse.Namespace) -> int:
    say("  the sandbox is ended" if services.end(_FOLDER) else "  the sandbox was not running")
    return 0


def _execute(asked: argparse.Namespace) -> int:
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    plugins = [name for name in asked.real_plugins.split(",") if name]
    if not command:
        return _fail("give a command: python -m sandbox exec -- COMMAND")
    if unknown := sorted(set(plugins) - set(_PLUGINS)):
        return _fail(f"--real-plugins: {', '.join(unknown)} is none of {', '.join(_PLUGINS)}")
    from sandbox import project  # noqa: PLC0415  # needs a package, which `main` makes sure of

    running, started = services.load_or_start(_FOLDER)
    if started:
        say("sandbox: started; it is left running until `python -m sandbox down`", sys.stderr)
    folder = project.copy(PROJECT, _COPY)
    environment = {
        **running.environment(os.environ, real_plugins=plugins),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))),
        "PWD": str(folder),
        "XDG_CACHE_HOME": str(running.folder / "cache"),
    }
    # Ctrl-C is the command's own business. A handler that does nothing, because an exception in the middle of waiting
    # could lose the exit code; and a function, because the command would inherit SIG_IGN.
    signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    try:
        code = subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603  # as asked
    except OSError as error:
        return _fail(f"{command[0]}: {error.strerror}")
    return code if code >= 0 else 128 - code  # as shells have it for a command that a signal ended


def _services_for(operation: str, afterwards: ExitStack) -> Services:
    """Those that run; where there are none, new ones: for a preview only until `afterwards`. Raises ServicesError."""
    if operation == "up":
        return services.load_or_start(_FOLDER)[0]
    try:
        return services.load(_FOLDER)
    except ServicesError:
        if operation != "preview":
            raise
    folder = Path(afterwards.enter_context(TemporaryDirectory(prefix="agentcore-auth-")))
    passing = services.start(folder, attached=True)
    afterwards.callback(passing.stop)
    return passing


def _stack_file(folder: Path, stack: str) -> Path:
    return folder / f"Pulumi.{stack}.yaml"


def _fail_without_stack_file(stack: str) -> int:
    return _fail(f"there is no Pulumi.{stack}.yaml")


def _fail(reason: object) -> int:
    say(f"sandbox: {reason}", sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
