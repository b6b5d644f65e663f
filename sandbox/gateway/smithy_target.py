"""Smithy targets: one tool for each operation of an AWS service, called with the execution role's permissions.

Which resource an operation acts on is not in the model; it is in AWS's service authorization reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentcore_auth.documents import smithy
from agentcore_auth.documents.reading import Tool
from sandbox.aws.reference import action_of, resources_of
from sandbox.gateway.deployed import read_schema
from sandbox.gateway.http_target import answered, requested
from sandbox.gateway.invocation import Answer, CallFailedError, HttpClients, Target
from sandbox.gateway.outbound import SignedByRole, TokenVault, require


class SmithyInvoker:
    """Calls the sandbox's AWS, or who serves the model, with clients that `clients` makes and what `vault` has."""

    def __init__(self, clients: HttpClients, vault: TokenVault) -> None:
        self._clients = clients
        self._vault = vault

    async def tools(self, target: Target) -> Sequence[Tool]:
        return [operation.tool for operation in smithy.parse(read_schema(target), target.name).operations]

    async def call(self, target: Target, tool: str, arguments: Mapping[str, Any], _: str) -> Answer:
        service, gateway = smithy.parse(read_schema(target), target.name), target.gateway
        if not target.signs:
            if service.endpoint is None:
                raise CallFailedError(f"The model of {service.name} does not say where it is (endpointRuleSet).")
            _operation, request = requested(tool, arguments, service.operations)
            client = self._clients(auth=await self._vault.auth(target), headers=target.headers)
            return await answered(client, service.endpoint, request)
        if service.signing_name is None:
            raise CallFailedError(f"The model of {service.name} does not say how requests are signed (aws.auth#sigv4).")
        _operation, request = requested(tool, arguments, service.operations)
        action = action_of(service.signing_name, tool)
        require(gateway, action, *resources_of(action, target.scope, arguments))
        host = f"{service.endpoint_prefix or service.signing_name}.{gateway.region_name}.amazonaws.com"
        client = self._clients(auth=SignedByRole(gateway, service.signing_name))
        return await answered(client, f"https://{host}", request)
