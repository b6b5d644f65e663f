from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from components.sample_function import echo
from components.targets.sample import function_policy, sample_tools
from tests.unit.policy_table import faults


def context(tool: str) -> Any:
    """A Lambda context as AgentCore fills it."""
    custom = {"bedrockAgentCoreToolName": tool, "bedrockAgentCoreGatewayId": "demo-cognito-0123456789"}
    return SimpleNamespace(client_context=SimpleNamespace(custom=custom))


def test_echo_answers_with_the_message_and_with_who_called() -> None:
    answer = echo.handler({"message": "hello"}, context("sample___echo"))
    assert answer == {"message": "hello", "tool": "sample___echo", "gateway": "demo-cognito-0123456789"}


def test_the_answer_is_what_the_tool_schema_promises() -> None:
    (tool,) = sample_tools()
    answer = echo.handler({"message": "hello"}, context(f"sample___{tool.name}"))
    assert tool.output_schema is not None
    assert set(answer) == set(tool.output_schema["required"])  # type: ignore[arg-type]


def test_a_tool_that_the_function_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no tool 'delete' here"):
        echo.handler({"message": "hello"}, context("sample___delete"))


def test_the_sample_function_may_write_its_own_log_only() -> None:
    group = "arn:aws:logs:us-west-2:123456789012:log-group:tools-echo-1234567"
    statements = function_policy(f"{group}:*")["Statement"]
    assert statements[0]["Resource"] == [f"{group}:log-stream:*"]
    assert faults(statements) == []
