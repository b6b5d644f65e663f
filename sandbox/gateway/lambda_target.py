"""Lambda targets: the tool schema as deployed, the function run if the execution role (and its owner) allows it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool

from sandbox.aws.permissions import is_allowed
from sandbox.functions import FunctionNotFoundError, find_function, invoke
from sandbox.gateway.deployed import Gateway, Target
from sandbox.gateway.documents import read_document
from sandbox.gateway.invocation import Answer, Call, CallFailedError, Tool

_MESSAGE_VERSION = "1.0"


class LambdaInvoker:
    """Runs functions with `environment` beside their own variables."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def tools(self, gateway: Gateway, target: Target) -> Sequence[Tool]:
        schema: Mapping[str, Any] = target.configuration["toolSchema"]
        definitions: Sequence[Mapping[str, Any]] = (
            schema["inlinePayload"] if "inlinePayload" in schema else json.loads(read_document(gateway, schema["s3"]))
        )
        return [
            Tool(tool["name"], tool["description"], tool["inputSchema"], tool.get("outputSchema"))
            for tool in definitions
        ]

    async def call(self, call: Call) -> Answer:
        arn = str(call.target.configuration["lambdaArn"])
        if not is_allowed(call.gateway.role_arn, "lambda:InvokeFunction", arn):
            raise CallFailedError(
                f"Access denied while invoking Lambda function {arn}. Check the permissions on the Lambda function and "
                "Gateway execution role, and retry the request."
            )
        try:
            function = find_function(arn)
        except FunctionNotFoundError as missing:
            raise CallFailedError(f"Lambda function {arn} does not exist.") from missing
        # developer guide, "Lambda function input format": the arguments are the event, the rest is in the context
        custom = {
            "bedrockAgentCoreMessageVersion": _MESSAGE_VERSION,
            "bedrockAgentCoreAwsRequestId": str(uuid.uuid4()),
            "bedrockAgentCoreMcpMessageId": call.request_id,
            "bedrockAgentCoreGatewayId": call.gateway.id,
            "bedrockAgentCoreTargetId": call.target.id,
            "bedrockAgentCoreToolName": f"{call.target.name}___{call.tool}",
        }
        answer = await run_in_threadpool(
            invoke, function, dict(call.arguments), custom=custom, environment=self._environment
        )
        if answer.failed:
            raise CallFailedError(f"Lambda function {arn} failed: {json.dumps(answer.payload)}")
        return Answer(json.dumps(answer.payload))
