"""Instances of the aws provider: region, account, roles, tags; and what they refuse by name."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.providers.aws import readable
from sandbox.providers.values import encode
from tests.sandbox.aws_fixtures import (
    POOL,
    REGION,
    ROLE,
    Aws,
    Stack,
    account,
    allow,
    aws,
    stack,
    trust,
    urn,
)

__all__ = ["account", "aws", "stack"]  # fixtures


def test_default_tags_are_on_what_takes_tags(aws: Aws, account: str) -> None:
    tags = json.dumps({"tags": {"project": "demo", "owner": "team"}})  # as SDKs send what is no string
    tagged = Stack(aws.port, {"region": REGION, "accessKey": account, "defaultTags": tags})

    role = tagged.create(ROLE, "role", assumeRolePolicy=trust("lambda.amazonaws.com"), tags={"owner": "me"})
    plain_role = tagged.create(ROLE, "other", assumeRolePolicy=trust("lambda.amazonaws.com"))

    assert role.outputs["tagsAll"] == {"project": "demo", "owner": "me"}
    assert plain_role.outputs["tagsAll"] == {"project": "demo", "owner": "team"}
    tagged.channel.close()


def test_two_connections_are_two_instances_of_the_provider(aws: Aws, account: str) -> None:
    here, there = (Stack(aws.port, {"region": region, "accessKey": account}) for region in (REGION, "eu-central-1"))

    assert here.invoke("aws:index/getRegion:getRegion")["region"] == REGION
    assert there.invoke("aws:index/getRegion:getRegion")["region"] == "eu-central-1"
    assert here.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == account
    here.channel.close()
    there.channel.close()


def test_the_partition_follows_the_region(aws: Aws, account: str) -> None:
    china = Stack(aws.port, {"region": "cn-north-1", "accessKey": account})

    assert china.invoke("aws:index/getPartition:getPartition") == {
        "partition": "aws-cn",
        "id": "aws-cn",
        "dnsSuffix": "amazonaws.com.cn",
        "reverseDnsPrefix": "cn.com.amazonaws",
    }
    china.channel.close()


def test_an_existing_pool_is_looked_up(stack: Stack) -> None:
    pool = stack.create(POOL, "pool", name="people")

    found = stack.invoke("aws:cognito/getUserPool:getUserPool", userPoolId=pool.id)

    assert (found["name"], found["arn"]) == ("people", pool.outputs["arn"])
    with pytest.raises(grpc.RpcError, match="user pool us-west-2_nothing does not exist"):
        stack.invoke("aws:cognito/getUserPool:getUserPool", userPoolId="us-west-2_nothing")


def test_a_role_of_another_account_is_assumed(aws: Aws, account: str) -> None:
    owner = str(int(account) // 10 + 10**11)
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    deploy = aws.client("iam", owner).create_role(
        RoleName="deploy", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    )["Role"]["Arn"]
    aws.client("iam", owner).put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=allow("iam:*", "*"))
    config = {"region": REGION, "accessKey": account, "assumeRoles": json.dumps([{"roleArn": deploy}])}

    abroad = Stack(aws.port, config)

    assert abroad.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == owner
    assert (
        abroad.create(ROLE, "made", assumeRolePolicy=trust("lambda.amazonaws.com")).outputs["arn"].split(":")[4]
        == owner
    )
    abroad.channel.close()


def test_unknown_types_functions_and_arguments_are_refused_by_name(stack: Stack) -> None:
    bucket = "aws:s3/bucket:Bucket"
    with pytest.raises(grpc.RpcError, match=f"no resource type {bucket}"):
        stack.stub.Check(provider_pb2.CheckRequest(urn=urn(bucket, "b"), news=encode({})))
    with pytest.raises(grpc.RpcError, match="no function aws:s3/getBucket:getBucket"):
        stack.invoke("aws:s3/getBucket:getBucket")
    with pytest.raises(grpc.RpcError, match="does not take argument poolId; did you mean"):
        stack.invoke("aws:cognito/getUserPool:getUserPool", poolId="x")


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"assumeRolePolicy": "{}", "descripton": "x"}, 'descripton: unknown property; did you mean "description"?'),
        ({}, "assumeRolePolicy: is required"),
        ({"assumeRolePolicy": "{}", "namePrefix": "x"}, "namePrefix: the sandbox does not support this property"),
    ],
)
def test_inputs_that_cannot_be_honoured_are_refused_by_name(stack: Stack, inputs: dict[str, Any], reason: str) -> None:
    answer = stack.stub.Check(provider_pb2.CheckRequest(urn=urn(ROLE, "role"), news=encode(inputs)))

    assert [reason in failure.reason for failure in answer.failures] == [True]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "aws:region is missing"),
        ({"region": "us-west-9"}, 'aws:region: AWS has no region us-west-9; did you mean "us-west-2"'),
        ({"region": REGION, "profile": "me"}, "aws:profile: the sandbox does not support"),
        ({"region": REGION, "assumeRoles": [{}]}, "roleArn is required"),
    ],
)
def test_a_configuration_of_no_use_is_refused(aws: Aws, config: dict[str, Any], message: str) -> None:
    with pytest.raises(grpc.RpcError, match=message):
        Stack(aws.port, config)


def test_a_misspelt_setting_of_the_provider_is_found(stack: Stack) -> None:
    request = provider_pb2.CheckRequest(urn=urn("pulumi:providers:aws", "p"), news=encode({"regoin": REGION}))

    [failure] = stack.stub.CheckConfig(request).failures

    assert 'did you mean "region"?' in failure.reason


def test_a_region_of_a_resource_that_aws_does_not_have_is_refused(stack: Stack) -> None:
    with pytest.raises(grpc.RpcError, match="region: AWS has no region eu-central-9"):
        stack.check(POOL, "pool", {"name": "people", "region": "eu-central-9"})


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Parameter validation failed:\nMissing name", "Parameter validation failed:\nMissing name"),
        ("", ""),
        (
            "Unable to parse response, invalid XML received:\nb'<!doctype html>\\n<html>'",
            "Unable to parse response, invalid XML received",
        ),
        (
            "<!DOCTYPE HTML>\n<title>500</title>",
            "the answer is a page of HTML instead of an error that the service documents",
        ),
    ],
)
def test_a_page_of_html_is_not_shown(message: str, shown: str) -> None:
    assert readable(message) == shown
