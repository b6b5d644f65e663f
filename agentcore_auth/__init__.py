"""Tools for the tokens that an Amazon Bedrock AgentCore Gateway admits: authorizers, IAM documents, a command line.

Nothing here imports pulumi, and importing the package imports none of its modules: `agentcore-auth decode` has to start
at once.
"""
