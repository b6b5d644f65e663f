"""The sample tool: it answers with what it was sent, and by which tool name of which gateway.

AgentCore hands a Lambda target the tool's arguments as the event, and the rest in the client context (AgentCore
developer guide, "Lambda function input format").
"""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """The arguments of `echo` in, its result out; raises ValueError for a tool that this function does not have."""
    call = context.client_context.custom
    name = call["bedrockAgentCoreToolName"]
    # A tool is known outside as <target>___<tool>.
    tool = name.rpartition("___")[2]
    if tool != "echo":
        raise ValueError(f"there is no tool {tool!r} here")
    return {"message": str(event["message"]), "tool": name, "gateway": call["bedrockAgentCoreGatewayId"]}
