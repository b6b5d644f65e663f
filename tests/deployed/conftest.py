"""The program on Pulumi's engine, on the sandbox.

`deploy(config)` writes a stack file, deploys it and gives a `Deployment`:

    deployed = deploy({"identityProviders": ["cognito"], "targets": [{"name": "sample", "type": "sample"}]})
    token = deployed.token("cognito")
    assert deployed.knock("cognito", token).status == 200
    deployed.update({**deployed.config, "mode": "tutorial"})   # another `up`; also .preview(config), .destroy()

Secret configuration keys: `deploy(config, secrets={"inventoryKey": "…"})`. The gateway's name is made up unless
`config` gives one; what is still deployed after the test is destroyed. A deployment takes seconds:
`deploy_for_module` is for fixtures of a module, whose tests share a stack and update it in place, each to what it
needs.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from agentcore_auth.outputs import Outputs
from agentcore_auth.tokens.getting import credentials_of, get_token
from sandbox.caller import Answer, knock
from sandbox.project import copy, write_stack_file
from sandbox.services import PROJECT, Services
from sandbox.stack import Result, Stack
from tests.secret_values import SALT, encrypt

REGION = "us-west-2"


@dataclass
class Deployment:
    """A stack that a test deploys: its configuration as it is now, what the last `up` did, and its outputs."""

    stack: Stack
    config: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    result: Result = field(default_factory=Result)
    is_deployed: bool = False
    _outputs: Outputs | None = None

    @property
    def outputs(self) -> Outputs:
        if self._outputs is None:
            self._outputs = self.stack.outputs()
        return self._outputs

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources in the stack's state file."""
        path = self.stack.services.backend / ".pulumi/stacks/agentcore-auth" / f"{self.stack.name}.json"
        return json.loads(path.read_text())["checkpoint"]["latest"].get("resources") or []

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
        return self.stack.preview()

    def preview_document(self, config: Mapping[str, Any]) -> str:
        """The same as `pulumi preview --json` prints it."""
        self._write(config)
        return self.stack.preview_document()

    def update(self, config: Mapping[str, Any]) -> Result:
        """Deploy another configuration, or the same one again."""
        self._write(config)
        self.config, self._outputs, self.is_deployed = config, None, True
        self.result = self.stack.up()
        return self.result

    def destroy(self) -> Result:
        self._outputs, self.is_deployed = None, False
        return self.stack.destroy()

    def _write(self, config: Mapping[str, Any]) -> None:
        encrypted = {key: encrypt(value) for key, value in self.secrets.items()}
        write_stack_file(self.stack.project, self.stack.name, config, secure=encrypted, salt=SALT)


class Deploy:
    """Deploys configurations, with secret keys, and destroys in the end what is still there."""

    def __init__(self, services: Services, tmp_path_factory: pytest.TempPathFactory, cli: PulumiCommand) -> None:
        self._services, self._cli = services, cli
        self.project = copy(PROJECT, tmp_path_factory.mktemp("project") / "project")
        self._deployments: list[Deployment] = []

    def __call__(self, config: Mapping[str, Any], *, secrets: Mapping[str, str] | None = None) -> Deployment:
        named = {"gateway": {"name": f"test-{uuid.uuid4().hex[:8]}"}, **config}
        deployment = self.undeployed(named, secrets=secrets)
        deployment.update(named)
        return deployment

    def undeployed(self, config: Mapping[str, Any], *, secrets: Mapping[str, str] | None = None) -> Deployment:
        """One whose `update` may fail."""
        stack = Stack(self._services, self.project, f"test-{uuid.uuid4().hex[:8]}", self._cli)
        self._deployments.append(Deployment(stack, config, secrets or {}))
        return self._deployments[-1]

    def destroy_all(self) -> None:
        for deployment in filter(lambda deployment: deployment.is_deployed, self._deployments):
            deployment.destroy()


@pytest.fixture
def deploy(services: Services, tmp_path_factory: pytest.TempPathFactory, cli: PulumiCommand) -> Generator[Deploy]:
    deploy = Deploy(services, tmp_path_factory, cli)
    yield deploy
    deploy.destroy_all()


@pytest.fixture(scope="module")
def deploy_for_module(
    running_services: Services, tmp_path_factory: pytest.TempPathFactory, cli: PulumiCommand
) -> Generator[Deploy]:
    deploy = Deploy(running_services, tmp_path_factory, cli)
    yield deploy
    deploy.destroy_all()


@pytest.fixture
def leftovers(services: Services, aws: Callable[[str], Any]) -> Callable[[str], list[str]]:
    """What exists at AWS, Auth0 and Okta with this in its name."""

    def found(name: str) -> list[str]:
        names = [
            *(gateway["name"] for gateway in aws("bedrock-agentcore-control").list_gateways()["items"]),
            *(role["RoleName"] for role in aws("iam").list_roles()["Roles"]),
            *(policy["PolicyName"] for policy in aws("iam").list_policies(Scope="Local")["Policies"]),
            *(pool["Name"] for pool in aws("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]),
            *(function["FunctionName"] for function in aws("lambda").list_functions()["Functions"]),
            *(group["logGroupName"] for group in aws("logs").describe_log_groups()["logGroups"]),
            *(secret["Name"] for secret in aws("secretsmanager").list_secrets()["SecretList"]),
            *services.leftovers(),
        ]
        return [each for each in names if name in each]

    return found
