"""What a gateway's log tells of refused calls: a table of lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentcore_auth.refusals import Refusal, RefusedBy, counted, refusal_in

CALL = "{id=1, jsonrpc=2.0, method=tools/call, params={name=store___stock, arguments={name=pen}}}"
DENIED = "AuthorizeActionException - Tool Execution Denied: Tool call not allowed due to policy enforcement"


def line(request: str = "r-1", *, error: bool = True, **body: Any) -> str:
    return json.dumps({"resource_arn": "arn", "request_id": request, "body": {"isError": error, **body}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line(log="Invalid Bearer token"), Refusal(RefusedBy.TOKEN, None, "r-1")),
        (line(log="Missing Bearer token"), Refusal(RefusedBy.TOKEN, None, "r-1")),
        (
            line(log="Failed", responseBody="{jsonrpc=2.0, id=0, error={code=-32001, message=Invalid Bearer token}}"),
            Refusal(RefusedBy.TOKEN, None, "r-1"),
        ),
        (line(log="Insufficient scope"), Refusal(RefusedBy.SCOPE, None, "r-1")),
        (line(log=DENIED, requestBody=CALL), Refusal(RefusedBy.POLICY, "store___stock", "r-1")),
        (
            line(error=False, requestBody=CALL, responseBody=f"{{id=1, result={{isError=true, content=[{DENIED}]}}}}"),
            Refusal(RefusedBy.POLICY, "store___stock", "r-1"),
        ),
        (
            line(log=DENIED, requestBody='{"method": "tools/call", "params": {"name": "store___stock"}}'),
            Refusal(RefusedBy.POLICY, "store___stock", "r-1"),
        ),
        (line(log=DENIED), Refusal(RefusedBy.POLICY, None, "r-1")),
        # what a tool answers is not what the gateway refuses
        (
            line(log="Processed", requestBody=CALL, responseBody="{result={isError=true, text=Invalid Bearer token}}"),
            Refusal(RefusedBy.OTHER, "store___stock", "r-1"),
        ),
        (line(log="403 - Forbidden"), Refusal(RefusedBy.OTHER, None, "r-1")),
        (line(error=False, log="Started processing request with requestId: 1", requestBody=CALL), None),
        (line(error=False, log="Invalid Bearer token"), None),
        ("", None),
        ("no JSON", None),
        ("[]", None),
        ('{"body": "text"}', None),
        ("[" * 100_000, None),
    ],
)
def test_reads_a_line(text: str, expected: Refusal | None) -> None:
    assert refusal_in(text) == expected


def test_counts_calls_by_cause_and_tool() -> None:
    lines = [
        line("r-1", log="Invalid Bearer token"),
        line("r-2", log="Invalid Bearer token"),
        line("r-3", log=DENIED, requestBody=CALL),
        line("r-4", error=False, log="Successfully processed request with requestId: 1"),
    ]
    assert counted(lines) == {(RefusedBy.TOKEN, None): 2, (RefusedBy.POLICY, "store___stock"): 1}


def test_a_request_of_several_lines_counts_once_by_the_line_that_tells_why() -> None:
    lines = [line("r-1", log="Failed"), line("r-1", log=DENIED, requestBody=CALL), line("r-1", log="Failed")]
    assert counted(lines) == {(RefusedBy.POLICY, "store___stock"): 1}


def test_lines_without_a_request_s_id_are_calls_of_their_own() -> None:
    assert counted([line("", log="Insufficient scope")] * 2) == {(RefusedBy.SCOPE, None): 2}
