"""The caller policy: what it allows, and who gets it."""

from __future__ import annotations

from tests.unit.pulumi_mocks import ACCOUNT, deploy
from tests.unit.stacks import COGNITO, LAMBDA, MCP, OPENAPI, OTHER_ACCOUNT, VAULT, document, stack


def test_callers_get_the_policy_by_name() -> None:
    callers = {"attachTo": {"roles": ["agents"], "users": ["ann"], "groups": ["ops"]}}
    recorder = deploy({**COGNITO, "callers": callers})
    assert recorder.one(":RolePolicyAttachment")["role"] == "agents"
    assert recorder.one(":UserPolicyAttachment")["user"] == "ann"
    assert recorder.one(":GroupPolicyAttachment")["group"] == "ops"


def test_caller_and_role_read_exactly_the_documents_in_s3() -> None:
    recorder = stack(
        {**OPENAPI, "schema": "s3://schemas/stock.yaml"},
        {**LAMBDA, "tools": None, "toolsS3": "s3://theirs/a", "bucketOwner": OTHER_ACCOUNT},
    )
    for kind in (":Policy", ":RolePolicy"):
        (reading,) = (each for each in document(recorder.one(kind)["policy"]) if each["Sid"] == "ReadToolDocuments")
        assert reading["Resource"] == ["arn:aws:s3:::schemas/stock.yaml", "arn:aws:s3:::theirs/a"]
        assert reading["Condition"]["StringEquals"]["s3:ResourceAccount"] == [ACCOUNT, OTHER_ACCOUNT]
    schemas = {
        each.inputs["name"]: each.inputs["targetConfiguration"]["mcp"]
        for each in recorder.all(":AgentcoreGatewayTarget")
    }
    assert schemas["stock"]["openApiSchema"]["s3"] == {"uri": "s3://schemas/stock.yaml"}
    theirs = {"uri": "s3://theirs/a", "bucketOwnerAccountId": OTHER_ACCOUNT}
    assert schemas["orders"]["lambda"]["toolSchema"]["s3"] == theirs


def test_callers_of_an_mcp_target_with_oauth_can_synchronize_it() -> None:
    provider = f"{VAULT}/oauth2credentialprovider/crm"
    policy = stack({**MCP, "credentials": {"type": "oauth", "providerArn": provider, "scopes": []}}).one(":Policy")
    statements = {each["Sid"]: each for each in document(policy["policy"])}
    assert provider in statements["GetOAuthTokens"]["Resource"]
    assert "bedrock-agentcore:GetWorkloadAccessTokenForUserId" in statements["GetWorkloadTokens"]["Action"]


def test_callers_need_nothing_of_the_credential_of_a_server_that_is_asked_for_its_tools_every_time() -> None:
    oauth = {"type": "oauth", "providerArn": f"{VAULT}/oauth2credentialprovider/crm", "scopes": []}
    recorder = stack({**MCP, "credentials": oauth, "listingMode": "DYNAMIC"})
    callers, execution = (
        {each["Sid"] for each in document(recorder.one(kind)["policy"])} for kind in (":Policy", ":RolePolicy")
    )
    credential = {"GetWorkloadTokens", "GetOAuthTokens", "ReadCredentials"}
    assert credential <= execution
    assert not callers & {*credential, "CompleteTokens", "GetApiKeys"}


def test_a_key_of_one_s_own_comes_with_what_its_owner_adds() -> None:
    key = f"arn:aws:kms:us-west-2:{OTHER_ACCOUNT}:key/{'a' * 36}"
    recorder = deploy({**COGNITO, "gateway": {"name": "demo", "kmsKeyArn": key}})
    role = next(each for each in recorder.all(":RolePolicy") if each.name == "demo").inputs
    sids = [each["Sid"] for each in document(role["policy"])]
    assert sids[-3:] == ["DescribeGatewayKey", "EncryptGateways", "GrantGatewayKey"]
    (entry,) = recorder.outputs["keyPolicyStatements"]
    assert (entry["keyArn"], entry["accountId"]) == (key, OTHER_ACCOUNT)
    assert entry["statements"][0]["Condition"]["ArnEquals"] == {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/demo"}
    assert entry["command"].startswith(f"aws kms get-key-policy --region us-west-2 --key-id {key}")


def test_without_such_a_key_there_is_nothing_for_an_owner() -> None:
    assert deploy(COGNITO).outputs["keyPolicyStatements"] == []
