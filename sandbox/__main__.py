"""The sandbox's command line: python -m sandbox demo | up | preview | destroy | outputs | down | exec -- COMMAND

What `up` starts lives in the folder `.sandbox` of the project, or in the one that SANDBOX_FOLDER names: sandboxes in
different folders know nothing of each other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox import project, services
from sandbox.services import PROJECT, Services, ServicesError

_FOLDER = Path(os.environ.get("SANDBOX_FOLDER", PROJECT / ".sandbox"))
_PLUGINS = ("auth0", "okta")
_ENGINES = ("sandbox", "pulumi")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except ServicesError as error:
        return _fail(error)
    except KeyboardInterrupt:
        return 130  # as shells have it for a command that Ctrl+C ended


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
        command.set_defaults(run=_deploy, operation=name)
    outputs = commands.add_parser("outputs", help="print a stack's outputs, as `pulumi stack output --json` does")
    outputs.add_argument("--stack", default="sandbox")
    outputs.add_argument("--json", action="store_true", help="the only form; here for likeness with pulumi")
    outputs.add_argument("--show-secrets", action="store_true")
    outputs.set_defaults(run=_outputs)
    commands.add_parser("down", help="end the sandbox, with all that is deployed on it").set_defaults(run=_down)
    execute = commands.add_parser(
        "exec", help="run a command in a copy of the project, with everything pointed at the sandbox"
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
    engine = os.environ.get("ENGINE", "sandbox")
    if engine not in _ENGINES:
        return _fail(f"ENGINE={engine} is none of {', '.join(_ENGINES)}")
    if engine == "pulumi" and shutil.which("pulumi") is None:
        return _fail("pulumi is not on PATH: make install-pulumi, or leave ENGINE out")
    with TemporaryDirectory(prefix="agentcore-auth-") as folder, ThreadPoolExecutor() as aside:
        starting = aside.submit(services.start, Path(folder), attached=True)
        from sandbox.demo import demo  # noqa: PLC0415  # takes a second to import: the services start meanwhile

        running = starting.result()
        try:
            return demo(running, began, as_json=asked.json, engine=engine)
        finally:
            running.stop()


def _deploy(asked: argparse.Namespace) -> int:
    from sandbox import progress  # noqa: PLC0415  # brings the engine along, which `down` and `exec` do without
    from sandbox.engine import DeploymentError, preview_digest  # noqa: PLC0415
    from sandbox.stack import Stack  # noqa: PLC0415

    if not (PROJECT / f"Pulumi.{asked.stack}.yaml").exists():
        return _fail(f"there is no stack file Pulumi.{asked.stack}.yaml in {PROJECT}")
    digest = asked.operation == "preview" and asked.json
    with ExitStack() as afterwards:
        stack = Stack(_services_for(asked.operation, afterwards), PROJECT, asked.stack)
        try:
            result = stack.run(asked.operation, progress.printer(sys.stderr if digest else None))
        except DeploymentError as error:
            return _fail(error)
    if digest:
        progress.say(json.dumps(preview_digest(result), indent=2))
        return 0
    progress.say(f"\n  {asked.stack}: {progress.summary(result, planned=asked.operation == 'preview')}")
    if asked.operation == "up":
        progress.say(f"\n  Outputs\n{progress.outputs_text(stack.document(show_secrets=False))}")
    return 0


def _outputs(asked: argparse.Namespace) -> int:
    from sandbox.engine import DeploymentError  # noqa: PLC0415  # as in _deploy
    from sandbox.stack import Stack  # noqa: PLC0415

    stack = Stack(_running(start=False), PROJECT, asked.stack)
    try:
        document = stack.document(show_secrets=asked.show_secrets)
    except DeploymentError as error:
        return _fail(error)
    sys.stdout.write(f"{json.dumps(document, indent=2, sort_keys=True)}\n")
    return 0


def _down(_: argparse.Namespace) -> int:
    try:
        services.load(_FOLDER).stop()
    except ServicesError:
        services.forget(_FOLDER)
        sys.stdout.write("  the sandbox was not running\n")
    return 0


def _execute(asked: argparse.Namespace) -> int:
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    plugins = [name for name in asked.real_plugins.split(",") if name]
    if not command:
        return _fail("give a command: python -m sandbox exec -- COMMAND")
    if unknown := sorted(set(plugins) - set(_PLUGINS)):
        return _fail(f"--real-plugins: {', '.join(unknown)} is none of {', '.join(_PLUGINS)}")
    running = _running(start=True)
    folder = project.copy(PROJECT, _FOLDER / "project")
    environment = {**running.environment(os.environ, real_plugins=plugins), "PWD": str(folder)}
    try:
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603  # as asked
    except OSError as error:
        return _fail(f"{command[0]}: {error.strerror}")


def _services_for(operation: str, afterwards: ExitStack) -> Services:
    """Those that run; where there are none, new ones: for a preview only until `afterwards`. Raises ServicesError."""
    try:
        return _running(start=operation == "up")
    except ServicesError:
        if operation != "preview":
            raise
    folder = Path(afterwards.enter_context(TemporaryDirectory(prefix="agentcore-auth-")))
    passing = services.start(folder, attached=True)
    afterwards.callback(passing.stop)
    return passing


def _running(*, start: bool) -> Services:
    """The services in the project's own folder. Raises ServicesError."""
    try:
        return services.load(_FOLDER)
    except ServicesError:
        if not start:
            raise
        return services.start(_FOLDER)


def _fail(reason: object) -> int:
    sys.stderr.write(f"sandbox: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
