"""AgentCore Gateway's data plane: inbound authorization, then the targets' tools over MCP."""
