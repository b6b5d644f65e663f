"""What is said of a creation that failed: nothing where the service refused it, else how the resource is taken in."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from components.recovery import Creation, Outcome, advise, advise_on_pending, import_id, outcome

PARENT = "urn:pulumi:dev::agentcore-auth::agentcore-auth:index:CognitoProvider::orders-cognito"
POOL = "aws:cognito/userPool:UserPool"
CREATION = Creation(POOL, "orders-cognito", {"name": "orders-cognito-1a2b3c4"}, PARENT)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("api error AccessDeniedException: User is not authorized to perform: iam:CreateRole", "refused"),
        ("api error ValidationException: 1 validation error detected", "refused"),
        ("400 Bad Request: Payload validation error", "refused"),
        ("api error LimitExceededException: 1,500 is the limit", "refused"),
        ("dial tcp: lookup iam.amazonaws.com: no such host", "refused"),
        ("api error EntityAlreadyExists: Role with name orders-gateway already exists.", "exists"),
        ("api error ConflictException: A gateway with name orders-cognito already exists", "exists"),
        ("ResourceConflictException: Function already exist: orders", "exists"),
        ("409 Conflict: An API with the same identifier already exists.", "exists"),
        ("https response error StatusCode: 500, RequestID: x, api error InternalFailure", "unknown"),
        ("https response error StatusCode: 0, RequestID: , request send failed, Post: EOF", "unknown"),
        ("503 Service Unavailable", "unknown"),
        ("read tcp 10.0.0.1:443: connection reset by peer", "unknown"),
        ("context deadline exceeded", "unknown"),
        ("net/http: request canceled (Client.Timeout exceeded while awaiting headers)", "unknown"),
        ("error reading from server: EOF", "unknown"),
        ("rpc error: code = Unavailable desc = transport is closing", "unknown"),
    ],
)
def test_an_error_says_whether_the_resource_can_exist(error: str, expected: Outcome) -> None:
    assert outcome([error, "api error AccessDeniedException"]) == expected


@pytest.mark.parametrize(
    ("kind", "inputs", "expected"),
    [
        (POOL, {"name": "orders-cognito-1a2b3c4"}, "ID"),
        ("aws:iam/role:Role", {"name": "orders-gateway"}, "orders-gateway"),
        ("aws:iam/rolePolicy:RolePolicy", {"role": "orders-gateway", "name": "calls"}, "orders-gateway:calls"),
        ("aws:cognito/userPoolClient:UserPoolClient", {"userPoolId": "us-west-2_a"}, "us-west-2_a/ID"),
        ("aws:bedrock/agentcoreGatewayTarget:AgentcoreGatewayTarget", {"gatewayIdentifier": "g-1"}, "g-1,ID"),
        ("okta:auth/serverPolicyRule:ServerPolicyRule", {"authServerId": "a", "policyId": "p"}, "a/p/ID"),
        ("aws:cognito/userPoolDomain:UserPoolDomain", {"domain": object()}, "ID"),
    ],
)
def test_an_import_id_holds_what_the_inputs_tell(kind: str, inputs: dict[str, Any], expected: str) -> None:
    assert import_id(kind, inputs) == expected


def test_a_lost_answer_is_followed_by_the_command_that_takes_the_resource_in() -> None:
    advice = advise(CREATION, ["EOF"], "dev")
    assert advice is not None
    said, command = advice.splitlines()
    assert said == (
        "orders-cognito: nobody knows whether orders-cognito-1a2b3c4 was made. If it exists, take it in before you "
        "deploy again, with its id for ID:"
    )
    assert shlex.split(command) == [
        *("pulumi", "import", "--stack", "dev", POOL, "orders-cognito", "ID", "--parent", f"parent={PARENT}"),
        *("--protect=false", "--generate-code=false"),
    ]


def test_an_id_that_is_known_is_in_the_command() -> None:
    advice = advise(Creation("aws:iam/role:Role", "orders", {"name": "orders-gateway"}), ["already exists"], "dev")
    assert advice is not None
    assert "its id for ID" not in advice
    assert " orders orders-gateway --protect=false" in advice


def test_a_refusal_needs_no_advice() -> None:
    assert advise(CREATION, ["api error AccessDeniedException"], "dev") is None


def test_what_was_told_once_is_not_taken_in() -> None:
    advice = advise(Creation("okta:app/oAuth:OAuth", "orders-okta-default", {"label": "orders"}), ["EOF"], "dev")
    assert advice is not None
    assert "delete it" in advice
    assert "pulumi import" not in advice


def test_what_a_killed_cli_had_begun_is_advised_on_like_a_lost_answer() -> None:
    begun = {
        "urn": f"{PARENT}${POOL}::orders-cognito",
        "custom": True,
        "type": POOL,
        "inputs": dict(CREATION.inputs),
        "parent": PARENT,
        "provider": "urn:pulumi:dev::agentcore-auth::pulumi:providers:aws::default_7_51_1::0b1c",
    }
    component = {"urn": PARENT, "custom": False, "type": "agentcore-auth:index:CognitoProvider"}
    elsewhere = {**begun, "provider": "urn:pulumi:dev::agentcore-auth::pulumi:providers:aws::account-2::0b1c"}
    pending = [
        *({"type": "creating", "resource": each} for each in (begun, component, elsewhere)),
        {"type": "updating", "resource": begun},
    ]
    own, abroad = advise_on_pending({"pending_operations": pending}, "dev")
    assert own == advise(CREATION, ["EOF"], "dev")
    assert "--provider provider=urn:pulumi:dev::agentcore-auth::pulumi:providers:aws::account-2 " in abroad
    assert advise_on_pending({}, "dev") == []


def test_a_replacement_that_had_begun_is_not_taken_in_beside_what_it_replaces() -> None:
    begun = {"urn": f"{PARENT}${POOL}::orders-cognito", "custom": True, "type": POOL, "inputs": {"name": "orders-2"}}
    deployment = {"resources": [begun], "pending_operations": [{"type": "creating", "resource": begun}]}
    advice = ["orders-cognito: its replacement was begun; if orders-2 exists, delete it"]
    assert advise_on_pending(deployment, "dev") == advice
