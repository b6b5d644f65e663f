"""docs/troubleshooting.md keeps its word: its commands run, its tables are complete, its transcript is what happens."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from pulumi.automation import PulumiCommand

from agentcore_auth.authorizer.causes import Cause
from sandbox.services import PROJECT, Services
from scripts.pulumi_cli import cached
from tests.deployed.conftest import Deploy, Deployment

PAGE = PROJECT / "docs" / "troubleshooting.md"
TEXT = PAGE.read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8").partition("## A token is refused")[2].partition("\n## ")[0]
EVERY_PROVIDER: Mapping[str, Any] = {
    "auth0:domain": "sandbox-tenant.us.auth0.com",
    "okta:orgName": "sandbox-org",
    "identityProviders": ["cognito", "auth0", "okta"],
    "targets": [{"name": "sample", "type": "sample"}],
}
ON_THE_SANDBOX = "python -m sandbox exec -- "


class Run(Protocol):
    """Runs a line in a shell as a reader would: in a project, with the CLI on PATH, or in an empty folder without."""

    def __call__(self, line: str, project: Path | None = None) -> subprocess.CompletedProcess[str]: ...


def blocks(language: str, text: str = TEXT) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, int]]:
    """Every command with its exit code: of the page's code blocks and table, and of the README's section."""
    lines = [line for block in [*blocks("sh"), *blocks("sh", README)] for line in block.splitlines()]
    lines += [cell.replace("\\|", "|") for cell in re.findall(r"\| `(agentcore-auth [^`]*)` \|$", TEXT, re.MULTILINE)]
    found = [re.fullmatch(r"(.*?)(?:\s+# exit code (\d))?", line) for line in lines]
    return [(match[1], int(match[2] or 0)) for match in found if match]


@pytest.fixture
def run(services: Services, cli: PulumiCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    path = os.environ.get("PATH")
    monkeypatch.setenv("SANDBOX_FOLDER", str(services.folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")))
    kept = cached()
    kept.parent.mkdir(parents=True)
    kept.symlink_to(str(shutil.which(cli.command, path=path)))
    folder = tmp_path / "reader"
    folder.mkdir()

    def in_shell(line: str, project: Path | None = None) -> subprocess.CompletedProcess[str]:
        programs = f"{kept.parent}{os.pathsep}{os.environ['PATH']}" if project else os.environ["PATH"]
        return subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=project or folder,
            env={**os.environ, "PATH": programs},
            capture_output=True,
            text=True,
            check=False,
        )

    return in_shell


@pytest.fixture(scope="module")
def deployed(deploy_for_module: Deploy) -> Deployment:
    return deploy_for_module({**EVERY_PROVIDER, "gateway": {"name": "demo"}})


@pytest.fixture
def deployment(services: Services, deployed: Deployment) -> Deployment:
    copy_stack_file(deployed, services)
    return deployed


def copy_stack_file(deployment: Deployment, services: Services) -> None:
    """Put the stack file where `python -m sandbox` looks for it."""
    folder = services.folder / "project"
    folder.mkdir(exist_ok=True)
    name = f"Pulumi.{deployment.stack.name}.yaml"
    (folder / name).write_bytes((deployment.stack.project / name).read_bytes())


def of(deployment: Deployment, line: str) -> str:
    """A line of the page, with the names of what is deployed here."""
    line = line.replace(". .venv/bin/activate", f". {Path(sys.executable).parent / 'activate'}")
    line = re.sub(r"--stack (dev|sandbox)\b", f"--stack {deployment.stack.name}", line)
    return line.replace("YOUR-ORG", "sandbox-org").replace("YOUR-TENANT", "sandbox-tenant")


def test_every_command_of_the_page_runs(deployment: Deployment, run: Run) -> None:
    reader = deployment.stack.project
    (reader / "token.txt").write_text(deployment.token("cognito"))
    authorizer = deployment.outputs.gateway("cognito").authorizer
    wrong = {"discoveryUrl": authorizer["discoveryUrl"], "allowedAudience": ["gateway123"]}
    (reader / "authorizer.json").write_text(json.dumps({"authorizerConfiguration": {"customJWTAuthorizer": wrong}}))
    # Not urlopen, whose one opener for the process has the proxy of when it was first used.
    opener = urllib.request.build_opener()
    with opener.open(f"{deployment.outputs.provider('cognito').issuer}/.well-known/jwks.json") as keys:
        (reader / "jwks.json").write_bytes(keys.read())
    elsewhere = [(line, code) for line, code in commands() if ON_THE_SANDBOX not in line]
    assert len(elsewhere) >= 15
    assert blocks("sh", README)
    for line, code in elsewhere:
        done = run(of(deployment, line), reader)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_sandboxs_commands_run_outside_of_it(
    deploy: Deploy, run: Run, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_file = yaml.safe_load((PROJECT / "Pulumi.sandbox.yaml").read_text())["config"]
    okta = {**stack_file["agentcore-auth:okta"], "authorizationServer": "own", "audience": "api://tools"}
    deployment = deploy({**EVERY_PROVIDER, "auth0": {"audience": "https://tools.example.com"}, "okta": okta})
    copy_stack_file(deployment, services)
    for name in ("HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "PULUMI_DEBUG_PROVIDERS"):
        monkeypatch.delenv(name)
    lines = [line for line, _ in commands() if ON_THE_SANDBOX in line]
    assert len(lines) >= 3
    for line in lines:
        done = run(of(deployment, line))
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert "200 accepted" in done.stdout or "tool" in done.stdout
        without = run(of(deployment, line.removeprefix(ON_THE_SANDBOX)))
        assert without.returncode == 3
        assert "pulumi" in without.stderr


def test_every_cause_is_explained() -> None:
    tables = re.findall(r"^\| (`[a-z_`, ]+`) \|", TEXT, re.MULTILINE)
    explained = {word for cell in tables for word in re.findall(r"`([a-z_]+)`", cell)}
    assert {cause.value for cause in Cause} <= explained


def test_the_documents_of_json_have_the_keys_that_the_page_lists(deployment: Deployment, run: Run) -> None:
    get = "agentcore-auth get --stack dev --idp cognito"
    asked = {
        "get": f"{get} --json",
        "decode": f"{get} | agentcore-auth decode --json",
        "check": f"{get} | agentcore-auth check --stack dev --gateway cognito --json",
        "suggest": f"{get} | agentcore-auth suggest --json",
        "discover": f"agentcore-auth discover --json {deployment.outputs.provider('cognito').discovery_url}",
        "env": "agentcore-auth env --stack dev --idp cognito --json",
        "verify": "agentcore-auth verify --stack dev --json",
    }
    listed = dict(re.findall(r"^\| `([a-z]+)` \| ([A-Za-z]+(?:, [A-Za-z]+)*) \|$", TEXT, re.MULTILINE))
    assert listed.keys() == asked.keys()
    for command, line in asked.items():
        done = run(of(deployment, line), deployment.stack.project)
        assert done.returncode == 0, done.stderr
        assert ", ".join(json.loads(done.stdout)) == listed[command]


def test_the_transcript_is_what_happens(deploy: Deploy, run: Run, services: Services) -> None:
    deployment = deploy({**EVERY_PROVIDER, "identityProviders": ["cognito"], "gateway": {"name": "agents"}})
    copy_stack_file(deployment, services)
    provider = deployment.outputs.provider("cognito")
    pool, client = provider.issuer.rpartition("/")[2], provider.clients["default"].client_id
    mistaken = {"discoveryUrl": provider.discovery_url, "allowedAudience": ["gateway123"], "allowAnyway": True}
    config = {**deployment.config, "identityProviders": ["cognito", "pool"], "oidc": {"pool": mistaken}}
    deployment.update(config)
    check = "agentcore-auth get --stack dev --idp cognito | agentcore-auth check --stack dev --gateway pool"
    token = deployment.token("cognito")
    assert deployment.knock("pool", token).status == 401
    refused = run(of(deployment, check), deployment.stack.project).stdout

    remedy = json.loads(run(of(deployment, f"{check} --json"), deployment.stack.project).stdout)["configuration"]
    deployment.update({**config, "oidc": {"pool": changed(mistaken, remedy)}})
    accepted = run(of(deployment, check), deployment.stack.project).stdout
    assert deployment.knock("pool", token).status == 200

    happened = f"$ {check}\n{refused}$ make up STACK=dev\n…\n$ {check}\n{accepted}"
    for actual, shown in ((pool, "us-west-2_Example12"), (client, "1example23456789"), (deployment.stack.name, "dev")):
        happened = happened.replace(actual, shown)
    assert blocks("console") == [happened]


def changed(entry: Mapping[str, object], remedy: Mapping[str, object]) -> dict[str, object]:
    """An entry under `oidc` with the remedy's keys, of which None means to leave one out."""
    keys = {path.removeprefix("oidc.pool."): value for path, value in remedy.items()}
    return {key: value for key, value in {**entry, **keys}.items() if value is not None}
