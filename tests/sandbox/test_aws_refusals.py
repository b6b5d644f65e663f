"""What Cognito, IAM, Lambda and Secrets Manager refuse, the sandbox refuses in the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.aws_fixtures import (
    CLIENT,
    DOMAIN,
    FUNCTION,
    POOL,
    REGION,
    RESOURCE_SERVER,
    ROLE,
    ROLE_POLICY,
    Aws,
    Deployed,
    Stack,
    account,
    allow,
    aws,
    function,
    function_inputs,
    gateway_role,
    refused,
    stack,
    trust,
)

__all__ = ["account", "aws", "stack"]  # fixtures

POLICY = "aws:iam/policy:Policy"
PERMISSION = "aws:lambda/permission:Permission"
SCOPES = [{"scopeName": "read", "scopeDescription": "to read"}]
M2M = {
    "generateSecret": True,
    "allowedOauthFlows": ["client_credentials"],
    "allowedOauthFlowsUserPoolClient": True,
    "allowedOauthScopes": ["demo/read"],
}


@pytest.fixture
def pool(stack: Stack) -> Deployed:
    pool = stack.create(POOL, "pool")
    stack.create(RESOURCE_SERVER, "server", userPoolId=pool.id, identifier="demo", name="demo", scopes=SCOPES)
    return pool


# User pools


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ("my-aws-domain", "Domain cannot contain reserved word: aws"),
        ("amazonian", "Domain cannot contain reserved word: amazon"),
        ("cognito-demo", "Domain cannot contain reserved word: cognito"),
        ("Demo", "at 'Domain' failed to satisfy constraint"),
        ("demo-", "at 'Domain' failed to satisfy constraint"),
        ("x" * 64, "at 'Domain' failed to satisfy constraint"),
    ],
)
def test_a_domain_that_cannot_be(stack: Stack, pool: Deployed, domain: str, message: str) -> None:
    with refused("InvalidParameterException", message):
        stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=domain)


def test_a_domain_that_another_account_has_taken(stack: Stack, aws: Aws, account: str, pool: Deployed) -> None:
    prefix = f"demo-{account}"
    other = Stack(aws.port, {"region": REGION, "accessKey": str(int(account) // 10 + 10**11)})
    taken = other.create(DOMAIN, "domain", userPoolId=other.create(POOL, "pool").id, domain=prefix)

    with refused("InvalidParameterException", "Domain already associated with another user pool"):
        stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=prefix)

    other.delete(taken)
    assert stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=prefix).id == prefix
    other.channel.close()


def test_a_second_domain_of_a_pool(stack: Stack, account: str, pool: Deployed) -> None:
    stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=f"first-{account}")
    with refused("InvalidParameterException", "User pool already has a domain configured"):
        stack.create(DOMAIN, "second", userPoolId=pool.id, domain=f"second-{account}")


def test_a_pool_with_a_domain_or_under_protection_is_not_deleted(stack: Stack, account: str) -> None:
    pool = stack.create(POOL, "pool", deletionProtection="ACTIVE")
    domain = stack.create(DOMAIN, "domain", userPoolId=pool.id, domain=f"demo-{account}")

    with refused("InvalidParameterException", "It has a domain configured that should be deleted first"):
        stack.delete(pool)
    stack.delete(domain)
    with refused("InvalidParameterException", "deletion protection is activated"):
        stack.delete(pool)
    stack.delete(stack.update(pool, deletionProtection="INACTIVE"))

    assert stack.read(pool).id == ""


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"allowedOauthScopes": ["demo/write"]}, "ScopeDoesNotExistException", "demo/write"),
        ({"allowedOauthScopes": ["read"]}, "ScopeDoesNotExistException", "read"),
        ({"generateSecret": False}, "InvalidOAuthFlowException", "does not have a client secret"),
        ({"allowedOauthFlows": ["client_credentials", "code"]}, "InvalidOAuthFlowException", "along with code flow"),
        ({"allowedOauthScopes": ["openid"]}, "InvalidOAuthFlowException", "needs scopes of a resource server"),
        ({"allowedOauthFlows": ["client-credentials"]}, "InvalidParameterException", "enum value set"),
        ({"allowedOauthFlowsUserPoolClient": False}, "InvalidParameterException", "AllowedOAuthFlowsUserPoolClient"),
        ({"accessTokenValidity": 25}, "InvalidParameterException", "Invalid range for token validity"),
        (
            {"accessTokenValidity": 4, "tokenValidityUnits": {"accessToken": "minutes"}},
            "InvalidParameterException",
            "Invalid range for token validity",
        ),
        ({"supportedIdentityProviders": ["Okta"]}, "InvalidParameterException", "The provider Okta does not exist"),
    ],
)
def test_a_client_that_its_pool_cannot_have(
    stack: Stack, pool: Deployed, changed: dict[str, Any], code: str, message: str
) -> None:
    with refused(code, message):
        stack.create(CLIENT, "client", userPoolId=pool.id, **M2M | changed)


def test_an_update_of_a_client_is_checked_like_its_creation(stack: Stack, pool: Deployed) -> None:
    client = stack.create(CLIENT, "client", userPoolId=pool.id, **M2M)
    with refused("ScopeDoesNotExistException", "demo/write"):
        stack.update(client, userPoolId=pool.id, **M2M | {"allowedOauthScopes": ["demo/read", "demo/write"]})


@pytest.mark.parametrize("scope", ["read/all", "", "a b"])
def test_a_scope_name_that_the_service_cannot_hold(stack: Stack, pool: Deployed, scope: str) -> None:
    scopes = [{"scopeName": scope, "scopeDescription": "x"}]
    with refused("InvalidParameterException", "ScopeName"):
        stack.create(RESOURCE_SERVER, "s", userPoolId=pool.id, identifier="other", name="other", scopes=scopes)


def test_a_resource_server_that_exists(stack: Stack, pool: Deployed) -> None:
    with refused("InvalidParameterException", "demo already exists in user pool"):
        stack.create(RESOURCE_SERVER, "again", userPoolId=pool.id, identifier="demo", name="demo", scopes=SCOPES)


# IAM, Lambda, Secrets Manager


def test_a_role_with_policies_is_not_deleted(stack: Stack) -> None:
    role = stack.create(ROLE, "role", assumeRolePolicy=trust("lambda.amazonaws.com"))
    inline = stack.create(ROLE_POLICY, "inline", role=role.id, policy=allow("s3:GetObject", "*"))
    attachment = stack.create(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "attached",
        role=role.id,
        policyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    )

    with refused("DeleteConflict", "must detach all policies first"):
        stack.delete(role)
    stack.delete(attachment)
    with refused("DeleteConflict", "must delete policies first"):
        stack.delete(role)
    stack.delete(inline)
    stack.delete(role)


def test_a_policy_that_is_attached_is_not_deleted(stack: Stack, aws: Aws, account: str) -> None:
    aws.client("iam", account).create_user(UserName="caller")
    policy = stack.create(POLICY, "policy", policy=allow("s3:GetObject", "*"))
    token = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
    attachment = stack.create(token, "attached", user="caller", policyArn=policy.id)

    with refused("DeleteConflict", "Cannot delete a policy attached to entities"):
        stack.delete(policy)
    stack.delete(attachment)
    stack.delete(policy)


def test_more_versions_of_a_policy_than_iam_keeps(stack: Stack, aws: Aws, account: str) -> None:
    policy = stack.create(POLICY, "policy", policy=allow("s3:GetObject", "arn:aws:s3:::b0/*"))
    for number in range(1, 8):
        policy = stack.update(policy, policy=allow("s3:GetObject", f"arn:aws:s3:::b{number}/*"))

    versions = aws.client("iam", account).list_policy_versions(PolicyArn=policy.id)["Versions"]
    assert len(versions) == 5
    stack.delete(policy)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_an_attachment_to_nobody(stack: Stack, kind: str) -> None:
    policy = stack.create(POLICY, "policy", policy=allow("s3:GetObject", "*"))
    token = f"aws:iam/{kind}PolicyAttachment:{kind.capitalize()}PolicyAttachment"
    with refused("NoSuchEntity", "nobody"):
        stack.create(token, "attached", **{kind: "nobody", "policyArn": policy.id})


@pytest.mark.parametrize(
    "document",
    ["{}", "not JSON", '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}'],
)
def test_a_malformed_policy_document(stack: Stack, document: str) -> None:
    with refused("MalformedPolicyDocument", ""):
        stack.create(POLICY, "policy", policy=document)


def test_a_name_that_is_taken(stack: Stack) -> None:
    stack.create(ROLE, "one", name="taken", assumeRolePolicy=trust("lambda.amazonaws.com"))
    with refused("EntityAlreadyExists", "taken already exists"):
        stack.create(ROLE, "two", name="taken", assumeRolePolicy=trust("lambda.amazonaws.com"))


def test_a_function_whose_role_lambda_may_not_assume(stack: Stack, account: str) -> None:
    role = gateway_role(stack).outputs["arn"]
    for arn in (role, f"arn:aws:iam::{account}:role/nobody"):
        with refused("InvalidParameterValueException", "cannot be assumed by Lambda"):
            stack.create(FUNCTION, "echo", **function_inputs(arn))


def test_a_statement_id_that_is_taken_and_a_principal_that_is_nobody(stack: Stack, account: str) -> None:
    made = function(stack)
    inputs = {"action": "lambda:InvokeFunction", "function": made.id, "statementId": "cross-account-access"}
    role = gateway_role(stack).outputs["arn"]
    stack.create(PERMISSION, "one", **inputs, principal=role)

    with refused("ResourceConflictException", r"statement id \(cross-account-access\) provided already exists"):
        stack.create(PERMISSION, "two", **inputs, principal=role)
    with refused("InvalidParameterValueException", "The provided principal was invalid"):
        nobody = f"arn:aws:iam::{account}:role/nobody"
        stack.create(PERMISSION, "three", **inputs | {"statementId": "other"}, principal=nobody)


def test_a_secret_whose_name_is_taken_or_waits_for_its_deletion(stack: Stack) -> None:
    token = "aws:secretsmanager/secret:Secret"
    secret = stack.create(token, "secret", name="taken")
    with refused("ResourceExistsException", "already exists"):
        stack.create(token, "again", name="taken")

    stack.delete(secret)

    assert stack.read(secret).id == ""
    with refused("InvalidRequestException", "scheduled for deletion"):
        stack.create(token, "again", name="taken")


def test_a_role_that_does_not_trust_the_caller_is_not_assumed(aws: Aws, account: str) -> None:
    owner = str(int(account) // 10 + 10**11)
    trusted = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}
    deploy = aws.client("iam", owner).create_role(
        RoleName="deploy", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    )["Role"]["Arn"]
    for arn in (deploy, f"arn:aws:iam::{owner}:role/nobody"):
        with refused("AccessDenied", f"is not authorized to perform: sts:AssumeRole on resource: {arn}"):
            Stack(aws.port, {"region": REGION, "accessKey": account, "assumeRoles": [{"roleArn": arn}]})
