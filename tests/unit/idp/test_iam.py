"""The provider `iam`: a gateway for AWS signatures, and what `access` makes of its callers' ARNs."""

from __future__ import annotations

import pulumi
import pytest

from agentcore_auth.access.policies import decide, reasons
from agentcore_auth.access.rules import IamCaller
from agentcore_auth.outputs import Gateway, Outputs, OutputsError
from tests.unit.pulumi_mocks import ACCOUNT, Recorder, deploy
from tests.unit.stacks import COGNITO

IAM = {**COGNITO, "identityProviders": ["iam"]}
AGENTS = f"arn:aws:iam::{ACCOUNT}:role/team/agents"
GATEWAY = f"arn:aws:bedrock-agentcore:us-west-2:{ACCOUNT}:gateway/demo-iam-0123456789"


def policies(recorder: Recorder) -> dict[str, str]:
    return {
        each.inputs["name"]: each.inputs["definition"]["cedar"]["statement"]
        for each in recorder.all(":AgentcorePolicy")
    }


def test_its_gateway_takes_signatures_and_the_others_stay_as_they_are() -> None:
    recorder = deploy({**COGNITO, "identityProviders": ["iam", "cognito"]})
    types = {each.inputs["name"]: each.inputs["authorizerType"] for each in recorder.all(":AgentcoreGateway")}
    assert types == {"demo-iam": "AWS_IAM", "demo-cognito": "CUSTOM_JWT"}
    [own] = [each.inputs for each in recorder.all(":AgentcoreGateway") if each.inputs["name"] == "demo-iam"]
    assert "authorizerConfiguration" not in own


def test_it_is_no_issuer_in_the_outputs() -> None:
    recorder = deploy({**COGNITO, "identityProviders": ["iam", "cognito"]})
    assert recorder.outputs["gateways"]["iam"]["authorizer"] == {}
    assert set(recorder.outputs["identityProviders"]) == {"cognito"}


CALLERS = [
    (AGENTS, AGENTS, True),
    (AGENTS, f"arn:aws:sts::{ACCOUNT}:assumed-role/agents/session", True),
    (AGENTS, f"arn:aws:sts::{ACCOUNT}:assumed-role/agents-2/session", False),
    (AGENTS, "arn:aws:sts::210987654321:assumed-role/agents/session", False),
    (f"arn:aws:iam::{ACCOUNT}:role/agent-*", f"arn:aws:sts::{ACCOUNT}:assumed-role/agent-7/session", True),
    (f"arn:aws:iam::{ACCOUNT}:role/agent-*", f"arn:aws:sts::{ACCOUNT}:assumed-role/other/agent-7", False),
    (f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:user/ann", True),
    (f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:user/anna", False),
    (f"arn:aws:sts::{ACCOUNT}:assumed-role/agents/one", f"arn:aws:sts::{ACCOUNT}:assumed-role/agents/two", False),
]


@pytest.mark.parametrize(("named", "caller", "permitted"), CALLERS)
def test_access_compares_the_caller_s_arn(named: str, caller: str, *, permitted: bool) -> None:
    recorder = deploy({**IAM, "access": {"iam": {named: ["sample"]}}})
    decision = decide(policies(recorder), IamCaller(caller), GATEWAY, "sample___echo", {})
    assert decision.allowed is permitted
    assert not decision.failed


def test_a_caller_without_an_entry_is_told_why() -> None:
    recorder = deploy({**IAM, "access": {"iam": {f"arn:aws:iam::{ACCOUNT}:user/ann": ["sample"]}}})
    [why] = reasons(policies(recorder), IamCaller(f"arn:aws:iam::{ACCOUNT}:user/bob"), GATEWAY, "sample___echo", {})
    assert f"the caller is arn:aws:iam::{ACCOUNT}:user/bob" in why


@pytest.mark.parametrize(
    ("access", "words"),
    [
        ({"agents": ["sample"]}, "is no ARN of a role, a user or a role's session"),
        ({f"arn:aws:iam::{ACCOUNT}:role/team/*": ["sample"]}, "not behind a role's path"),
        ({f"arn:aws:iam::{ACCOUNT}:group/team": ["sample"]}, "is no ARN of a role"),
        ({AGENTS: [{"scope": "read", "tools": ["sample"]}]}, "the tokens of iam have no scopes"),
        ({AGENTS: ["smaple"]}, "'smaple' is neither a target nor a tool"),
    ],
)
def test_access_that_means_nobody_is_refused(access: dict[str, object], words: str) -> None:
    with pytest.raises(pulumi.RunError, match=words):
        deploy({**IAM, "access": {"iam": access}})


def document(*providers: str) -> dict[str, object]:
    gateway = {"url": "https://g", "mcpUrl": "https://g/mcp", "arn": GATEWAY, "authorizer": {}}
    issuer = {"discoveryUrl": "https://i", "issuer": "https://i"}
    return {
        "gateways": {name: gateway if name == "iam" else {**gateway, "authorizer": {"x": []}} for name in providers},
        "identityProviders": {name: issuer for name in providers if name != "iam"},
    }


@pytest.mark.parametrize(("providers", "asked"), [(["iam"], None), (["iam"], "iam"), (["iam", "cognito"], "iam")])
def test_what_needs_a_token_says_that_there_is_none(providers: list[str], asked: str | None) -> None:
    with pytest.raises(OutputsError, match="the gateway of iam takes AWS signatures, so there is no token for it"):
        Outputs(document(*providers), "dev").provider(asked)


@pytest.mark.parametrize(
    ("providers", "asked", "found"),
    [
        (["iam"], None, True),
        (["iam", "cognito"], "iam", True),
        (["iam", "cognito"], None, False),
        (["cognito"], None, False),
    ],
)
def test_whoever_signs_finds_the_gateway_for_it(providers: list[str], asked: str | None, *, found: bool) -> None:
    assert (Outputs(document(*providers), "dev").signed_gateway(asked) is not None) is found


@pytest.mark.parametrize(("arn", "region"), [(GATEWAY, "us-west-2"), ("no ARN", ""), (None, "")])
def test_a_gateway_s_region_is_that_of_its_arn(arn: str | None, region: str) -> None:
    assert Gateway("https://g", "https://g/mcp", {}, arn=arn).region == region


def test_the_only_issuer_beside_it_need_not_be_named() -> None:
    assert Outputs(document("iam", "cognito"), "dev").provider(None).name == "cognito"
    assert Outputs(document("iam"), "dev").providers == {}
