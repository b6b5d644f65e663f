"""A provider and a kind of target, added in one file each and one line in a registry, come with everything.

`additions/ping.py` and `additions/runtime.py` are those files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.targets import KINDS
from configuration import policies
from configuration.reference import page
from configuration.schema import schema
from idp import PROVIDERS
from tests.unit.additions.ping import Ping
from tests.unit.additions.runtime import RuntimeTarget
from tests.unit.issued_tokens import key_set, signed
from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy
from tests.unit.token_command import Command

RUNTIME = f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:runtime/notes-0123456789"
ENVIRONMENT = "01234567-89ab-cdef-0123-456789abcdef"
ISSUER = f"https://auth.pingone.eu/{ENVIRONMENT}/as"
STACK: dict[str, Any] = {
    "gateway": {"name": "demo"},
    "identityProviders": ["ping"],
    "ping:host": "auth.pingone.eu",
    "ping": {"environment": ENVIRONMENT},
    "targets": [{"name": "notes", "type": "runtime", "runtimeArn": RUNTIME}],
}


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:  # pyright: ignore[reportUnusedFunction]  # autouse
    monkeypatch.setitem(PROVIDERS, "ping", Ping)
    KINDS.append(RuntimeTarget)
    yield
    KINDS.remove(RuntimeTarget)


def run(changes: Mapping[str, Any] | None = None) -> Recorder:
    return deploy({**STACK, **(changes or {})}, secrets={"ping:clientSecret": "hush"})


def printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `python -m configuration.policies` prints for the stack."""
    own = {key if ":" in key else f"agentcore-auth:{key}": value for key, value in STACK.items()}
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(json.dumps({"config": {"aws:region": "us-west-2", **own}}))
    assert policies.main(["--file", str(file), "--account", ACCOUNT]) == 0
    return capsys.readouterr().out


def test_they_are_in_the_documentation() -> None:
    text = page()
    assert "| `ping` | [Ping](#ping) | `{}` | PingOne. Its secret is in `ping:clientSecret`. |" in text
    assert "## RuntimeTarget" in text
    assert "| `runtimeArn` | text | **required** | The runtime. |" in text
    assert list(schema().model_fields).index("ping") < list(schema().model_fields).index("targets")


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"ping": {}}, r"ping\.environment: is required where PingOne is switched on"),
        ({"ping:host": "https://auth.pingone.eu"}, r"ping:host: .* has a scheme or a path; write auth.pingone.eu"),
        ({"ping": {"enviroment": "x"}}, r"ping\.enviroment: .*did you mean environment\?"),
        ({"identityProviders": ["pin"]}, r"identityProviders\[0\]: .*did you mean ping\?"),
        ({"targets": [{**STACK["targets"][0], "runtimeArn": "notes"}]}, r"targets\[0\]\.runtimeArn: .*a runtime's ARN"),
        (
            {"targets": [{**STACK["targets"][0], "runtimeArn": RUNTIME.replace("us-west-2", "eu-west-1")}]},
            r"targets\[0\]\.runtimeArn: is not in us-west-2",
        ),
        (
            {"targets": [{"name": "a", "type": "lamda"}]},
            r"valid: lambda, smithy, openapi, mcp, apiGateway, sample, runtime",
        ),
    ],
)
def test_their_sections_are_checked_with_all_others(changes: dict[str, Any], mistake: str) -> None:
    with pytest.raises(pulumi.RunError, match=mistake):
        run(changes)


def test_the_gateway_checks_what_the_provider_s_tokens_say() -> None:
    recorder = run()
    checks = recorder.one(":AgentcoreGateway")["authorizerConfiguration"]["customJwtAuthorizer"]
    assert checks["discoveryUrl"] == f"{ISSUER}/.well-known/openid-configuration"
    assert (checks["allowedAudiences"], checks["allowedClients"]) == (["demo"], ["worker"])
    assert checks["allowedScopes"] == ["orders:read"]


def test_access_is_by_the_claims_of_its_tokens_and_knows_its_target() -> None:
    recorder = run({"access": {"ping": {"worker": [{"scope": "orders:read", "tools": ["notes"]}]}}})
    statement = recorder.one(":AgentcorePolicy")["definition"]["cedar"]["statement"]
    assert all(text in statement for text in ('Action::"notes"', '"client_id") == "worker"', '"orders:read"'))


def test_the_target_is_registered_and_the_role_may_call_it() -> None:
    recorder = run()
    target = recorder.one(":AgentcoreGatewayTarget")
    assert target["targetConfiguration"]["mcp"]["mcpServer"]["endpoint"].endswith(
        "runtime%2Fnotes-0123456789/invocations"
    )
    (allowed,) = json.loads(recorder.one(":RolePolicy")["policy"])["Statement"]
    assert (allowed["Sid"], allowed["Resource"]) == ("CallNotes", [RUNTIME])


def test_every_document_of_theirs_is_printed_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(tmp_path, capsys)
    assert "# Runtime notes: its own policy" in text
    for sid in ("CallNotes", "ReadRuntimes", "RotatePing"):
        assert f'"Sid": "{sid}"' in text


def test_the_outputs_are_those_of_any_provider() -> None:
    assert run().outputs["identityProviders"] == {
        "ping": {
            "discoveryUrl": f"{ISSUER}/.well-known/openid-configuration",
            "issuer": ISSUER,
            "tokenEndpoint": f"{ISSUER}/token",
            "audience": "demo",
            "scopes": ["orders:read"],
            "clients": {"worker": {"clientId": "worker", "scopes": ["orders:read"], "clientSecret": "hush"}},
        }
    }


@pytest.mark.parametrize(("scope", "code", "cause"), [("orders:read", 0, None), ("orders", 1, "scope_missing")])
def test_the_tools_judge_tokens_for_its_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str, code: int, cause: str | None
) -> None:
    outputs, keys = tmp_path / "outputs.json", tmp_path / "keys.json"
    outputs.write_text(json.dumps(run().outputs))
    keys.write_text(json.dumps(key_set()))
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "demo", "client_id": "worker", "scope": scope, "iat": now, "exp": now + 3600}
    answer = Command(monkeypatch)(
        "check", "--outputs", str(outputs), "--gateway", "ping", "--jwks", str(keys), "--json", stdin=signed(claims)
    )
    assert (answer.code, answer.document["cause"]) == (code, cause)
