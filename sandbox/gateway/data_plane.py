"""The ASGI application behind `{id}.gateway.bedrock-agentcore.{region}.amazonaws.com`, for every gateway in moto."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.aws.log_delivery import write_line
from sandbox.gateway.deployed import find_gateway, mcp_settings
from sandbox.gateway.inbound import METADATA_PATH, RefusedError, admit, admit_signed, error_answer, resource_metadata
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
        body = await request.body()  # which a signature is checked against
        read: Iterator[Message] = iter([{"type": "http.request", "body": body}])

        async def read_again() -> Message:
            return next(read, None) or await receive()

        answer = await self._answer(request)
        await answer(scope, read_again, send)

    async def _answer(self, request: Request) -> ASGIApp:
        """MCP behind the gateway's interceptors, for a request that MCP is to answer; else what answers it."""
        gateway = find_gateway(host_of(request.scope))
        if gateway is None:
            return error_answer(404, "Gateway not found")
        kind = gateway["authorizerType"]
        if kind not in {"CUSTOM_JWT", "AWS_IAM"}:
            return error_answer(501, f"the sandbox does not play authorizerType {kind}")
        takes_tokens = kind == "CUSTOM_JWT"
        if takes_tokens and request.method == "GET" and request.url.path == METADATA_PATH:
            return JSONResponse(await resource_metadata(gateway, self._keys))
        if request.url.path != "/mcp":
            return error_answer(404, "Not found")
        try:
            if takes_tokens:
                caller = await admit(gateway, request.headers.get("authorization"), self._keys)
            else:
                caller = await admit_signed(gateway, request)
        except RefusedError as refused:
            write_line(gateway, {"isError": True, "log": str(refused)})
            return error_answer(refused.status, str(refused), -32001, refused.headers)
        if request.method != "POST":
            return error_answer(405, "Method not allowed", headers={"Allow": "POST"})
        version = request.headers.get("mcp-protocol-version")
        if version is not None and version not in (mcp_settings(gateway).get("supportedVersions") or _VERSIONS):
            return error_answer(400, f"Unsupported MCP protocol version: {version}")
        from sandbox.gateway.mcp_server import serve  # noqa: PLC0415  # half a second that start-up does not wait for

        return intercepted(gateway, partial(serve, gateway, caller, self._invokers), self._environment)
