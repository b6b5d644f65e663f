"""IAM's evaluation logic, by a table of documents and requests."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.aws.policies import Request, UnsupportedPolicyError, evaluate, evaluate_with_principal

FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:echo"
ROLE = "arn:aws:iam::123456789012:role/gateway"
GATEWAY = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/demo-cognito-abcdefghij"
SERVICE = ("Service", "bedrock-agentcore.amazonaws.com")


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "lambda:InvokeFunction", "Resource": FUNCTION} | elements


@pytest.mark.parametrize(
    ("statements", "effect"),
    [
        ([], "none"),
        ([_statement()], "allow"),
        ([_statement(), _statement("Deny")], "deny"),
        ([_statement("Deny", Resource="*"), _statement()], "deny"),
        ([_statement("Deny", Action="lambda:GetFunction"), _statement()], "allow"),
        ([_statement(Action=["lambda:GetFunction", "lambda:Invoke*"])], "allow"),
        ([_statement(Action="LAMBDA:invokefunction")], "allow"),
        ([_statement(Action="lambda:Invoke")], "none"),
        ([_statement(Action="*", Resource="*")], "allow"),
        ([_statement(Resource=f"{FUNCTION}:*")], "none"),
        ([_statement(Resource=FUNCTION.replace("echo", "ech?"))], "allow"),
        ([_statement(Resource=FUNCTION.replace("echo", "Echo"))], "none"),
        ([_statement(Resource=["arn:aws:s3:::b", "arn:aws:lambda:*:123456789012:function:*"])], "allow"),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], "allow"),
        ([{"Effect": "Allow", "NotAction": "lambda:*", "Resource": "*"}], "none"),
        ([{"Effect": "Allow", "Action": "*", "NotResource": FUNCTION}], "none"),
        ([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}], "allow"),
        ([_statement(Condition={"StringEquals": {"aws:ResourceTag/team": "x"}})], "none"),
    ],
)
def test_identity_policies(statements: list[dict[str, Any]], effect: str) -> None:
    assert evaluate([_document(*statements)], Request("lambda:InvokeFunction", FUNCTION)) == effect


def test_a_deny_in_one_document_wins_over_an_allow_in_another() -> None:
    documents = [_document(_statement()), _document(_statement("Deny", Resource="*"))]

    assert evaluate(documents, Request("lambda:InvokeFunction", FUNCTION)) == "deny"


def test_a_document_may_hold_one_statement_outside_a_list() -> None:
    assert evaluate([{"Statement": _statement()}], Request("lambda:InvokeFunction", FUNCTION)) == "allow"


CONTEXT = {"aws:SourceAccount": "123456789012", "aws:SourceArn": GATEWAY}


@pytest.mark.parametrize(
    ("condition", "effect"),
    [
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, "allow"),
        ({"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}}, "allow"),
        ({"StringEquals": {"aws:SourceAccount": "210987654321"}}, "none"),
        ({"StringNotEquals": {"aws:SourceAccount": "123456789012"}}, "none"),
        ({"StringNotEquals": {"aws:SourceAccount": "210987654321"}}, "allow"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, "allow"),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "none"),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, "allow"),
        ({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}, "none"),
        ({"StringLike": {"aws:SourceArn": "*gateway/demo-*"}}, "allow"),
        ({"ArnLike": {"aws:SourceArn": f"{GATEWAY[:-10]}??????????"}}, "allow"),
        ({"ArnLike": {"aws:SourceArn": f"{GATEWAY[:-10]}?????????"}}, "none"),
        ({"ArnLike": {"aws:SourceArn": GATEWAY.replace("demo", "Demo")}}, "none"),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:*:123456789012:*"}}, "allow"),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:bedrock*"}}, "none"),
        ({"ArnEquals": {"aws:SourceArn": GATEWAY}, "StringEquals": {"aws:SourceAccount": "1"}}, "none"),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, "allow"),
    ],
)
def test_conditions_of_a_trust_policy(condition: dict[str, Any], effect: str) -> None:
    trust = {"Effect": "Allow", "Principal": dict([SERVICE]), "Action": "sts:AssumeRole", "Condition": condition}

    assert evaluate_with_principal(_document(trust), Request("sts:AssumeRole", ROLE, (SERVICE,), CONTEXT)) == effect


@pytest.mark.parametrize(
    ("principal", "effect"),
    [
        ({"AWS": ROLE}, "allow"),
        ({"AWS": ["arn:aws:iam::123456789012:role/other", ROLE]}, "allow"),
        ({"AWS": "arn:aws:iam::123456789012:role/gatewa*"}, "none"),
        ({"Service": ROLE}, "none"),
        ({"AWS": "*"}, "allow"),
        ("*", "allow"),
        (ROLE, "allow"),
        ({}, "none"),
    ],
)
def test_principals_of_a_resource_policy(principal: Any, effect: str) -> None:
    request = Request("lambda:InvokeFunction", FUNCTION, (("AWS", ROLE),))

    assert evaluate_with_principal(_document(_statement(Principal=principal)), request) == effect


@pytest.mark.parametrize(
    "statement",
    [
        _statement(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "1"}}),
        _statement(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}),
        _statement(Resource="arn:aws:s3:::bucket/${aws:username}"),
        {"Effect": "Allow", "NotPrincipal": {"AWS": ROLE}, "Action": "*", "Resource": "*"},
    ],
)
def test_what_cannot_be_evaluated_is_refused_not_ignored(statement: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedPolicyError, match="does not evaluate"):
        evaluate_with_principal(
            _document({"Principal": "*"} | statement), Request("lambda:InvokeFunction", FUNCTION, (("AWS", ROLE),))
        )
