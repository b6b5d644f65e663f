"""API Gateway targets: one tool for each operation of a REST API that the target's filters choose.

The operations are those that moto holds; their names are the methods' operation names, unless an override gives another
(AgentCore developer guide, "gateway-target-api-gateway"). What AgentCore reads by GetExport is read directly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.apigateway.models import apigateway_backends
from moto.core.exceptions import ServiceException

from agentcore_auth.documents.http import HttpOperation, Parameter
from agentcore_auth.documents.reading import Json, Tool
from sandbox.gateway.invocation import CallFailedError, Target


def operations(target: Target) -> Iterator[HttpOperation]:
    """Those that the filters choose, at the API's stage. Raises CallFailedError where there is no such API."""
    scope, configuration = target.scope, target.configuration
    identifier, tools = configuration["restApiId"], configuration["apiGatewayToolConfiguration"]
    server = f"https://{identifier}.execute-api.{scope.region}.amazonaws.com/{configuration['stage']}"
    try:
        api: Any = apigateway_backends[scope.account][scope.region].get_rest_api(identifier)
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
                yield HttpOperation(tool, method, path, server, tuple(Parameter(each, "path", each) for each in labels))


def _chooses(chosen: Mapping[str, Any], path: str, method: str) -> bool:
    wanted = str(chosen["filterPath"])
    is_meant = path.startswith(wanted[:-1]) if wanted.endswith("*") else path == wanted
    return is_meant and method in chosen["methods"]
