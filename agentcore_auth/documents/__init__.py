"""Checks and readings of the documents that describe tools: Lambda tool schemas, OpenAPI descriptions, Smithy models.

Pure functions over text. `settings.py` calls them before a resource is registered, the targets render what they return,
and the sandbox's gateway offers and calls the tools that they list. Nothing here knows Pulumi, AWS or the network.
"""
