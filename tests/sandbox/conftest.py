"""The sandbox for tests.

`services` are the sandbox's services, started once for all tests of a worker process; with it the test's own
environment leads to the sandbox (proxy, CA, credentials), so that urllib, httpx2 and boto3 reach what is played under
its production name. `aws("iam")` is a boto3 client on it.

`deploy(config)` writes a stack file, deploys it with the sandbox's engine and gives a `Deployment`:

    deployed = deploy({"identityProviders": ["cognito"], "targets": [{"name": "sample", "type": "sample"}]})
    token = deployed.token("cognito")
    assert deployed.knock("cognito", token).status == 200
    deployed.update({**deployed.config, "mode": "tutorial"})   # another `up`; also .preview(config), .destroy()

Secret configuration keys: `deploy(config, secrets={"inventoryKey": "…"})`; documents that targets name by a file can be
written into the folder that the fixture `project` gives. The gateway's name is made up unless `config` gives one; what
is still deployed after the test is destroyed.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest

from agentcore_auth.outputs import Outputs
from agentcore_auth.tokens.getting import credentials_of, get_token
from sandbox.caller import Answer, knock
from sandbox.engine import Result
from sandbox.engine.secrets import Crypter, new_crypter
from sandbox.project import copy, write_stack_file
from sandbox.services import PASSPHRASE, PROJECT, Services, start
from sandbox.stack import Stack

REGION = "us-west-2"


@dataclass
class Deployment:
    """A stack that a test deploys: its configuration as it is now, what the last `up` did, and its outputs."""

    stack: Stack
    config: Mapping[str, Any]
    secrets: Mapping[str, str]
    result: Result = field(default_factory=Result)

    @property
    def outputs(self) -> Outputs:
        return self.stack.outputs()

    def token(self, provider: str, client: str | None = None) -> str:
        """A fresh token of one of the provider's clients (None: the only one, or `default`)."""
        issuer = self.outputs.provider(provider)
        return get_token(credentials_of(issuer, issuer.client(client)), cache=None).token

    def knock(self, provider: str, token: str | None) -> Answer:
        """What the provider's gateway answers to a token."""
        return knock(self.outputs.gateway(provider).mcp_url, token)

    def preview(self, config: Mapping[str, Any] | None = None) -> Result:
        """What an update to another configuration (None: the present one) would do."""
        self._write(self.config if config is None else config)
        result = self.stack.run("preview")
        self._write(self.config)
        return result

    def update(self, config: Mapping[str, Any]) -> Result:
        """Deploy another configuration, or the same one again."""
        self._write(config)
        self.config = config
        self.result = self.stack.run("up")
        return self.result

    def destroy(self) -> Result:
        return self.stack.run("destroy")

    def _write(self, config: Mapping[str, Any]) -> None:
        crypter = _crypter()
        encrypted = {key: crypter.encrypt(value) for key, value in self.secrets.items()}
        write_stack_file(self.stack.project, self.stack.name, config, secure=encrypted, salt=crypter.salt)


class Deploy(Protocol):
    """Deploys a configuration, with secret keys, and gives the deployment."""

    def __call__(self, config: Mapping[str, Any], *, secrets: Mapping[str, str] | None = None) -> Deployment: ...


@cache
def _crypter() -> Crypter:
    """One for all stacks: deriving a key takes a third of a second."""
    return new_crypter(PASSPHRASE)


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


@pytest.fixture
def aws(services: Services) -> Callable[[str], Any]:
    """boto3 clients for the sandbox's account."""

    def client(service: str) -> Any:
        return boto3.Session().client(service, region_name=REGION, endpoint_url=services.aws)

    return client


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project in which a test may write stack files."""
    return copy(PROJECT, tmp_path / "project")


@pytest.fixture
def deploy(services: Services, project: Path) -> Generator[Deploy]:
    deployments: list[Deployment] = []

    def deployed(config: Mapping[str, Any], *, secrets: Mapping[str, str] | None = None) -> Deployment:
        named = {"gateway": {"name": f"test-{uuid.uuid4().hex[:8]}"}, **config}
        stack = Stack(services, project, f"test-{uuid.uuid4().hex[:8]}")
        deployment = Deployment(stack, named, secrets or {})
        deployments.append(deployment)
        deployment.update(named)
        return deployment

    yield deployed
    for deployment in deployments:
        deployment.destroy()
