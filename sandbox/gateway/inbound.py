"""Inbound authorization: what a gateway answers to a bearer token, or to an AWS signature, before any MCP.

The decision on a token is the library's `judge`; here are the issuer's documents and the answer's form: developer
guide, "inbound-jwt-authorizer", and RFC 9728 for the protected-resource metadata.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from agentcore_auth.access.rules import Caller, IamCaller
from agentcore_auth.authorizer.causes import TokenError
from agentcore_auth.authorizer.jws import check_header, parse
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.authorizer.verification import verify
from agentcore_auth.tokens.signatures import SERVICE
from sandbox.aws.callers import may_call, not_authorized
from sandbox.aws.documents import Document
from sandbox.aws.signatures import SignatureError, signed_by
from sandbox.gateway.issuer_keys import IssuerKeys
from sandbox.network import target_of

METADATA_PATH = "/.well-known/oauth-protected-resource"
_INVOKE = "bedrock-agentcore:InvokeGateway"


class RefusedError(Exception):
    """A request is not let in: how it is answered."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


async def admit(gateway: Document, authorization: str | None, keys: IssuerKeys) -> Caller:
    """The claims of the token in an Authorization header. Raises RefusedError: 401, or 403 for want of a scope."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    authorizer, status = _authorizer(gateway), 401
    with contextlib.suppress(TokenError):
        header = parse(token).header
        check_header(header)
        published = await keys.of(authorizer.discovery_url, header.get("kid"))
        claims = verify(token, published.jwks or {})
        status = judge(authorizer, claims, issuer=published.issuer, now=time.time()).status
        if status == 200:
            return claims
    error, message = "invalid_token", "Invalid Bearer token"
    if status == 403:
        error, message = "insufficient_scope", "Insufficient scope"
    scopes = " ".join(authorizer.allowed_scopes)
    challenge = [f'error="{error}"', *([f'scope="{scopes}"'] if scopes else [])]
    challenge.append(f'resource_metadata="{gateway["gatewayUrl"]}{METADATA_PATH}"')
    raise RefusedError(status, message, {"WWW-Authenticate": f"Bearer {', '.join(challenge)}"})


async def admit_signed(gateway: Document, request: Request) -> Caller:
    """The same for a gateway that takes AWS signatures: who signed.

    Form and words of the answer to an unsigned request are those that users of AgentCore report; the others are AWS's
    for signatures and policies in general.
    """
    target, body = target_of(request.scope), await request.body()
    try:
        signed = signed_by(request.method, target, request.headers, body)
    except SignatureError as error:
        raise RefusedError(401 if error.code == "MissingAuthenticationToken" else 403, str(error)) from error
    if signed.service != SERVICE:
        raise RefusedError(403, f"Credential should be scoped to correct service: '{SERVICE}'.")
    arn, may = may_call(signed.access_key, _INVOKE, gateway["gatewayArn"])
    if not may:
        raise RefusedError(403, not_authorized(arn, _INVOKE, gateway["gatewayArn"]))
    return IamCaller(arn)


def error_answer(
    status: int, message: str, code: int = -32600, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A JSON-RPC error as the answer to a request that gets none of MCP's."""
    error = {"code": code, "message": message}
    return JSONResponse({"jsonrpc": "2.0", "id": 0, "error": error}, status, headers=headers)


async def resource_metadata(gateway: Document, keys: IssuerKeys) -> Mapping[str, object]:
    """The protected-resource metadata, which anybody may read.

    It names the issuer as the issuer does: clients compare character by character, and Auth0's ends in a slash.
    """
    authorizer = _authorizer(gateway)
    url = authorizer.discovery_url
    issuer = (await keys.of(url, None)).issuer or url.partition("/.well-known/")[0]
    document: dict[str, Any] = {"authorization_servers": [issuer], "resource": f"{gateway['gatewayUrl']}/mcp"}
    if authorizer.allowed_scopes:
        document["scopes_supported"] = authorizer.allowed_scopes
    return document


def _authorizer(gateway: Document) -> Authorizer[str]:
    return Authorizer.from_api(gateway["authorizerConfiguration"]["customJWTAuthorizer"])
