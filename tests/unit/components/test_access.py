"""A gateway with `access`: an engine that it names, policies on what the providers' tokens say, rights for the role."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentcore_auth.access.policies import decide
from agentcore_auth.iam import policy_engine_name
from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy
from tests.unit.stacks import AUTH0, AUTH0_SECRET, COGNITO, LAMBDA, OKTA, OKTA_SECRET, statements

AGENTS = {"clients": {"agent": {}, "other": {}}}


def gateway_arn(provider: str) -> str:
    return f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:gateway/demo-{provider}-0123456789"


def policies(recorder: Recorder) -> dict[str, str]:
    """The policies' text by name."""
    return {
        each.inputs["name"]: each.inputs["definition"]["cedar"]["statement"]
        for each in recorder.all(":AgentcorePolicy")
    }


def allowed(recorder: Recorder, provider: str, tool: str, **claims: Any) -> bool:
    return decide(policies(recorder), claims, gateway_arn(provider), tool, {}).allowed


@pytest.mark.parametrize(
    ("stack", "secrets", "claim", "client_id"),
    [
        (COGNITO, {}, "client_id", "demo-cognito-agent-id"),
        (AUTH0, AUTH0_SECRET, "client_id", "demo-auth0-agent-client"),
        (OKTA, OKTA_SECRET, "cid", "demo-okta-agent-client"),
    ],
)
def test_a_policy_compares_the_claim_that_names_the_client(
    stack: dict[str, Any], secrets: dict[str, str], claim: str, client_id: str
) -> None:
    [provider] = stack["identityProviders"]
    access = {provider: {"agent": ["orders___find"]}}
    recorder = deploy({**stack, provider: AGENTS, "targets": [LAMBDA], "access": access}, secrets=secrets)
    assert allowed(recorder, provider, "orders___find", **{claim: client_id})
    assert not allowed(recorder, provider, "orders___find", **{claim: client_id.replace("agent", "other")})
    assert not allowed(recorder, provider, "sample___echo", **{claim: client_id})


def test_auth0_s_own_dialect_names_the_client_in_azp() -> None:
    auth0 = {"clients": {"agent": {}}, "tokenDialect": "access_token"}
    stack = {**AUTH0, "auth0": auth0, "access": {"auth0": {"agent": ["sample"]}}}
    recorder = deploy(stack, secrets=AUTH0_SECRET)
    assert allowed(recorder, "auth0", "sample___echo", azp="demo-auth0-agent-client")
    assert not allowed(recorder, "auth0", "sample___echo", client_id="demo-auth0-agent-client")


def test_the_gateway_names_its_engine_and_the_policies_are_in_it() -> None:
    recorder = deploy({**COGNITO, "access": {"cognito": {"default": ["sample"]}}})
    engine = recorder.one(":AgentcorePolicyEngine")
    assert engine["name"] == "demo_cognito"
    configuration = recorder.one(":AgentcoreGateway")["policyEngineConfiguration"]
    assert configuration["arn"].endswith("policy-engine/demo-cognito")
    assert configuration["mode"] == "ENFORCE"
    policy = recorder.one(":AgentcorePolicy")
    assert policy["policyEngineId"] == "demo-cognito-engine"
    assert policy["description"] == "default may call every tool of sample"


def test_nothing_of_it_is_there_without_the_key() -> None:
    recorder = deploy(COGNITO)
    assert recorder.all(":AgentcorePolicyEngine") == recorder.all(":AgentcorePolicy") == []
    assert "policyEngineConfiguration" not in recorder.one(":AgentcoreGateway")
    assert "policies" not in recorder.outputs["gateways"]["cognito"]


def test_each_gateway_has_an_engine_of_its_own_also_where_nobody_has_access() -> None:
    stack = {**OKTA, "identityProviders": ["cognito", "okta"], "access": {"okta": {"default": ["sample"]}}}
    recorder = deploy({**stack, "accessMode": "logOnly"}, secrets=OKTA_SECRET)
    assert [each.inputs["name"] for each in recorder.all(":AgentcorePolicyEngine")] == ["demo_cognito", "demo_okta"]
    modes = [each.inputs["policyEngineConfiguration"]["mode"] for each in recorder.all(":AgentcoreGateway")]
    assert modes == ["LOG_ONLY", "LOG_ONLY"]
    assert len(recorder.all(":AgentcorePolicy")) == 1


def test_the_outputs_have_the_policies() -> None:
    recorder = deploy({**COGNITO, "access": {"cognito": {"default": ["sample"]}}})
    gateway = recorder.outputs["gateways"]["cognito"]
    assert gateway["accessMode"] == "enforce"
    assert gateway["policies"] == policies(recorder)


def test_the_role_may_ask_the_engines() -> None:
    recorder = deploy({**COGNITO, "access": {"cognito": {"default": ["sample"]}}})
    evaluation, reading = (statements(recorder)[sid] for sid in ("EvaluatePolicies", "ReadPolicyEngines"))
    engine = f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:policy-engine/demo_cognito-??????????"
    assert evaluation["Action"] == [
        "bedrock-agentcore:AuthorizeAction",
        "bedrock-agentcore:PartiallyAuthorizeActions",
    ]
    assert evaluation["Resource"] == [engine, engine.replace("policy-engine/demo_", "gateway/demo-")]
    assert (reading["Action"], reading["Resource"]) == (["bedrock-agentcore:GetPolicyEngine"], [engine])


def test_an_engine_s_name_is_one_that_aws_takes() -> None:
    assert policy_engine_name("demo-okta") == "demo_okta"
    assert policy_engine_name("1-okta") == "g1_okta"
    longest = policy_engine_name("1" * 43 + "-okta")
    assert (len(longest), longest[0], longest[-5:]) == (48, "g", "_okta")


def test_own_policies_speak_of_the_gateway_that_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = (
        'permit(principal is AgentCore::OAuthUser, action == AgentCore::Action::"orders___find", '
        'resource == AgentCore::Gateway::"demo-cognito");'
    )
    (tmp_path / "limit.cedar").write_text(limit)

    def read(_: Path, source: str) -> str:
        return (tmp_path / source).read_text()

    monkeypatch.setattr("configuration.access.read_file", read)
    recorder = deploy({**COGNITO, "targets": [LAMBDA], "access": {"policies": ["limit.cedar"]}})
    assert list(policies(recorder)) == ["limit_1"]
    assert allowed(recorder, "cognito", "orders___find")
    assert json.dumps(policies(recorder)).count(gateway_arn("cognito")) == 1
