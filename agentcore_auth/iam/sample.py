"""The sample function's own role: it is a tool to call in an account that has none yet."""

from __future__ import annotations

from agentcore_auth.iam.statements import Document, Statement, allow, document


def function_trust_policy() -> Document:
    """Who may assume the sample function's role: Lambda."""
    return document([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}])


def function_statements(log_group_arn: str) -> list[Statement]:
    """What the sample function may do: write its log, into a log group that exists."""
    streams = f"{log_group_arn.removesuffix(':*')}:log-stream:*"
    return [allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams])]
