"""The ASGI application behind `{id}.gateway.bedrock-agentcore.{region}.amazonaws.com`, for every gateway in moto."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from moto.bedrockagentcorecontrol.models import Gateway
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from agentcore_auth.access.rules import Caller
from sandbox.aws.log_delivery import write_line
from sandbox.aws_api import replayed
from sandbox.gateway.deployed import find_gateway, mcp_settings
from sandbox.gateway.inbound import METADATA_PATH, admit, admit_signed, error_answer, resource_metadata
from sandbox.gateway.interceptors import intercepted
from sandbox.gateway.invocation import Invoker
from sandbox.gateway.issuer_keys import FetchJson, IssuerKeys
from sandbox.network import host_of

_VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25")
"""What AgentCore Gateway speaks (developer guide, "Use an AgentCore gateway")."""


class GatewayDataPlane:
    """`invokers` by kind of target; `fetch` gets the issuers' discovery documents and keys; interceptors run with
    `environment`.
    """

    def __init__(self, invokers: Mapping[str, Invoker], fetch: FetchJson, environment: Mapping[str, str]) -> None:
        self._invokers = invokers
        self._keys = IssuerKeys(fetch)
        self._environment = environment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        gateway = find_gateway(host_of(scope))
        caller: Caller = {}
        if gateway is None:
            response = _error(404, "Gateway not found")
        else:
            response, caller = await self._refusal(gateway, request)
        if response is not None:
            await response(scope, receive, send)
        elif gateway is not None:
            from sandbox.gateway.mcp_server import serve  # noqa: PLC0415  # half a second that start-up does not wait for

            if gateway.authorizer_type == "AWS_IAM":
                receive = replayed(await request.body())  # which the signature was checked against
            served = partial(serve, gateway, caller, self._invokers)
            await intercepted(gateway, served, self._environment)(scope, receive, send)

    async def _refusal(self, gateway: Gateway, request: Request) -> tuple[Response | None, Caller]:
        """Every answer but MCP's own; None for a request that MCP is to answer, with who sends it."""
        if gateway.authorizer_type not in {"CUSTOM_JWT", "AWS_IAM"}:
            return _error(501, f"the sandbox does not play authorizerType {gateway.authorizer_type}"), {}
        takes_tokens = gateway.authorizer_type == "CUSTOM_JWT"
        if takes_tokens and request.method == "GET" and request.url.path == METADATA_PATH:
            return JSONResponse(await resource_metadata(gateway, self._keys)), {}
        if request.url.path != "/mcp":
            return _error(404, "Not found"), {}
        if takes_tokens:
            refused, caller = await admit(gateway, request.headers.get("authorization"), self._keys)
        else:
            refused, caller = await admit_signed(gateway, request)
        if refused:
            write_line(gateway, {"isError": True, "log": json.loads(bytes(refused.body))["error"]["message"]})
            return refused, {}
        if request.method != "POST":
            return _error(405, "Method not allowed", {"Allow": "POST"}), {}
        version = request.headers.get("mcp-protocol-version")
        if version is not None and version not in (mcp_settings(gateway).get("supportedVersions") or _VERSIONS):
            return _error(400, f"Unsupported MCP protocol version: {version}"), {}
        return None, caller


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return error_answer(status, message, -32600, headers)
