"""Inbound authorization: what a gateway with a customJWTAuthorizer answers to a bearer token, before any MCP.

The decision is `authorizer.rules.judge`; here are the parts that need the issuer's documents, and the answer's form:
developer guide, "inbound-jwt-authorizer", and RFC 9728 for the protected-resource metadata.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.responses import JSONResponse

from agentcore_auth.authorizer.causes import TokenError
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.authorizer.verification import verify
from sandbox.gateway.deployed import Gateway

METADATA_PATH = "/.well-known/oauth-protected-resource"
_WELL_KNOWN = "/.well-known/"

FetchJson = Callable[[str], Awaitable[Mapping[str, object]]]
"""Gets a JSON object from a URL; raises LookupError where there is none."""


@dataclass(frozen=True)
class Refused:
    """Why a request is not let in: 401 (the token is no good here) or 403 (good, but without a scope that is asked)."""

    status: int


async def refusal(gateway: Gateway, authorization: str | None, fetch: FetchJson) -> Refused | None:
    """None where the gateway lets this Authorization header in."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return Refused(401)
    authorizer = Authorizer.from_api(gateway.authorizer)
    try:
        discovery = await fetch(authorizer.discovery_url)
        claims = verify(token.strip(), await fetch(str(discovery["jwks_uri"])))
    except (LookupError, TokenError):
        return Refused(401)
    verdict = judge(authorizer, claims, issuer=str(discovery.get("issuer")), now=time.time())
    return None if verdict.status == 200 else Refused(verdict.status)


def refused_response(gateway: Gateway, refused: Refused) -> JSONResponse:
    """The answer to a request that is not let in: a JSON-RPC error, and where to learn what to ask for."""
    error, message = ("invalid_token", "Invalid Bearer token")
    if refused.status == 403:
        error, message = ("insufficient_scope", "Insufficient scope")
    challenge = [f'error="{error}"']
    if scopes := _scopes(gateway):
        challenge.append(f'scope="{" ".join(scopes)}"')
    challenge.append(f'resource_metadata="{gateway.url}{METADATA_PATH}"')
    return JSONResponse(
        {"jsonrpc": "2.0", "id": 0, "error": {"code": -32001, "message": message}},
        refused.status,
        headers={"WWW-Authenticate": f"Bearer {', '.join(challenge)}"},
    )


def resource_metadata(gateway: Gateway) -> Mapping[str, object]:
    """The protected-resource metadata, which anybody may read."""
    issuer, _, _ = str(gateway.authorizer["discoveryUrl"]).partition(_WELL_KNOWN)
    document: dict[str, Any] = {"authorization_servers": [issuer], "resource": f"{gateway.url}/mcp"}
    if scopes := _scopes(gateway):
        document["scopes_supported"] = scopes
    return document


def _scopes(gateway: Gateway) -> list[str]:
    """The scopes that a client is told to ask for."""
    mapping = cast("Mapping[str, str]", gateway.authorizer.get("advertisedScopeMapping") or {})
    allowed = cast("list[str]", gateway.authorizer.get("allowedScopes") or [])
    return [mapping.get(scope, scope) for scope in allowed]
