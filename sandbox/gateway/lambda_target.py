"""Lambda targets: the tool schema as deployed, the function run if the execution role (and its owner) allows it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from starlette.concurrency import run_in_threadpool

from agentcore_auth.access.rules import SEPARATOR
from agentcore_auth.documents.reading import Tool
from sandbox.aws.documents import Document
from sandbox.functions import FunctionFailedError, FunctionNotFoundError, find_function, invoke
from sandbox.gateway.deployed import read_object
from sandbox.gateway.invocation import Answer, CallFailedError, Target
from sandbox.gateway.outbound import may


class LambdaInvoker:
    """Runs functions with `environment` beside their own variables."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def tools(self, target: Target) -> Sequence[Tool]:
        schema: Mapping[str, Any] = target.configuration["toolSchema"]
        definitions: list[dict[str, Any]] = schema.get("inlinePayload") or json.loads(read_object(schema["s3"]["uri"]))
        return [Tool(it["name"], it["description"], it["inputSchema"], it.get("outputSchema")) for it in definitions]

    async def call(self, target: Target, tool: str, arguments: Mapping[str, Any], request_id: str) -> Answer:
        # developer guide, "Lambda function input format": the arguments are the event, the rest is in the context
        custom = {
            "bedrockAgentCoreMessageVersion": "1.0",
            "bedrockAgentCoreAwsRequestId": str(uuid.uuid4()),
            "bedrockAgentCoreMcpMessageId": request_id,
            "bedrockAgentCoreGatewayId": target.gateway["gatewayId"],
            "bedrockAgentCoreTargetId": target.id,
            "bedrockAgentCoreToolName": f"{target.name}{SEPARATOR}{tool}",
            **({"bedrockAgentCorePropagatedHeaders": target.headers} if target.headers else {}),
        }
        arn = str(target.configuration["lambdaArn"])
        payload = await run(target.gateway, arn, dict(arguments), custom, self._environment)
        return Answer(json.dumps(payload), cast("dict[str, Any]", payload) if isinstance(payload, dict) else None)


async def run(
    gateway: Document, arn: str, event: object, custom: Mapping[str, Any], environment: Mapping[str, str]
) -> object:
    """What a function answers to the gateway. Raises CallFailedError."""
    if not may(gateway, "lambda:InvokeFunction", arn):
        # the text is in the developer guide, "Turn on debugging messages"
        raise CallFailedError(
            f"Access denied while invoking Lambda function {arn}. Check the permissions on the Lambda function and "
            "Gateway execution role, and retry the request."
        )
    try:
        return await run_in_threadpool(invoke, find_function(arn), event, custom=custom, environment=environment)
    except FunctionNotFoundError as missing:
        raise CallFailedError(f"Lambda function {arn} does not exist.") from missing
    except FunctionFailedError as failure:
        raise CallFailedError(f"Lambda function {arn} failed: {failure}") from failure
