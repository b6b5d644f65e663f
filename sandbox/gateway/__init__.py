"""AgentCore Gateway's data plane: inbound authorization, then the targets' tools over MCP."""

from sandbox.gateway.data_plane import GatewayDataPlane

__all__ = ["GatewayDataPlane"]
