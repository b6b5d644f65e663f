"""Who may call which tool of a gateway: Cedar policies for AgentCore's policy engine.

`rules` writes a stack file's `access` as Cedar text, `schema` is what such text is validated against, `policies` reads,
validates and decides (by `cedarpy`, which only its users need). Pure: no cloud, no Pulumi.
"""
