"""The execution role, which gateways assume to call their targets: who may assume it, and what it may do.

Pure; inside the program the functions are called where outputs have resolved. `mode: tutorial` gives the tutorial's
documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agentcore_auth.iam.keys import KeyUse, key_statements
from agentcore_auth.iam.owners import sid_ending
from agentcore_auth.iam.statements import (
    SERVICE,
    AwsScope,
    Document,
    Statement,
    agentcore,
    allow,
    distinct,
    document,
    gateway_arns,
    global_arn,
    policy_engine_arns,
    workload_identity_arns,
)
from agentcore_auth.iam.upkeep import ToolDocument, read_documents
from agentcore_auth.iam.vault import CredentialUse, credential_statements
from agentcore_auth.mode import Mode


@dataclass(frozen=True)
class FunctionCall:
    """A target that invokes a Lambda function, in this account or another."""

    function_arn: str


@dataclass(frozen=True)
class ServiceCalls:
    """A target that calls an AWS service: the actions that its tools need, on these resources."""

    target: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True)
class PolicyEvaluation:
    """Gateways that ask their policy engines who may call what."""


Permission: TypeAlias = FunctionCall | ServiceCalls | CredentialUse | ToolDocument | KeyUse | PolicyEvaluation
"""What a target, or a gateway, asks of the execution role."""


def execution_role_name(gateway_name: str) -> str:
    """The execution role's fixed name; with a gateway's name of at most 48 characters within IAM's 64."""
    return f"{gateway_name}-gateway"


def execution_role_arn(scope: AwsScope, path: str, gateway_name: str) -> str:
    """The ARN that the execution role will have; `path` begins and ends with a slash."""
    return global_arn(scope, f"role{path}{execution_role_name(gateway_name)}")


def trust_policy(scope: AwsScope, gateway_names: Sequence[str], mode: Mode) -> Document:
    """Who may assume the execution role: the AgentCore service, in pinned mode for exactly these gateways.

    AgentCore developer guide, "gateway-prerequisites-permissions" (confused deputy).
    """
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    if mode == "pinned":
        statement["Sid"] = "AssumedByTheseGateways"
        statement["Condition"] = {
            "StringEquals": {"aws:SourceAccount": scope.account},
            "ArnLike": {"aws:SourceArn": gateway_arns(scope, gateway_names)},
        }
    return document([statement])


def execution_statements(
    scope: AwsScope, gateway_names: Sequence[str], permissions: Iterable[Permission], mode: Mode
) -> list[Statement]:
    """What the execution role may do: what its targets need, and nothing for kinds of targets that are not there."""
    asked = list(dict.fromkeys(permissions))
    functions = distinct(each.function_arn for each in asked if isinstance(each, FunctionCall))
    uses = [each for each in asked if isinstance(each, CredentialUse)]
    statements: list[Statement] = []
    if functions:
        sid = "InvokeFunctions" if mode == "pinned" else "VisualEditor0"
        statements.append(allow(sid, ["lambda:InvokeFunction"], functions))
    statements += _service_statements([each for each in asked if isinstance(each, ServiceCalls)])
    statements += credential_statements(workload_identity_arns(scope, gateway_names), uses, ["GetWorkloadAccessToken"])
    statements += read_documents(scope, [each for each in asked if isinstance(each, ToolDocument)])
    for key in (each.key_arn for each in asked if isinstance(each, KeyUse)):
        statements += key_statements(scope, gateway_names, key)
    if any(isinstance(each, PolicyEvaluation) for each in asked):
        # Developer guide, "policy-permissions"; the first two actions are checked on the gateway as well.
        engines, gateways = policy_engine_arns(scope, gateway_names), gateway_arns(scope, gateway_names)
        evaluation = agentcore(["AuthorizeAction", "PartiallyAuthorizeActions"])
        statements.append(allow("EvaluatePolicies", evaluation, [*engines, *gateways]))
        statements.append(allow("ReadPolicyEngines", agentcore(["GetPolicyEngine"]), engines))
    return statements


def _service_statements(calls: Sequence[ServiceCalls]) -> list[Statement]:
    """One statement for each target; a Sid takes letters and digits only, so names may need a number to differ."""
    statements: list[Statement] = []
    for call in calls:
        base = f"Call{sid_ending(call.target)}"
        taken = [statement["Sid"] for statement in statements]
        sid = next(sid for sid in (base, *(f"{base}{number}" for number in range(2, 102))) if sid not in taken)
        statements.append(allow(sid, call.actions, call.resources))
    return statements


def cross_account_sid(gateway_name: str, mode: Mode) -> str:
    """The id of the statement that admits a stack's role, in pinned mode of this stack's own.

    A function's policy has each id once, so several stacks can have one function.
    """
    return "cross-account-access" if mode == "tutorial" else f"cross-account-access-{gateway_name}"


def cross_account_statement(function_arn: str, role_arn: str, sid: str) -> Statement:
    """The statement that a function in another account needs in its own policy: it admits the execution role."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": role_arn},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn,
    }
