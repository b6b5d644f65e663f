"""Smithy targets: one tool for each operation of an AWS service, called with the execution role's permissions.

Which resource an operation acts on is not in the model; it is in AWS's service authorization reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from agentcore_auth.documents import smithy
from agentcore_auth.documents.http import HttpOperation, HttpRequest
from sandbox.aws.reference import action_of, resources_of
from sandbox.gateway.deployed import read_schema
from sandbox.gateway.invocation import CallFailedError, Target
from sandbox.gateway.outbound import Auth, require, signed_by_role


def operations(target: Target) -> Iterator[HttpOperation]:
    """Those of the model: at the sandbox's AWS, or with another credential than the role at who serves the model."""
    service = _service(target)
    server = service.endpoint
    if target.signs:
        name = service.endpoint_prefix or service.signing_name
        server = f"https://{name}.{target.scope.region}.amazonaws.com"
    yield from (replace(operation, server=server) for operation in service.operations)


def signed_for_service(target: Target, operation: HttpOperation, _: HttpRequest, arguments: Mapping[str, Any]) -> Auth:
    """For a call of an AWS service. Raises CallFailedError where the role may not do that."""
    service = _service(target)
    if service.signing_name is None:
        raise CallFailedError(f"The model of {service.name} does not say how requests are signed (aws.auth#sigv4).")
    action = action_of(service.signing_name, operation.tool.name)
    require(target.gateway, action, *resources_of(action, target.scope, arguments))
    return signed_by_role(target.scope, service.signing_name)


def _service(target: Target) -> smithy.SmithyService:
    return smithy.parse(read_schema(target), target.name)
