"""The sandbox's services as seen from outside: start and end the process that plays the cloud, point programs at it.

`services.json` in the sandbox's folder says where everything listens, and what it asks for; `services.log` is what the
process prints. Nobody else may look into the folder.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

PROJECT = Path(__file__).resolve().parent.parent
PASSPHRASE = "sandbox"  # noqa: S105  # of stacks on this machine, whose resources are gone when the process ends
ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
"""Plays the owner of a function in another account."""

_FILE = "services.json"
_LOG = "services.log"
CA = "ca.pem"
_OWNER = ".owner"
"""Says which folder the sandbox has made its own: a symbolic link, because that appears complete or not at all."""
_OF_SERVICES = ("backend", "pulumi")
_OF_COMMANDS = ("project", "projects", "cache")
"""What commands make in the folder."""
# What has ended is noticed at once: these are for a machine that has a lot to do.
_START_SECONDS = 300.0
_STOP_SECONDS = 60.0
_ANSWER_SECONDS = 120.0
_POLL_SECONDS = 0.01
_CREDENTIALS = ("AWS_", "AUTH0_", "OKTA_", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE")
_KEPT_BYTE_CODE = {"PYTHONDONTWRITEBYTECODE": ""}
"""Programs import little but packages, and would compile them each time: two thirds of a preview."""
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


class SandboxError(Exception):
    """Something that the user can do something about; the message says what is wrong."""


class ServicesError(SandboxError):
    """The services cannot be started or reached."""


@dataclass(frozen=True)
class Services:
    """Where the services listen, all of it on the loopback interface, and what they ask for there."""

    folder: Path
    pid: int
    proxy: str = field(repr=False)
    """With a password, which is asked for."""
    ca: Path
    aws: str
    admin: str
    providers: Mapping[str, int]
    language: int
    secret: str = field(repr=False)
    """What `admin` asks for, as a bearer token."""
    credentials: Mapping[str, str] = field(repr=False)
    """Environment variables with which AWS, the tenant and the org let their deployer in."""
    process: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)
    """Only where this process started them."""

    @property
    def backend(self) -> Path:
        """The folder of the stacks' state, a file backend of the CLI."""
        return self.folder / "backend"

    def environment(self, base: Mapping[str, str], *, real_plugins: Collection[str] = ()) -> dict[str, str]:
        """`base` with everything that leads to a real account replaced by the sandbox's.

        `real_plugins`: packages (aws, auth0, okta) whose provider is not the sandbox's.
        """
        ca, pulumi = str(self.ca), str(self.folder / "pulumi")
        attached = (f"{name}:{port}" for name, port in self.providers.items() if name not in real_plugins)
        return {
            **without_credentials(base),
            **_KEPT_BYTE_CODE,
            "HTTPS_PROXY": self.proxy,
            "https_proxy": self.proxy,
            "NO_PROXY": "127.0.0.1,localhost,::1",
            "no_proxy": "127.0.0.1,localhost,::1",
            **dict.fromkeys(("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), ca),
            "NODE_EXTRA_CA_CERTS": ca,
            "NODE_USE_ENV_PROXY": "1",  # Node.js from 22.21 and 24 on
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **self.credentials,
            # Without files of metadata: a CLI that is killed leaves one empty, and the state beside it does not open.
            "PULUMI_BACKEND_URL": f"{self.backend.as_uri()}?metadata=skip",
            "PULUMI_CREDENTIALS_PATH": pulumi,
            **({} if real_plugins else {"PULUMI_HOME": pulumi}),  # the user's has the plugins
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_DEBUG_PROVIDERS": ",".join(attached),
            "PULUMI_DEBUG_LANGUAGES": f"python:{self.language}",
        }

    def mint(self, claims: Mapping[str, object], *, issuer: str) -> str:
        """A token with exactly these claims, signed by the sandbox's issuer of that name.

        Raises ServicesError where the sandbox has no such issuer.
        """
        return str(self._ask("/mint", {"claims": dict(claims), "issuer": issuer})["token"])

    def leftovers(self) -> list[str]:
        """What exists in the accounts, the tenant and the org, beyond what is there from the start."""
        return cast("list[str]", self._ask("/leftovers", {})["leftovers"])

    def is_alive(self) -> bool:
        try:
            os.kill(self.pid, 0)  # where the process is gone, its ports may be another user's
        except OSError:
            return False
        try:
            return self._ask("/alive", {})["pid"] == self.pid
        except ServicesError:
            return False

    def stop(self) -> None:
        """End the process, and with it all that it holds; the stacks' state goes with the resources that it names."""
        if self.is_alive():
            self._ask("/stop", {})
        if self.process is not None:
            if self.process.stdin:
                self.process.stdin.close()
            self.process.wait(_STOP_SECONDS)
        deadline = time.monotonic() + _STOP_SECONDS
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        forget(self.folder)

    def _ask(self, path: str, question: Mapping[str, object]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  # our own address, always http
            f"{self.admin}{path}",
            json.dumps(question).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self.secret}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_ANSWER_SECONDS) as answer:
                return cast("dict[str, Any]", json.load(answer))
        except urllib.error.HTTPError as refused:
            with refused:
                raise ServicesError(refused.read().decode(errors="replace").strip()) from None
        except OSError as unreachable:
            raise ServicesError(f"the sandbox's services do not answer at {self.admin}: {unreachable}") from None


def load_or_start(folder: Path) -> tuple[Services, bool]:
    """The services of a folder, and whether they were started for it just now. Raises ServicesError.

    Commands that ask at the same time get the same services.
    """
    with _claimed(folder):
        try:
            return load(folder), False
        except ServicesError:
            return _start(folder.resolve(), attached=False), True


def end(folder: Path) -> bool:
    """End the services of a folder, and remove what commands wrote there; gives whether any were running."""
    if not folder.exists():
        return False
    with _claimed(folder):
        try:
            load(folder).stop()
            running = True
        except ServicesError:
            forget(folder)
            running = False
        _remove(folder, _OF_COMMANDS)
        for name in (_LOG, CA):
            (folder / name).unlink(missing_ok=True)
        if all(each.name == _OWNER for each in folder.iterdir()):  # else it could not be claimed again
            (folder / _OWNER).unlink(missing_ok=True)
    return running


@contextmanager
def _claimed(folder: Path) -> Generator[None]:
    """Keep the beginning and the end of a folder's services to oneself, in a folder that is the sandbox's alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
    except OSError as error:
        message = f"{folder} cannot be the sandbox's folder: {error.strerror}; SANDBOX_FOLDER names another"
        raise ServicesError(message) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_ours(folder):
            _claim(folder)
        yield
    finally:
        os.close(lock)


def _claim(folder: Path) -> None:
    """Because what a sandbox leaves is removed by name, it takes no folder in which such names may be another's."""
    if folder.stat().st_uid != os.getuid():
        raise ServicesError(f"{folder} is another user's: give the sandbox a folder of your own")
    if any(folder.iterdir()):
        raise ServicesError(f"{folder} holds other files: give the sandbox an empty folder, or a new one")
    folder.chmod(0o700)
    (folder / _OWNER).symlink_to(_mark(folder))


def _is_ours(folder: Path) -> bool:
    """Whether a sandbox of this user made it its own; a copy of such a folder is none."""
    mark = folder / _OWNER
    return mark.is_symlink() and str(mark.readlink()) == _mark(folder) and folder.stat().st_uid == os.getuid()


def _mark(folder: Path) -> str:
    return f"agentcore-auth sandbox in folder {folder.stat().st_ino}"


def start(folder: Path, *, attached: bool = False) -> Services:
    """Start the services with empty accounts. `attached`: they end with this process, however it ends.

    Raises ServicesError with the end of their log, or where the folder holds what is no sandbox's.
    """
    with _claimed(folder):
        return _start(folder.resolve(), attached=attached)


def _start(folder: Path, *, attached: bool) -> Services:
    forget(folder)
    log = folder / _LOG
    command = [sys.executable, "-m", "sandbox.process", str(folder)]
    log.unlink(missing_ok=True)
    log.touch(mode=0o600)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own module
            [*command, "--attached"] if attached else command,
            stdin=subprocess.PIPE if attached else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=PROJECT,
            env={**without_credentials(os.environ), **_KEPT_BYTE_CODE},
            start_new_session=True,
        )
    try:
        if _is_ready(process, folder / _FILE):
            return replace(read(folder), process=process)
    except KeyboardInterrupt:
        _kill(process)
        raise
    _kill(process)
    last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise ServicesError(f"the sandbox's services did not start; {log} ends with:\n{last_lines}")


def _is_ready(process: subprocess.Popen[bytes], file: Path) -> bool:
    """Wait until the services say where they are; False where they end or take too long."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists():
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def load(folder: Path) -> Services:
    """The services that were started in a folder. Raises ServicesError where none are running."""
    try:
        services = read(folder.resolve()) if _is_ours(folder) else None
    except (FileNotFoundError, ValueError, TypeError, LookupError, AttributeError):
        services = None
    if services is None or not services.is_alive():
        raise ServicesError("the sandbox is not running: start it with `python -m sandbox up`")
    return services


def forget(folder: Path) -> None:
    """Remove what refers to services that have ended: their addresses, and the state of stacks deployed on them."""
    (folder / _FILE).unlink(missing_ok=True)
    _remove(folder, _OF_SERVICES)


def _remove(folder: Path, names: Collection[str]) -> None:
    """Remove folders of the sandbox's own. Nothing that links lead to is touched: rmtree follows none."""
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)


def announce(services: Services) -> None:
    """Write `services.json`, complete or not at all: that it is there means that the services are ready.

    Only the process that plays the cloud calls it, which lets nobody else read what it writes.
    """
    document = {name: value for name, value in asdict(services).items() if name not in ("folder", "process")}
    services.backend.mkdir(exist_ok=True)
    unfinished = services.folder / f"{_FILE}.new"
    unfinished.write_text(json.dumps(document, indent=2, default=str) + "\n")
    unfinished.replace(services.folder / _FILE)


def without_credentials(base: Mapping[str, str]) -> dict[str, str]:
    """An environment without what leads to real accounts or through a real proxy."""
    return {
        name: value
        for name, value in base.items()
        if not name.upper().startswith(_CREDENTIALS) and name.upper() not in _PROXIES
    }


def read(folder: Path) -> Services:
    """What `services.json` says, whether they are still running or not. Raises FileNotFoundError, ValueError."""
    document = cast("dict[str, Any]", json.loads((folder / _FILE).read_text()))
    return Services(folder=folder, ca=Path(document.pop("ca")), **document)
