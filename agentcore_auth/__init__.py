"""Tools for the tokens that an Amazon Bedrock AgentCore Gateway admits: authorizers, IAM documents, a command line.

`authorizer` has the type, its rules, the causes of refusals and signatures; `iam` the IAM documents; `documents` the
checks of what describes tools; `outputs` a stack's outputs; `tokens` requests for tokens, and advice; `preview` what a
change does to callers; `cli` the command `agentcore-auth`.

Nothing here imports pulumi, and importing the package imports none of its modules: `agentcore-auth decode` has to start
at once.
"""
