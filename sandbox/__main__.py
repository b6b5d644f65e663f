"""The sandbox's command line: python -m sandbox demo | up | preview | destroy | outputs | down | exec -- COMMAND

The project is this one, or the Pulumi program in the folder that `--project` names; commands work on a copy of it.
What `up` starts lives in the folder `.sandbox` of the project, or in the one that SANDBOX_FOLDER names: sandboxes in
different folders know nothing of each other.
"""

from __future__ import annotations

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `main` can say a word about Ctrl-C, it ends without one

import argparse
import json
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from agentcore_auth.authorizer.causes import harmless
from agentcore_auth.cli.parsing import Parser
from agentcore_auth.cli.terminal import NO_PACKAGES, Tone, slowly, toned
from agentcore_auth.files import reason
from agentcore_auth.tokens.cache import users_caches
from sandbox import services
from sandbox.console import say
from sandbox.services import PROJECT, SandboxError, Services

try:
    from sandbox import project
    from scripts.pulumi_cli import PulumiCliError, find
except ImportError:
    sys.exit(f"sandbox: {NO_PACKAGES}")

_FOLDER = Path(os.environ.get("SANDBOX_FOLDER") or PROJECT / ".sandbox")
_PLUGINS = ("auth0", "okta")
_INTERRUPTED = 130  # as shells have it for a command that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = _parser().parse_args(arguments)
    try:
        if "project" in asked:
            asked.project = asked.project.resolve()
            if not (asked.project / "Pulumi.yaml").is_file():
                return _fail(f"{asked.project} holds no Pulumi.yaml")
        return int(asked.run(asked))
    except SandboxError as error:
        return _fail(error)
    except OSError as error:  # of a folder or a file; whatever else is a mistake in here
        if error.filename is None:
            raise
        return _fail(reason(error))
    except KeyboardInterrupt:
        say("sandbox: interrupted", sys.stderr)
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m sandbox", description="Deploy the program on this machine, without an account.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="operation")
    elsewhere, on_stack = Parser(add_help=False), Parser(add_help=False)
    elsewhere.add_argument(
        "--project", type=Path, default=PROJECT, metavar="DIR", help="the folder of another Pulumi program"
    )
    on_stack.add_argument("--stack", default="sandbox", help="the stack file's name: Pulumi.<STACK>.yaml")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], told: str, *parents: Parser, description: str | None = None
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=told, parents=parents, description=description)
        made.set_defaults(run=run)
        return made

    demo = command("demo", _demo, "deploy on a fresh sandbox, fetch tokens, call every gateway, clean up")
    demo.add_argument("--json", action="store_true", help="one JSON document instead of text")
    demo.add_argument("--without-cli", action="store_true", help="as where there is no pulumi CLI")
    up = command("up", _deploy, "start the sandbox if it is not running, and deploy a stack on it", elsewhere, on_stack)
    up.add_argument("--outputs", action="store_true", help="print the outputs even if nothing changed")
    preview = command("preview", _deploy, "show what `up` would change", elsewhere, on_stack)
    preview.add_argument("--json", action="store_true", help="as `pulumi preview --json` has it")
    command("destroy", _deploy, "delete what a stack deployed", elsewhere, on_stack)
    told = "print a stack's outputs, as `pulumi stack output --json` does"
    outputs = command("outputs", _outputs, told, elsewhere, on_stack)
    outputs.add_argument("--json", action="store_true", help="the only form; here for likeness with pulumi")
    outputs.add_argument("--show-secrets", action="store_true")
    command("down", _down, "end the sandbox, with all that is deployed on it")
    execute = command(
        "exec",
        _execute,
        "run a command in a copy of the project, with everything pointed at the sandbox",
        elsewhere,
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

        return demo(lambda mode: starting[mode].result(), began, as_json=asked.json, without_cli=asked.without_cli)


def _deploy(asked: argparse.Namespace) -> int:
    from sandbox import progress  # noqa: PLC0415  # brings Pulumi's SDK along, which `down` and `exec` do without
    from sandbox.stack import DeploymentError, Stack, cli_is_interrupted, pulumi_command  # noqa: PLC0415

    cli, operation = pulumi_command(), asked.operation
    _require_stack_file(asked, asked.project)
    with ExitStack() as afterwards:
        running = _services_for(operation, afterwards)
        stack = Stack(running, _copy(asked.project, running.folder), asked.stack, cli)
        interrupted = afterwards.enter_context(cli_is_interrupted())
        try:
            if operation == "preview" and asked.json:
                say(stack.preview_document())
                return 0
            result = getattr(stack, operation)(_tell)
        except DeploymentError:
            if not interrupted.is_set():
                raise
            if operation == "preview":
                raise KeyboardInterrupt from None
            what = "created is in the state" if operation == "up" else "not deleted is still in the state"
            _fail(f"interrupted; what was {what}; the sandbox is still running: python -m sandbox down")
            return _INTERRUPTED
        say(f"\n  {asked.stack}: {progress.summary(result.changes, planned=operation == 'preview')}")
        if operation == "up":
            if asked.outputs or not result.is_unchanged:
                say(f"\n  Outputs\n{progress.outputs_text(stack.document(show_secrets=False))}")
            if asked.project == PROJECT:
                say(f"\n  Next: python -m sandbox exec -- agentcore-auth verify --stack {asked.stack}")
    return 0


def _tell(line: str) -> None:
    """A line about a resource, in the tone of what happens to it."""
    tones = {"+": Tone.GOOD, "-": Tone.BAD, "~": Tone.CHANGED, "±": Tone.CHANGED}
    tone = tones.get(line[2:3])
    say(toned(line, tone) if tone else line)


def _outputs(asked: argparse.Namespace) -> int:
    from sandbox.stack import Stack  # noqa: PLC0415  # as in _deploy

    _require_stack_file(asked, asked.project, _copy_folder(asked.project, _FOLDER))
    running = services.load(_FOLDER)
    stack = Stack(running, _copy(asked.project, running.folder), asked.stack)
    say(json.dumps(stack.document(show_secrets=asked.show_secrets), indent=2, sort_keys=True))
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
    with slowly("starting the sandbox"):
        running, started = services.load_or_start(_FOLDER)
    if started:
        say("sandbox: started; it is left running until `python -m sandbox down`", sys.stderr)
    folder = _copy(asked.project, running.folder)
    environment = {
        **running.environment(os.environ, real_plugins=plugins),
        "PATH": os.pathsep.join((*_own_programs(), os.environ.get("PATH", os.defpath))),
        "PWD": str(folder),
        "SANDBOX_FOLDER": str(running.folder),
        "XDG_CACHE_HOME": str(running.folder / "cache"),
        # Where packages come from: no index is within reach.
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(users_caches() / "uv"),
    }
    # Ctrl-C is the command's own business. A handler that does nothing, because an exception in the middle of waiting
    # could lose the exit code; and a function, because the command would inherit SIG_IGN.
    signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    try:
        code = subprocess.run(command, cwd=folder, env=environment, check=False).returncode  # noqa: S603  # as asked
    except OSError as error:
        return _fail(f"{command[0]}: {error.strerror}")
    return code if code >= 0 else 128 - code  # as shells have it for a command that a signal ended


def _own_programs() -> list[str]:
    """The folders of this Python's programs, and of the CLI that the sandbox itself uses, if there is one."""
    folders = [str(Path(sys.executable).parent)]
    with suppress(PulumiCliError):
        folders.append(str(find().parent))
    return folders


def _services_for(operation: str, afterwards: ExitStack) -> Services:
    """Those that run; where there are none, new ones: for a preview only until `afterwards`. Raises ServicesError."""
    if operation == "up":
        with slowly("starting the sandbox"):
            return services.load_or_start(_FOLDER)[0]
    if operation != "preview" or services.is_running(_FOLDER):
        return services.load(_FOLDER)
    folder = Path(afterwards.enter_context(TemporaryDirectory(prefix="agentcore-auth-")))
    with slowly("starting a sandbox for this preview"):
        passing = services.start(folder, attached=True)
    afterwards.callback(passing.stop)
    return passing


def _copy(folder: Path, of: Path) -> Path:
    """The copy of a project for the services in a folder, brought up to date."""
    return project.copy(folder, _copy_folder(folder, of))


def _copy_folder(folder: Path, of: Path) -> Path:
    return of / "project" if folder == PROJECT else of / "projects" / f"{folder.name}-{zlib.crc32(bytes(folder)):08x}"


def _require_stack_file(asked: argparse.Namespace, *folders: Path) -> None:
    name = f"Pulumi.{asked.stack}.yaml"
    if not any((folder / name).exists() for folder in folders):
        where = "" if asked.project == PROJECT else f" in {asked.project}"
        raise SandboxError(f"there is no {name}{where}")


def _fail(told: object) -> int:
    say(harmless(f"sandbox: {told}"), sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
