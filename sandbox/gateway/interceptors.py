"""Interceptors: functions that see every MCP request before it is served, and its answer before the caller does.

What they get and give: developer guide, "gateway-interceptors-types". What the real gateway answers where one of them
fails is not documented; here nothing passes then. A notification has no answer to intercept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.aws.documents import Document
from sandbox.gateway.inbound import error_answer
from sandbox.gateway.invocation import CallFailedError
from sandbox.gateway.lambda_target import run

_OF_A_BODY = frozenset({"content-length", "content-type", "transfer-encoding"})


def intercepted(gateway: Document, served: ASGIApp, environment: Mapping[str, str]) -> ASGIApp:
    """`served` behind the gateway's interceptors, which run with `environment`; itself where there are none."""
    configured: list[dict[str, Any]] = gateway.get("interceptorConfigurations", [])
    functions = {point: each for each in configured for point in each["interceptionPoints"]}

    async def ask(point: str, seen: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        """What the interceptor at this point gives, if there is one. Raises CallFailedError."""
        if point not in functions:
            return {}
        passes = (functions[point].get("inputConfiguration") or {}).get("passRequestHeaders")
        mcp = {
            part: {**each, "headers": {}} if "headers" in each and not passes else each for part, each in seen.items()
        }
        event = {"interceptorInputVersion": "1.0", "mcp": mcp}
        answer: Any = await run(gateway, functions[point]["interceptor"]["lambda"]["arn"], event, {}, environment)
        if not isinstance(answer, dict) or not isinstance(cast("dict[str, Any]", answer).get("mcp"), dict):
            raise CallFailedError("Received invalid response from interceptor")  # seen
        return cast("Mapping[str, Any]", answer["mcp"])

    async def exchange(request: Request) -> Response:
        raw = (await request.body()).decode(errors="replace")
        asked: dict[str, Any] = {"path": "/mcp", "httpMethod": "POST", "headers": dict(request.headers)}
        asked["body"] = _json(raw)
        seen = {"rawGatewayRequest": {"body": raw}, "gatewayRequest": asked}
        given = await ask("REQUEST", seen)
        if refusal := given.get("transformedGatewayResponse"):
            return _response({"statusCode": 200, "headers": {}, **refusal})
        changed: Mapping[str, Any] = given.get("transformedGatewayRequest") or {}
        headers = _headers(request.headers) | _headers(changed.get("headers") or {})
        content = json.dumps(changed["body"]) if "body" in changed else raw
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(served)) as client:
            kept = {"content-type": request.headers.get("content-type", "")}
            answer = await client.post(str(request.url), content=content, headers={**headers, **kept})
        body = _json(answer.text)
        if body is None:
            return Response(answer.content, answer.status_code, headers=_headers(answer.headers))
        got: dict[str, Any] = {"statusCode": answer.status_code, "headers": dict(answer.headers), "body": body}
        given = await ask("RESPONSE", {**seen, "gatewayResponse": got})
        changed = given.get("transformedGatewayResponse") or {}
        return _response({**got, **changed, "headers": {**got["headers"], **(changed.get("headers") or {})}})

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await exchange(Request(scope, receive))
        except CallFailedError as failure:
            reason = str(failure) if gateway.get("exceptionLevel") == "DEBUG" else "An internal error occurred."
            response = error_answer(500, reason, -32603)
        await response(scope, receive, send)

    return application if functions else served


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """By names in lower case, without those that follow from the body."""
    return {name.lower(): value for name, value in given.items() if name.lower() not in _OF_A_BODY}


def _response(given: Mapping[str, Any]) -> Response:
    return JSONResponse(given.get("body"), given["statusCode"], headers=_headers(given["headers"]))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
