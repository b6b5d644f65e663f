"""The sections of targets: which mistakes in them are named, and what only looks like one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.stack_files import AUTH0, FUNCTION, TOOL, Bad, assert_named, each_of, function, loaded, mistakes, target


def smithy(**keys: Any) -> dict[str, Any]:
    return target(
        type="smithy",
        model="s3://schemas/model.json",
        **{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::b/*"], **keys},
    )


def openapi(**credentials: Any) -> dict[str, Any]:
    return target(type="openapi", schema="s3://schemas/api.json", credentials=credentials)


BAD: list[Bad] = [
    (target(endpoint="https://a"), "targets[0]", "type is missing; valid: lambda,"),
    ({"targets": [{"name": "t", "type": "lamda"}]}, "targets[0]", "valid: lambda, smithy"),
    ({"targets": [{"name": "t--x", "type": "sample"}]}, "targets[0].name", "single hyphens"),
    (target(type="lambda", functionArn=FUNCTION), "targets[0]", "it has none"),
    (target(type="lambda", functionArn=FUNCTION, tools=[]), "targets[0].tools", "has no tool in it"),
    (target(type="lambda", functionArn="lookup", tools=[TOOL]), "targets[0].functionArn", "arn:aws:lambda:"),
    (
        target(type="lambda", functionArn="arn:aws:s3:::bucket", tools=[TOOL]),
        "targets[0].functionArn",
        "a Lambda function's ARN",
    ),
    (target(type="lambda", functionArn=FUNCTION, tools=[TOOL, TOOL]), "targets[0].tools", "lookup"),
    (target(type="lambda", functionArn=FUNCTION, toolsFile="absent.json"), "targets[0].toolsFile", "there is no file"),
    (target(type="smithy", model="s3://b-1/m.json", resources=["*"]), "targets[0].actions", "is required"),
    (smithy(actions=["s3:GetObject", "s3:**"]), "targets[0].actions[1]", "mode: tutorial"),
    (smithy(resources=["*"]), "targets[0].resources[0]", "mode: tutorial"),
    (smithy(resources=["arn:aws:s3:::b/*", "arn:aws-cn:s3:::*"]), "targets[0].resources[1]", "mode: tutorial"),
    (target(type="mcp", endpoint="http://plain.example"), "targets[0].endpoint", "https://"),
    (
        target(type="mcp", endpoint="https://a.example/mcp", credentials={"type": "iam", "service": "s3"}),
        "targets[0].endpoint",
        "AgentCore Runtime",
    ),
    (target(type="openapi", schema="s3://schemas/${aws:username}"), "targets[0].schema", "without *, ? and ${"),
    (target(type="openapi", schema="a.json", bucketOwner="210987654321"), "targets[0].bucketOwner", "document in S3"),
    (target(type="openapi", schema="s3://a-b/c", bucketOwner="1"), "targets[0].bucketOwner", "account id"),
    (target(type="openapi", schema="s3://*/*"), "targets[0].schema", "without *, ? and ${"),
    (target(type="openapi", schema="s3://schemas/*"), "targets[0].schema", "without *, ? and ${"),
    (target(type="openapi", schema="s3://schemas/"), "targets[0].schema", "s3://<bucket>/<key>"),
    (
        target(type="smithy", model="s3://", actions=["s3:GetObject"], resources=["*"]),
        "targets[0].model",
        "s3://<bucket>/<key>",
    ),
    (openapi(type="apiKey"), "targets[0].credentials", "exactly one of secretRef, secretArn, providerArn"),
    (openapi(type="apiKey", secretRef="absent"), "targets[0].credentials.secretRef", "there is no key 'absent'"),
    (openapi(type="apiKey", secretRef="plain") | {"plain": "x"}, "targets[0].credentials.secretRef", "is not secret"),
    (openapi(type="oauth", scopes=[]), "targets[0].credentials.clientId", "is required"),
    (openapi(type="iam", service="s3"), "targets[0].credentials", "needs actions and resources"),
    (openapi(type="jwt"), "targets[0].credentials", "type is jwt; valid: none, oauth, apiKey, iam"),
    (function(FUNCTION.replace("aws:", "aws-cn:", 1)), "targets[0].functionArn", "us-west-2 is in aws"),
    ({"aws:region": "cn-north-1", **function(FUNCTION)}, "targets[0].functionArn", "cn-north-1 is in aws-cn"),
    ({"aws:region": "us-gov-west-1", **function(FUNCTION)}, "targets[0].functionArn", "is in aws-us-gov"),
    (
        target(name="t" * 90, type="openapi", schema="s3://a-b/c", credentials={"type": "apiKey", "secretRef": "key"})
        | {"gateway": {"name": "g" * 40}},
        "targets[0].name",
        "would have 139 characters; AWS takes 128",
    ),
]


@each_of(BAD)
def test_a_mistake_is_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)


ACCEPTED: list[dict[str, Any]] = [
    {"mode": "tutorial", **smithy(actions=["*", "s3:**"], resources=["*", "arn:aws:dynamodb:*:*:*"])},
    function(f"{FUNCTION}:$LATEST"),
    function(FUNCTION.replace("us-west-2", "eu-west-1")),
    {
        "aws:region": "cn-north-1",
        "identityProviders": ["auth0"],
        **AUTH0,
        **function(FUNCTION.replace("aws", "aws-cn", 1)),
    },
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_what_only_looks_like_a_mistake_is_accepted(changes: dict[str, Any]) -> None:
    loaded(changes)


def test_a_tools_file_is_read_and_checked(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text(json.dumps([TOOL]))
    settings = loaded(target(type="lambda", functionArn=FUNCTION, toolsFile="tools.json"), tmp_path)
    assert json.loads(settings.documents["tool"]) == [TOOL]
    (tmp_path / "tools.json").write_text('[{"name": "a b"}]')
    found = mistakes(target(type="lambda", functionArn=FUNCTION, toolsFile="tools.json"), tmp_path)
    assert "tools.json" in found["targets[0].toolsFile"]
