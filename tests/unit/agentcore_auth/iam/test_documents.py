from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import replace
from itertools import chain, combinations
from typing import Any
from urllib.parse import quote

import pytest

from agentcore_auth import iam
from agentcore_auth.iam.endpoints import signed_call
from agentcore_auth.mode import Mode
from sandbox.aws.policies import Request, evaluate, evaluate_with_principal
from tests.unit.policy_table import faults

HERE = iam.AwsScope("aws", "123456789012", "us-west-2")
GATEWAYS = ["tools-cognito", "tools-okta"]
ROLE = "arn:aws:iam::123456789012:role/agents/tools-execution"
OWN_FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:weather"
OTHER_FUNCTION = "arn:aws:lambda:us-west-2:210987654321:function:billing:live"
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:bedrock-agentcore-identity!default"
VAULT = "arn:aws:bedrock-agentcore:us-west-2:123456789012:token-vault/default"
DIRECTORY = "arn:aws:bedrock-agentcore:us-west-2:123456789012:workload-identity-directory/default"
RUNTIMES = "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes"
RUNTIME = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/notes-abcdefghij"

OWN = iam.FunctionCall(OWN_FUNCTION)
OTHER = iam.FunctionCall(OTHER_FUNCTION)
TABLES = iam.ServiceCalls(
    "order-table", ("dynamodb:GetItem",), ("arn:aws:dynamodb:us-west-2:123456789012:table/orders",)
)
SIGNED = iam.ServiceCalls(
    "notes", ("bedrock-agentcore:InvokeAgentRuntime",), (RUNTIME, f"{RUNTIME}/runtime-endpoint/DEFAULT")
)
KEY = iam.CredentialUse(iam.API_KEY, f"{VAULT}/apikeycredentialprovider/pets", f"{SECRET}/apikey/pets-AbCdEf")
TOKEN = iam.CredentialUse(iam.OAUTH, f"{VAULT}/oauth2credentialprovider/crm", f"{SECRET}/oauth2/crm-AbCdEf")
PERMISSIONS: list[iam.Permission] = [OWN, OTHER, TABLES, SIGNED, KEY, TOKEN, iam.PolicyEvaluation()]
EVERY_CHOICE = [
    list(choice) for choice in chain(*(combinations(PERMISSIONS, size) for size in range(len(PERMISSIONS) + 1)))
]


def execution(*permissions: iam.Permission, mode: Mode = "pinned") -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in iam.execution_statements(HERE, GATEWAYS, permissions, mode)}


def test_pinned_trust_names_each_gateway() -> None:
    (statement,) = iam.trust_policy(HERE, GATEWAYS, "pinned")["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {
            "aws:SourceArn": [
                "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/tools-cognito-??????????",
                "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/tools-okta-??????????",
            ]
        },
    }


def test_tutorial_trust_is_the_tutorials() -> None:
    assert iam.trust_policy(HERE, GATEWAYS, "tutorial") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_arns_are_of_the_callers_partition(partition: str) -> None:
    scope = replace(HERE, partition=partition)
    documents = [
        iam.trust_policy(scope, GATEWAYS, "pinned"),
        iam.caller_policy(
            scope, GATEWAYS, ROLE.replace("arn:aws:", f"arn:{partition}:"), "pinned", iam.Upkeep(buckets=["schemas"])
        ),
    ]
    text = str(documents)
    assert text.count("arn:") == text.count(f"arn:{partition}:")


@pytest.mark.parametrize(
    ("permissions", "sids"),
    [
        ([], set[str]()),
        ([OWN, OTHER], {"InvokeFunctions"}),
        ([TABLES, SIGNED], {"CallOrderTable", "CallNotes"}),
        ([KEY], {"GetWorkloadTokens", "GetApiKeys", "ReadCredentials"}),
        ([TOKEN], {"GetWorkloadTokens", "GetOAuthTokens", "ReadCredentials"}),
    ],
)
def test_the_role_has_the_statements_of_its_targets_and_no_others(
    permissions: list[iam.Permission], sids: set[str]
) -> None:
    assert set(execution(*permissions)) == sids


def test_functions_are_named_one_by_one() -> None:
    assert execution(OWN, OTHER, OWN)["InvokeFunctions"] == {
        "Sid": "InvokeFunctions",
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunction"],
        "Resource": [OWN_FUNCTION, OTHER_FUNCTION],
    }


def test_credentials_are_taken_from_the_vault_by_these_gateways_only() -> None:
    identities = [f"{DIRECTORY}/workload-identity/{name}-??????????" for name in GATEWAYS]
    statements = execution(KEY, TOKEN)
    assert statements["GetApiKeys"]["Resource"] == [DIRECTORY, *identities, VAULT, KEY.provider_arn]
    assert statements["GetOAuthTokens"]["Resource"] == [DIRECTORY, *identities, VAULT, TOKEN.provider_arn]
    assert statements["ReadCredentials"]["Resource"] == [KEY.secret_arn, TOKEN.secret_arn]


def test_a_provider_that_the_api_spells_with_its_older_name_is_named_as_iam_knows_it() -> None:
    spelled = iam.CredentialUse(iam.API_KEY, KEY.provider_arn.replace("bedrock-agentcore", "acps"), KEY.secret_arn)
    assert execution(spelled)["GetApiKeys"] == execution(KEY)["GetApiKeys"]


def test_targets_whose_names_differ_in_hyphens_only_have_different_sids() -> None:
    assert set(execution(replace(TABLES, target="a-b"), replace(SIGNED, target="aB"))) == {"CallAB", "CallAB2"}


@pytest.mark.parametrize("permissions", EVERY_CHOICE)
def test_no_execution_statement_is_wider_than_it_has_to_be(permissions: list[iam.Permission]) -> None:
    statements = iam.execution_statements(HERE, GATEWAYS, permissions, "pinned")
    assert faults(statements) == []
    assert len({statement["Sid"] for statement in statements}) == len(statements)


DOCUMENTS = [iam.ToolDocument("s3://schemas/tools.json"), iam.ToolDocument("s3://theirs/a/b.json", "210987654321")]
KMS_KEY = "arn:aws:kms:us-west-2:123456789012:key/" + "a" * 36
UPKEEPS: dict[str, tuple[iam.Upkeep, set[str]]] = {
    "nothing": (iam.Upkeep(), set()),
    "documents": (iam.Upkeep(DOCUMENTS), {"ReadToolDocuments"}),
    "buckets": (iam.Upkeep(buckets=["schemas"]), {"ReadSchemas"}),
    "a key": (iam.Upkeep(kms_key_arn=KMS_KEY), {"UseGatewayKey"}),
    "OAuth": (
        iam.Upkeep(credentials=[TOKEN]),
        {"GetWorkloadTokens", "GetOAuthTokens", "GetApiKeys", "CompleteTokens", "ReadCredentials"},
    ),
    "API keys": (iam.Upkeep(credentials=[KEY]), {"GetWorkloadTokens", "GetApiKeys", "ReadCredentials"}),
    "both": (
        iam.Upkeep(credentials=[KEY, TOKEN]),
        {"GetWorkloadTokens", "GetOAuthTokens", "GetApiKeys", "CompleteTokens", "ReadCredentials"},
    ),
}


@pytest.mark.parametrize(("upkeep", "sids"), UPKEEPS.values(), ids=UPKEEPS)
def test_callers_get_what_setting_targets_up_takes_and_nothing_wider(upkeep: iam.Upkeep, sids: set[str]) -> None:
    statements = iam.caller_policy(HERE, GATEWAYS, ROLE, "pinned", upkeep)["Statement"]
    always = iam.caller_policy(HERE, GATEWAYS, ROLE, "pinned")["Statement"]
    assert faults(statements) == []
    assert [each["Sid"] for each in statements if each not in always] == [
        each["Sid"] for each in statements if each["Sid"] in sids
    ]
    assert {each["Sid"] for each in statements} == {each["Sid"] for each in always} | sids


def test_tool_documents_are_read_object_by_object_of_the_accounts_that_are_named() -> None:
    (statement,) = iam.execution_statements(HERE, GATEWAYS, DOCUMENTS, "pinned")
    assert statement["Resource"] == ["arn:aws:s3:::schemas/tools.json", "arn:aws:s3:::theirs/a/b.json"]
    assert statement["Condition"] == {"StringEquals": {"s3:ResourceAccount": ["123456789012", "210987654321"]}}


def key_context(**changes: str) -> dict[str, str]:
    """What AgentCore says of a grant for one of the gateways."""
    arn = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/tools-okta-0123456789"
    said = {
        "kms:ViaService": "bedrock-agentcore.us-west-2.amazonaws.com",
        "kms:EncryptionContext:aws:bedrock-agentcore-gateway:arn": arn,
        "kms:GrantConstraintType": "EncryptionContextSubset",
        "kms:GrantOperations": "Decrypt",
        "aws:PrincipalArn": ROLE,
    }
    return {key: changes.get(key.rpartition(":")[2], value) for key, value in said.items()}


KEY_ACTIONS = ["kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"]
# Each row: what a request says otherwise, and the actions that are then refused.
KEY_REQUESTS: list[tuple[dict[str, str], list[str]]] = [
    ({}, []),
    ({"ViaService": "s3.us-west-2.amazonaws.com"}, KEY_ACTIONS),
    ({"arn": "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/other-0123456789"}, KEY_ACTIONS[1:]),
    ({"GrantConstraintType": "EncryptionContextEquals"}, KEY_ACTIONS[3:]),
    ({"GrantOperations": "Encrypt"}, KEY_ACTIONS[3:]),
]


@pytest.mark.parametrize(("changes", "refused"), KEY_REQUESTS)
@pytest.mark.parametrize("action", KEY_ACTIONS)
def test_the_role_uses_the_gateways_key_through_agentcore_for_its_gateways(
    changes: dict[str, str], refused: list[str], action: str
) -> None:
    statements = iam.execution_statements(HERE, GATEWAYS, [iam.KeyUse(KMS_KEY)], "pinned")
    request = Request(action, KMS_KEY, context=key_context(**changes))
    assert faults(statements) == []
    assert (evaluate([iam.document(statements)], request) == "allow") == (action not in refused)
    of_key = iam.document(iam.key_policy_statements(HERE, GATEWAYS, ROLE))
    root = (("AWS", "arn:aws:iam::123456789012:root"),)
    in_account = Request(action, KMS_KEY, root, key_context(**changes))
    assert (evaluate_with_principal(of_key, in_account) == "allow") == (action not in refused)


def test_the_key_s_own_policy_lets_in_this_role_only_and_has_sids_of_these_gateways() -> None:
    statements = iam.key_policy_statements(HERE, GATEWAYS, ROLE)
    request = Request("kms:DescribeKey", KMS_KEY, (("AWS", "arn:aws:iam::123456789012:root"),), key_context())
    other = replace(request, context={**request.context, "aws:PrincipalArn": f"{ROLE}-2"})
    assert evaluate_with_principal(iam.document(statements), request) == "allow"
    assert evaluate_with_principal(iam.document(statements), other) == "none"
    assert all(each["Sid"].endswith("ToolsCognito") for each in statements)


def test_the_key_s_owner_adds_the_statements_to_those_that_are_there() -> None:
    statements = iam.key_policy_statements(HERE, GATEWAYS, ROLE)
    command = iam.key_owners_command(KMS_KEY, statements)
    get, _, rest = command.partition(" | ")
    python, _, put = rest.partition(" > key-policy.json && ")
    assert shlex.split(get)[:3] == ["aws", "kms", "get-key-policy"]
    assert shlex.split(put)[:3] == ["aws", "kms", "put-key-policy"]
    before = {"Version": "2012-10-17", "Statement": [{"Sid": "Root"}, {**statements[0], "Effect": "Deny"}, {"A": 1}]}
    words = [sys.executable, *shlex.split(python)[1:]]
    after = subprocess.run(words, input=json.dumps(before), capture_output=True, text=True, check=True).stdout
    assert json.loads(after)["Statement"] == [{"Sid": "Root"}, {"A": 1}, *statements]


def test_the_caller_may_pass_the_execution_role_to_agentcore_only() -> None:
    statements = {
        statement["Sid"]: statement for statement in iam.caller_policy(HERE, GATEWAYS, ROLE, "pinned")["Statement"]
    }
    assert statements["PassExecutionRole"] == {
        "Sid": "PassExecutionRole",
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": [ROLE],
        "Condition": {"StringEquals": {"iam:PassedToService": "bedrock-agentcore.amazonaws.com"}},
    }


def test_the_tutorials_caller_policy_is_the_tutorials() -> None:
    statements = iam.caller_policy(HERE, GATEWAYS, ROLE, "tutorial", iam.Upkeep(DOCUMENTS))["Statement"]
    assert [(statement["Action"], statement["Resource"]) for statement in statements] == [
        (["bedrock-agentcore:*", "iam:PassRole"], ["*"]),
        (["s3:GetObject"], ["*"]),
    ]
    assert len(iam.caller_policy(HERE, GATEWAYS, ROLE, "tutorial")["Statement"]) == 1


def test_another_accounts_function_admits_the_execution_role() -> None:
    assert iam.cross_account_statement(OTHER_FUNCTION, ROLE, "s") == {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "lambda:InvokeFunction",
        "Resource": OTHER_FUNCTION,
    }
    assert iam.account_of(OTHER_FUNCTION) == "210987654321"


@pytest.mark.parametrize(
    ("endpoint", "action", "arns"),
    [
        (
            f"{RUNTIMES}/{quote(RUNTIME, safe='')}/invocations?qualifier=live",
            "bedrock-agentcore:InvokeAgentRuntime",
            (RUNTIME, f"{RUNTIME}/runtime-endpoint/live"),
        ),
        (
            "https://tools-abcdefghij.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp",
            "bedrock-agentcore:InvokeGateway",
            ("arn:aws:bedrock-agentcore:eu-west-1:123456789012:gateway/tools-abcdefghij",),
        ),
        (
            "https://a1b2c3.execute-api.us-west-2.amazonaws.com/prod/mcp",
            "execute-api:Invoke",
            ("arn:aws:execute-api:us-west-2:123456789012:a1b2c3/prod/*/*",),
        ),
    ],
)
def test_a_signed_endpoint_tells_its_permission(endpoint: str, action: str, arns: tuple[str, ...]) -> None:
    call = signed_call(endpoint)
    assert call is not None
    permission = call.permission("t", HERE)
    assert permission == iam.ServiceCalls("t", (action,), arns)
    assert faults(iam.execution_statements(HERE, GATEWAYS, [permission], "pinned")) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://tools.example/mcp",
        "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/notes/invocations",
        "https://a1b2c3.execute-api.us-west-2.amazonaws.com/",
        "https://bedrock-agentcore.us-west-2.amazonaws.com.evil.example/runtimes/x",
    ],
)
def test_an_address_that_does_not_tell_has_no_permission(endpoint: str) -> None:
    assert signed_call(endpoint) is None
