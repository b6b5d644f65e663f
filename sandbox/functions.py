"""Runs the code of a Lambda function in moto as a Python process of its own (moto's own invoke needs Docker).

Behaviour: Lambda developer guide, "Python handler", "context object" and "function errors": a raised exception or a
timeout answers with `errorMessage` and `errorType`. What the function prints is not kept.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from moto.awslambda.models import LambdaFunction, lambda_backends

_FUNCTION = re.compile(
    r"arn:[^:]+:lambda:(?P<region>[^:]+):(?P<account>\d{12}):function:(?P<name>[^:]+)(:(?P<qualifier>[^:]+))?"
)
FUNCTION_URL = re.compile(r"[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws")
_RUNNER = Path(__file__).with_name("function_runner.py")


class FunctionNotFoundError(LookupError):
    """No function has this ARN."""


class FunctionFailedError(Exception):
    """A function raised, ran out of time or ended by itself: its error document, in JSON."""


def find_function(arn: str) -> LambdaFunction:
    """The function of an ARN, with or without a version or alias. Raises FunctionNotFoundError."""
    place = _FUNCTION.fullmatch(arn)
    if place is None:
        raise FunctionNotFoundError(f"{arn} is no function's ARN")
    try:
        functions: Any = lambda_backends[place["account"]][place["region"]]
        return cast("LambdaFunction", functions.get_function(place["name"], place["qualifier"]))
    except Exception as missing:  # moto has one class for each thing that may be missing
        raise FunctionNotFoundError(f"function not found: {arn}") from missing


def function_with_url(url: str, account: str, region: str) -> str:
    """The ARN of the function that has this URL. Raises FunctionNotFoundError."""
    for function in lambda_backends[account][region].list_functions():
        if function.url_config is not None and function.url_config.url == url:
            return str(function.function_arn)
    raise FunctionNotFoundError(f"no function has the URL {url}")


def invoke(
    function: LambdaFunction, event: object, *, custom: Mapping[str, Any], environment: Mapping[str, str]
) -> object:
    """What the function's handler returns for `event`; `custom` becomes `context.client_context.custom`.

    `environment` is what the process gets beside the function's own variables. Raises FunctionFailedError.
    """
    runtime = str(function.run_time)
    if not runtime.startswith("python"):
        raise _failure("Sandbox.RuntimeNotSupported", f"the sandbox runs Python functions, not {runtime}")
    request_id = str(uuid.uuid4())
    with tempfile.TemporaryDirectory(prefix="function-") as folder:
        code = Path(folder) / "code"
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(code)
        result = Path(folder) / "result.json"
        request = {
            "handler": function.handler,
            "event": event,
            "result": str(result),
            "context": {
                "aws_request_id": request_id,
                "function_name": function.function_name,
                "function_version": str(function.version),
                "invoked_function_arn": function.function_arn,
                "memory_limit_in_mb": str(function.memory_size),
                "log_group_name": function.logs_group_name,
                "timeout": function.timeout,
            },
            "custom": dict(custom),
        }
        try:
            finished = subprocess.run(  # noqa: S603  # our interpreter and our runner
                [sys.executable, "-I", str(_RUNNER)],
                input=json.dumps(request).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=code,
                env=_environment(function, environment),
                timeout=float(function.timeout),
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"{request_id} Task timed out after {float(function.timeout):.2f} seconds"
            raise _failure("Sandbox.Timedout", message) from None
        if not result.exists():
            message = f"RequestId: {request_id} Error: Runtime exited with status {finished.returncode}"
            raise _failure("Runtime.ExitError", message)
        answer = cast("dict[str, Any]", json.loads(result.read_text()))
    if answer["failed"]:
        raise FunctionFailedError(json.dumps(answer["payload"]))
    return answer["payload"]


def _environment(function: LambdaFunction, environment: Mapping[str, str]) -> dict[str, str]:
    own = cast("Mapping[str, str]", function.environment_vars or {})
    return {
        **environment,
        "PATH": os.defpath,
        "AWS_ACCESS_KEY_ID": function.account_id,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        **own,
    }


def _failure(error: str, message: str) -> FunctionFailedError:
    return FunctionFailedError(json.dumps({"errorType": error, "errorMessage": message}))
