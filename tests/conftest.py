"""For all tests: nothing of the machine's own accounts and proxies reaches them.

`running_services` are the sandbox's services, started once for all tests of a worker process. With `services` the
test's own environment leads to them (proxy, CA, credentials), so that urllib, httpx2 and boto3 reach what is played
under its production name. `aws("iam")` is a boto3 client on it, and `running_aws("iam")` one without that environment.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator
from functools import cache
from typing import Any

import grpc
import pytest
from pulumi.automation import PulumiCommand

from sandbox.services import Services, start, without_credentials
from sandbox.stack import pulumi_command

REGION = "us-west-2"
_KEEPS_GRPC = grpc.insecure_channel("127.0.0.1:1")
"""Connects to nothing. With the last object that uses it gRPC takes its threads down, and waits for them holding the
interpreter: where one does not end, nothing in this process runs again (https://github.com/grpc/grpc/pull/42247).
"""

# As the Makefile has it: processes that tests start would compile the packages that they import, each time.
os.environ["PYTHONDONTWRITEBYTECODE"] = ""
sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that in the end no worker waits for another one's deployment."""
    slow = ("tests/deployed/", "tests/sandbox/")
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in slow])


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]  # autouse
    for name in os.environ.keys() - without_credentials(os.environ).keys():
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_reaches_children() -> None:  # pyright: ignore[reportUnusedFunction]  # autouse
    """A background job ignores SIGINT, and whatever it starts inherits that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def running_services(tmp_path_factory: pytest.TempPathFactory) -> Generator[Services]:
    """The services, without the environment that leads to them."""
    services = start(tmp_path_factory.mktemp("services"), attached=True)
    yield services
    services.stop()


@pytest.fixture
def services(running_services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    for name, value in running_services.environment(os.environ).items():
        monkeypatch.setenv(name, value)
    return running_services


@pytest.fixture(scope="session")
def running_aws(running_services: Services) -> Callable[[str], Any]:
    """boto3 clients for the sandbox's account, whatever the test's own environment leads to."""
    import boto3  # noqa: PLC0415  # slow, and few tests need it

    there = running_services.environment({})
    session: Any = boto3.Session(there["AWS_ACCESS_KEY_ID"], there["AWS_SECRET_ACCESS_KEY"], region_name=REGION)

    @cache
    def client(service: str) -> Any:
        """Made once: a new client reads the service's description, of up to a megabyte."""
        return session.client(service, endpoint_url=running_services.aws)

    return client


@pytest.fixture
def aws(services: Services, running_aws: Callable[[str], Any]) -> Callable[[str], Any]:  # noqa: ARG001 - the environment
    """boto3 clients for the sandbox's account, in an environment that leads to it."""
    return running_aws


@pytest.fixture(scope="session")
def cli() -> PulumiCommand:
    """The CLI, looked for before a test changes the environment."""
    return pulumi_command()
