"""The `pulumi` CLI that this project works with: found, or else set up once for all clones. `make pulumi`

In this order: the one on PATH, if it is recent enough; the one in the user's cache; the official release, downloaded
into that cache; a build from the Go module, with Go from PATH (`scripts/pulumi/go.mod`, the one place that names the
version). What is in the cache is complete: it is made in a folder of its own, and moved when it has started once.

The release has plugins for languages beside the CLI; of these, the build has the one for YAML (`scripts/pulumi/yaml`).

usage: python -m scripts.pulumi_cli [--with-language]
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from semver import VersionInfo

from agentcore_auth.cli.parsing import Parser

_GO_MODULE = Path(__file__).parent / "pulumi"
_YAML_PLUGIN = "pulumi-language-yaml"
_GO_PACKAGE = "github.com/pulumi/pulumi/pkg/v3"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
_LANGUAGE_PLUGIN = "pulumi-language-python"
_PARTIAL = ".partial-"
# In a process of its own, because the SDK knows no limit of time but the process's.
_INSTALL = """
import socket, subprocess, sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
folder, version, seconds = sys.argv[1:]
socket.setdefaulttimeout(float(seconds))
try:
    PulumiCommand.install(root=folder, version=VersionInfo.parse(version))
except subprocess.CalledProcessError as failed:
    sys.exit(failed.output.decode(errors="replace"))
"""

ANSWER_SECONDS = 10
"""A server that is silent for so long is given up."""
START_SECONDS = 120
"""`pulumi version` takes a tenth of one; a machine that is busy is no reason to take a CLI for broken."""


class PulumiCliError(Exception):
    """There is no CLI, and none can be had; the message is for the user."""


@dataclass(frozen=True)
class _Program:
    """What is built: its name, its package, the module that names all versions, and what a user has to expect."""

    name: str
    package: str
    module: Path
    takes: str


_CLI = _Program(
    "pulumi", f"{_GO_PACKAGE}/cmd/pulumi", _GO_MODULE, "1.5 GB of modules, then about 8 minutes on two processors"
)
_YAML = _Program(
    _YAML_PLUGIN, f"github.com/pulumi/pulumi-yaml/cmd/{_YAML_PLUGIN}", _GO_MODULE / "yaml", "a minute or two"
)


def pinned() -> VersionInfo:
    """The version that is set up where there is none: that of the Go module's requirement."""
    found = re.search(rf"{re.escape(_GO_PACKAGE)} v(\S+)", (_GO_MODULE / "go.mod").read_text())
    if found is None:
        raise AssertionError(f"{_GO_MODULE / 'go.mod'} requires no {_GO_PACKAGE}")
    return VersionInfo.parse(found[1])


def oldest() -> VersionInfo:
    """The oldest version that is recent enough: that of the SDK, whose features (hooks, say) the engine has to know."""
    found = re.search(r"^pulumi==(\S+)", _REQUIREMENTS.read_text(), re.MULTILINE)
    if found is None:
        raise AssertionError(f"{_REQUIREMENTS} pins no pulumi")
    return VersionInfo.parse(found[1])


def find(environment: Mapping[str, str] = os.environ) -> Path:
    """The CLI, on PATH or in the cache. Raises PulumiCliError where there is none that can be used."""
    on_path, problem = _on_path(environment)
    if on_path is not None:
        return on_path
    in_cache = cached(environment)
    if os.access(in_cache, os.X_OK):
        return in_cache
    raise PulumiCliError(f"{problem}: make pulumi")


def set_up(environment: Mapping[str, str] = os.environ) -> Path:
    """The CLI, which is downloaded or built first where there is none. Raises PulumiCliError."""
    on_path, problem = _on_path(environment)
    in_cache = cached(environment)
    is_made = os.access(in_cache, os.X_OK)
    if on_path is not None and not (is_made and on_path.samefile(in_cache)):
        return on_path
    if on_path is None and shutil.which("pulumi", path=environment.get("PATH")) is not None:
        _say(f"{problem}; it is left alone, and another one used")
    home, plugin = in_cache.parents[1], in_cache.with_name(_YAML_PLUGIN)
    if is_made and plugin.is_file():
        return in_cache
    with _writable(home.parent), _locked(home.parent):
        _clear(home.parent)
        with TemporaryDirectory(prefix=f"{home.name}{_PARTIAL}", dir=home.parent) as folder:
            made = Path(folder) / "made"
            if not in_cache.is_file():  # it may have been set up while this one waited
                _make(made, environment)
                made.rename(home)
            elif not plugin.is_file():  # a CLI that was built before the plugin was
                _build(made, environment, [_YAML])
                (made / "bin" / _YAML_PLUGIN).rename(plugin)
    return in_cache


def _on_path(environment: Mapping[str, str]) -> tuple[Path | None, str]:
    """The CLI on PATH if it can be used, and why it cannot."""
    there = shutil.which("pulumi", path=environment.get("PATH"))
    if there is None:
        return None, "pulumi is not on PATH"
    try:
        version = _version_of(Path(there))
    except PulumiCliError as broken:
        return None, str(broken)
    if version < oldest():
        return None, f"{there} is version {version}, this project needs {oldest()} or newer"
    return Path(there), ""


def _version_of(cli: Path) -> VersionInfo:
    """Raises PulumiCliError where it does not start or does not say."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(  # noqa: S603  # a program that the user has put on PATH for this
            [cli, "version"], capture_output=True, text=True, timeout=START_SECONDS, env=environment, check=False
        )
        if answer.returncode == 0:
            return VersionInfo.parse(answer.stdout.strip().removeprefix("v"))
        reason = _last_line(answer.stderr) or f"exit code {answer.returncode}"
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        reason = str(error)
    raise PulumiCliError(f"{cli} cannot be used: {reason}")


def cached(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the CLI lies that is set up. Raises PulumiCliError where the user has no home."""
    try:
        cache = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        raise PulumiCliError("there is no home folder to keep the CLI in: set HOME, or XDG_CACHE_HOME") from None
    return Path(cache, "agentcore-auth", f"pulumi-{pinned()}", "bin", "pulumi")


def _make(home: Path, environment: Mapping[str, str]) -> None:
    """Put the CLI into `home`, one way or the other, and start it once. Raises PulumiCliError."""
    try:
        _download(home, environment)
    except PulumiCliError as no_download:
        _say(f"it {no_download}")
        shutil.rmtree(home, ignore_errors=True)
        try:
            _build(home, environment, [_CLI, _YAML])
        except PulumiCliError as no_build:
            raise PulumiCliError(
                f"the CLI {pinned()} {no_download}, and {no_build}. Install Go (https://go.dev/doc/install), or the "
                "CLI (https://www.pulumi.com/docs/install/), and try again"
            ) from None
    _version_of(home / "bin" / "pulumi")


def _download(home: Path, environment: Mapping[str, str]) -> None:
    """The official release. Raises PulumiCliError."""
    _say(f"downloading the CLI {pinned()} to {cached(environment).parents[1]}, once (100 MB; about half a minute)")
    with TemporaryDirectory() as curl_home:
        # The installer is a script that calls curl, which by itself waits for ever for a server that is silent.
        own = Path.home() / ".curlrc"
        limits = f"connect-timeout = {ANSWER_SECONDS}\nspeed-limit = 1\nspeed-time = {ANSWER_SECONDS}\n"
        Path(curl_home, ".curlrc").write_text((own.read_text() if own.is_file() else "") + "\n" + limits)
        _run(
            [sys.executable, "-c", _INSTALL, str(home), str(pinned()), str(ANSWER_SECONDS)],
            {**environment, "CURL_HOME": curl_home},
            "cannot be downloaded",
        )


def _build(home: Path, environment: Mapping[str, str], programs: Sequence[_Program]) -> None:
    """Programs from their Go modules. Raises PulumiCliError."""
    go = shutil.which("go", path=environment.get("PATH"))
    if go is None:
        raise PulumiCliError("cannot be built without Go on PATH")
    settings = {"GOPROXY": _go_proxies(go, environment), "GOWORK": "off", "GOFLAGS": "-mod=readonly"}
    for program in programs:
        _say(f"building {program.name} from its Go module, once ({program.takes}), to {cached(environment).parents[1]}")
        command = [go, "build", "-trimpath", "-ldflags", f"-s -w -X {_VERSION_VARIABLE}=v{pinned()}"]
        command += ["-o", str(home / "bin" / program.name), program.package]
        _run(command, {**environment, **settings}, "cannot be built", program.module)


def _go_proxies(go: str, environment: Mapping[str, str]) -> str:
    """GOPROXY as it is set, if what is first in it answers: Go itself would wait for ever. Otherwise `off`: what was
    downloaded before is enough.
    """
    answer = subprocess.run(  # noqa: S603  # Go, to build with
        [go, "env", "GOPROXY"], env={**environment}, cwd=_GO_MODULE, capture_output=True, text=True, check=False
    )
    proxies = answer.stdout.strip()
    first = re.split(r"[,|]", proxies)[0]
    if not first.startswith(("https://", "http://")):
        return proxies or "off"
    try:
        question = f"{first.rstrip('/')}/{_GO_PACKAGE}/@v/v{pinned()}.info"
        with urllib.request.build_opener().open(question, timeout=ANSWER_SECONDS):
            return proxies
    except urllib.error.HTTPError:
        return proxies  # it answers; Go has words for what it answers
    except OSError:
        _say("the Go module proxy does not answer; trying with the modules that are here already")
        return "off"


def _run(command: list[str], environment: Mapping[str, str], failure: str, folder: Path | None = None) -> None:
    """Raises PulumiCliError with the last line that the command printed."""
    done = subprocess.run(  # noqa: S603  # Go or Python, with arguments of our own
        command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise PulumiCliError(f"{failure} ({_last_line(done.stderr) or f'exit code {done.returncode}'})")


def _last_line(text: str) -> str:
    """What a program said last, at most 300 characters of it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


@contextlib.contextmanager
def _writable(folder: Path) -> Generator[None]:
    """Say of a cache that is full or may not be written what to do. Raises PulumiCliError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise PulumiCliError(
            f"{folder} cannot be written ({error.strerror}): name another folder in XDG_CACHE_HOME"
        ) from None


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    """One setup at a time; whoever comes second waits, and finds what the first one has made."""
    with (folder / "pulumi.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another setup of the CLI to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear(folder: Path) -> None:
    """Remove what setups left behind that were killed; the lock says that none is at work."""
    for left in folder.glob(f"pulumi-*{_PARTIAL}*"):
        shutil.rmtree(left, ignore_errors=True)


def _say(line: str) -> None:
    sys.stderr.write(f"pulumi: {line}\n")
    sys.stderr.flush()


def _end(_signal: int, _frame: object) -> NoReturn:
    """End as on Ctrl-C, so that children and unfinished folders go, too."""
    raise KeyboardInterrupt


def main() -> int:
    """Print the path of the CLI; gives the exit code."""
    parser = Parser(prog="python -m scripts.pulumi_cli", description="Find or set up the pulumi CLI.")
    parser.add_argument(
        "--with-language", action="store_true", help="it has to run Python programs by itself, for real accounts"
    )
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    try:
        cli = set_up()
        if asked.with_language and not _has_language(cli):
            raise PulumiCliError(  # noqa: TRY301  # told like the others
                f"{cli} was built from its Go module, without {_LANGUAGE_PLUGIN}: enough for the sandbox; for real "
                "accounts install the official release (https://www.pulumi.com/docs/install/)"
            )
    except PulumiCliError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("interrupted; nothing is left behind")
        return 130
    sys.stdout.write(f"{cli}\n")
    return 0


def _has_language(cli: Path) -> bool:
    beside = cli.resolve().with_name(_LANGUAGE_PLUGIN)
    return beside.is_file() or shutil.which(_LANGUAGE_PLUGIN) is not None


if __name__ == "__main__":
    sys.exit(main())
