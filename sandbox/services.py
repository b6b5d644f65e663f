"""The sandbox's services as seen from outside: start and end the process that plays the cloud, point programs at it.

`services.json` in the sandbox's folder says where everything listens, and what it asks for, and is locked by the
process for as long as that lives; `services.log` is what the process prints. Nobody else may look into the folder.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
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

CA = "ca.pem"
CONTROL = "control.sandbox.example"
"""The host, behind the proxy, of what only the sandbox can do."""
_FILE = "services.json"
_LOG = "services.log"
_MARK = ".agentcore-auth-sandbox"
"""Says that a sandbox has made the folder its own."""
_OF_SERVICES = (_FILE, "backend", "pulumi")
_OF_COMMANDS = (_LOG, CA, "project", "projects", "cache")
_POLL_SECONDS = 0.01
_ANSWER_SECONDS = 120.0
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
    providers: Mapping[str, int]
    language: int
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
        return str(self._ask("mint", {"claims": dict(claims), "issuer": issuer})["token"])

    def leftovers(self) -> list[str]:
        """What exists in the accounts, the tenant and the org, beyond what is there from the start."""
        return cast("list[str]", self._ask("leftovers", {})["leftovers"])

    def is_alive(self) -> bool:
        return _is_locked(self.folder / _FILE)

    def stop(self) -> None:
        """End the process, and with it all that it holds; the stacks' state goes with the resources that it names."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)  # all there was is in memory
            _is_locked(self.folder / _FILE, wait=True)
        if self.process is not None:
            self.process.communicate()
        _remove(self.folder, _OF_SERVICES)

    def _ask(self, operation: str, question: Mapping[str, object]) -> dict[str, Any]:
        import httpx2  # noqa: PLC0415  # commands do without

        trust = ssl.create_default_context(cafile=self.ca)
        with httpx2.Client(proxy=self.proxy, verify=trust, trust_env=False, timeout=_ANSWER_SECONDS) as control:
            answer = control.post(f"https://{CONTROL}/{operation}", json=question)
        if answer.is_error:
            raise ServicesError(answer.text)
        return cast("dict[str, Any]", answer.json())


def load_or_start(folder: Path) -> tuple[Services, bool]:
    """The services of a folder, and whether they were started for it just now. Raises ServicesError.

    Commands that ask at the same time get the same services.
    """
    with _claimed(folder):
        if is_running(folder):
            return load(folder), False
        return _start(folder.resolve(), attached=False), True


def end(folder: Path) -> bool:
    """End the services of a folder, and remove what commands wrote there; gives whether any were running."""
    if not folder.exists():
        return False
    with _claimed(folder):
        running = is_running(folder)
        if running:
            load(folder).stop()
        _remove(folder, (*_OF_SERVICES, *_OF_COMMANDS))
        if all(each.name == _MARK for each in folder.iterdir()):  # else it could not be claimed again
            (folder / _MARK).unlink()
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
    (folder / _MARK).touch()


def _is_ours(folder: Path) -> bool:
    return (folder / _MARK).exists() and folder.stat().st_uid == os.getuid()


def start(folder: Path, *, attached: bool = False) -> Services:
    """Start the services with empty accounts. `attached`: they end with this process, however it ends.

    Raises ServicesError with the end of their log, or where the folder holds what is no sandbox's.
    """
    with _claimed(folder):
        return _start(folder.resolve(), attached=attached)


def _start(folder: Path, *, attached: bool) -> Services:
    _remove(folder, (*_OF_SERVICES, _LOG))
    log = folder / _LOG
    log.touch(mode=0o600)
    command = [sys.executable, "-m", "sandbox.process", str(folder)]
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
        while process.poll() is None:
            if (folder / _FILE).exists():
                return replace(read(folder), process=process)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        process.kill()
        raise
    process.communicate()
    last_lines = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise ServicesError(f"the sandbox's services did not start; {log} ends with:\n{last_lines}")


def is_running(folder: Path) -> bool:
    """Whether services that were started in a folder are running."""
    return _is_ours(folder) and _is_locked(folder / _FILE)


def load(folder: Path) -> Services:
    """The services that were started in a folder. Raises ServicesError where none are running."""
    if not is_running(folder):
        raise ServicesError("the sandbox is not running: start it with `python -m sandbox up`")
    return read(folder.resolve())


def _is_locked(file: Path, *, wait: bool = False) -> bool:
    """Whether the process that wrote a file is alive; `wait` until it is not."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if wait else fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _remove(folder: Path, names: Collection[str]) -> None:
    """Remove what is the sandbox's own. Nothing that links lead to is touched: rmtree follows none."""
    for name in names:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)
        else:
            (folder / name).unlink(missing_ok=True)


def announce(services: Services) -> None:
    """Write `services.json`, complete or not at all: that it is there means that the services are ready.

    Only the process that plays the cloud calls it, which lets nobody else read what it writes, and holds the lock until
    it ends.
    """
    document = {name: value for name, value in asdict(services).items() if name not in ("folder", "process")}
    services.backend.mkdir(exist_ok=True)
    unfinished = services.folder / f"{_FILE}.new"
    unfinished.write_text(json.dumps(document, indent=2, default=str) + "\n")
    fcntl.flock(os.open(unfinished, os.O_RDONLY), fcntl.LOCK_EX)
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
