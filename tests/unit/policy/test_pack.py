"""The pack as Pulumi's engine runs it: a process that answers the analyzer protocol."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from agentcore_auth.iam import SERVICE
from agentcore_auth.resource_types import GATEWAY, ROLE
from policy import rules
from tests.unit.project import PROJECT

PACK = PROJECT / "policy"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
EVERYTHING = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def secret(value: object) -> dict[str, object]:
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


class Engine:
    """What the engine asks a running pack."""

    def __init__(self, port: int) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])
        self._pack = analyzer_pb2_grpc.AnalyzerStub(self.channel)

    def policies(self) -> dict[str, int]:
        """Name -> enforcement level."""
        described = self._pack.GetAnalyzerInfo(empty_pb2.Empty(), timeout=600)
        return {policy.name: policy.enforcementLevel for policy in described.policies}

    def violations(self, kind: str, properties: dict[str, Any]) -> list[str]:
        request = analyzer_pb2.AnalyzeRequest(type=kind, urn=f"urn::{kind}", name="r", properties=_struct(properties))
        return [found.policyName for found in self._pack.Analyze(request, timeout=600).diagnostics]

    def stack_violations(self, *resources: tuple[str, dict[str, Any]]) -> list[str]:
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[
                analyzer_pb2.AnalyzerResource(type=kind, urn=f"urn::{kind}", name="r", properties=_struct(properties))
                for kind, properties in resources
            ]
        )
        return [found.message for found in self._pack.AnalyzeStack(request, timeout=600).diagnostics]


def _struct(properties: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(properties)
    return struct


def _running(configuration: dict[str, str]) -> Generator[Engine]:
    environment = {
        **os.environ,
        "PULUMI_CONFIG": json.dumps({f"agentcore-auth:{key}": value for key, value in configuration.items()}),
        "PULUMI_PROJECT": "agentcore-auth",
        "PULUMI_STACK": "test",
        "PULUMI_DRY_RUN": "true",
    }
    process = subprocess.Popen([sys.executable, "-u", str(PACK)], env=environment, stdout=subprocess.PIPE, cwd=PACK)
    assert process.stdout
    engine = Engine(int(process.stdout.readline()))
    try:
        yield engine
    finally:
        engine.channel.close()
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def engine() -> Generator[Engine]:
    yield from _running({})


@pytest.fixture(scope="module")
def tutorial_engine() -> Generator[Engine]:
    yield from _running({"mode": "tutorial"})


def test_every_policy_is_mandatory(engine: Engine) -> None:
    assert set(engine.policies().values()) == {analyzer_pb2.MANDATORY}
    assert len(engine.policies()) == 7


# Each row: a resource, and the policy that it breaks.
BROKEN: list[tuple[str, dict[str, Any], str]] = [
    (GATEWAY, {"authorizerType": "CUSTOM_JWT"}, "jwt-gateways-have-a-constraint"),
    (
        GATEWAY,
        {"authorizerType": "AWS_IAM", "exceptionLevel": "DEBUG", "tags": {"environment": "production"}},
        "no-debug-in-production",
    ),
    (ROLE_POLICY, {"policy": EVERYTHING}, "no-wildcards-in-policies"),
    (ROLE, {"inlinePolicies": [{"policy": EVERYTHING}]}, "no-wildcards-in-policies"),
    (ROLE, {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}, "no-wildcards-in-policies"),
    (rules.PERMISSION, {"principal": "*"}, "resources-are-closed"),
    (
        ROLE,
        {"assumeRolePolicy": json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICE}}]})},
        "trust-is-conditioned",
    ),
]


@pytest.mark.parametrize(("kind", "properties", "policy"), BROKEN)
def test_a_resource_that_breaks_a_rule_is_reported(
    engine: Engine, kind: str, properties: dict[str, Any], policy: str
) -> None:
    assert set(engine.violations(kind, properties)) == {policy}


@pytest.mark.parametrize("kind", ["aws:s3/bucket:Bucket", GATEWAY, ROLE, ROLE_POLICY])
def test_what_is_not_known_yet_breaks_no_rule(engine: Engine, kind: str) -> None:
    inputs = ("authorizerType", "authorizerConfiguration", "policy", "assumeRolePolicy")
    unknown: dict[str, Any] = dict.fromkeys(inputs, UNKNOWN)
    assert engine.violations(kind, unknown) == []


def test_wildcards_are_allowed_in_tutorial_mode(tutorial_engine: Engine) -> None:
    assert tutorial_engine.violations(ROLE_POLICY, {"policy": EVERYTHING}) == []


def test_a_client_secret_in_plain_text_is_reported_and_not_repeated(engine: Engine) -> None:
    (client,) = [kind for kind in rules.CLIENTS if "userPoolClient" in kind]
    made = (client, {"clientSecret": secret("hush-hush")})
    plain = {"clients": {"a": {"clientSecret": "hush-hush"}}, "command": "hush-hush"}
    messages = engine.stack_violations(made, ("pulumi:pulumi:Stack", plain))
    assert len(messages) == 2
    assert not any("hush" in message for message in messages)


def test_a_client_secret_that_is_secret_is_fine(engine: Engine) -> None:
    (client,) = [kind for kind in rules.CLIENTS if "userPoolClient" in kind]
    made = (client, {"clientSecret": secret("hush-hush")})
    for value in ("hush-hush", UNKNOWN):
        outputs = {"clients": {"a": {"clientId": UNKNOWN, "clientSecret": secret(value)}}}
        assert engine.stack_violations(made, ("pulumi:pulumi:Stack", outputs)) == []
