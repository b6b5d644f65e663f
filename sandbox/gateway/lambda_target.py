"""Lambda targets: the tool schema as deployed, the function run if the execution role (and its owner) allows it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from starlette.concurrency import run_in_threadpool

from agentcore_auth.documents.reading import Tool
from sandbox.functions import FunctionNotFoundError, find_function, invoke
from sandbox.gateway.deployed import Gateway, Target
from sandbox.gateway.documents import read_object
from sandbox.gateway.execution_role import may
from sandbox.gateway.invocation import Answer, Call, CallFailedError

_MESSAGE_VERSION = "1.0"


class LambdaInvoker:
    """Runs functions with `environment` beside their own variables."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def tools(self, gateway: Gateway, target: Target) -> Sequence[Tool]:
        schema: Mapping[str, Any] = target.configuration["toolSchema"]
        inline = schema.get("inlinePayload")
        definitions: Sequence[Mapping[str, Any]] = inline or json.loads(read_object(gateway, schema["s3"]["uri"]))
        return [
            Tool(tool["name"], tool["description"], tool["inputSchema"], tool.get("outputSchema"))
            for tool in definitions
        ]

    async def call(self, call: Call) -> Answer:
        arn = str(call.target.configuration["lambdaArn"])
        if not may(call.gateway, "lambda:InvokeFunction", arn):
            # the text is in the developer guide, "Turn on debugging messages"
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
        text = json.dumps(answer.payload)
        if answer.failed:
            raise CallFailedError(f"Lambda function {arn} failed: {text}")
        return Answer(text, cast("dict[str, Any]", answer.payload) if isinstance(answer.payload, dict) else None)
