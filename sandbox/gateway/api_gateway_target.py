"""API Gateway targets: one tool for each operation of a REST API that the target's filters choose.

The operations are those that moto holds; their names are the methods' operation names, unless an override gives another
(AgentCore developer guide, "gateway-target-api-gateway"). What AgentCore reads by GetExport is read directly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.apigateway.models import apigateway_backends
from moto.core.exceptions import ServiceException

from agentcore_auth.documents.http import HttpOperation, Parameter
from agentcore_auth.documents.reading import Json, Tool
from sandbox.gateway.invocation import Answer, CallFailedError, HttpClients, Target
from sandbox.gateway.openapi_target import answered, requested
from sandbox.gateway.outbound import TokenVault, signed


class ApiGatewayInvoker:
    """Calls stages with clients that `clients` makes, and with what `vault` has for the target."""

    def __init__(self, clients: HttpClients, vault: TokenVault) -> None:
        self._clients = clients
        self._vault = vault

    async def tools(self, target: Target) -> Sequence[Tool]:
        return [operation.tool for operation in _operations(target)]

    async def call(self, target: Target, tool: str, arguments: Mapping[str, Any], _: str) -> Answer:
        _operation, request = requested(tool, arguments, _operations(target))
        api, stage, region = target.configuration["restApiId"], target.configuration["stage"], target.scope.region
        server = f"https://{api}.execute-api.{region}.amazonaws.com/{stage}"
        url = f"{server}{request.target}"
        auth = signed(target, request.method, url, "execute-api") or await self._vault.auth(target)
        return await answered(self._clients(auth=auth, headers=target.headers), server, request)


def _operations(target: Target) -> Iterator[HttpOperation]:
    gateway, tools = target.gateway, target.configuration["apiGatewayToolConfiguration"]
    try:
        api: Any = apigateway_backends[gateway.account_id][gateway.region_name].get_rest_api(
            target.configuration["restApiId"]
        )
    except ServiceException as missing:
        raise CallFailedError(str(missing)) from missing
    overrides = {(each["path"], each["method"]): each for each in tools.get("toolOverrides") or ()}
    for resource in api.resources.values():
        path = str(resource.get_path())
        for method, held in resource.resource_methods.items():
            override: Mapping[str, str] = overrides.get((path, method), {})
            name = override.get("name") or held.operation_name
            if name and any(_chooses(each, path, method) for each in tools["toolFilters"]):
                labels = re.findall(r"\{(\w+)\}", path)
                schema: dict[str, Json] = {
                    "type": "object",
                    "properties": {each: {"type": "string"} for each in labels},
                }
                tool = Tool(name, override.get("description") or f"{method} {path}", {**schema, "required": [*labels]})
                yield HttpOperation(tool, method, path, None, tuple(Parameter(each, "path", each) for each in labels))


def _chooses(chosen: Mapping[str, Any], path: str, method: str) -> bool:
    wanted = str(chosen["filterPath"])
    is_meant = path.startswith(wanted[:-1]) if wanted.endswith("*") else path == wanted
    return is_meant and method in chosen["methods"]
