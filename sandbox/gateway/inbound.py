"""Inbound authorization: what a gateway with a customJWTAuthorizer answers to a bearer token, before any MCP.

The decision is the library's `judge`; here are the issuer's documents and the answer's form: developer guide,
"inbound-jwt-authorizer", and RFC 9728 for the protected-resource metadata.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from moto.bedrockagentcorecontrol.models import Gateway
from starlette.responses import JSONResponse

from agentcore_auth.authorizer.causes import TokenError
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import judge
from agentcore_auth.authorizer.verification import verify

METADATA_PATH = "/.well-known/oauth-protected-resource"

FetchJson = Callable[[str], Awaitable[Mapping[str, object]]]
"""Gets a JSON object from a URL; raises LookupError where there is none."""


async def admit(
    gateway: Gateway, authorization: str | None, fetch: FetchJson
) -> tuple[JSONResponse | None, Mapping[str, object]]:
    """What an Authorization header gets: an answer where it is not let in (401, or 403 for want of a scope), and the
    token's claims where it is.
    """
    status, claims = await _judged(gateway, authorization, fetch)
    return (None if status == 200 else _refusal(gateway, status)), claims


def _refusal(gateway: Gateway, status: int) -> JSONResponse:
    error, message = "invalid_token", "Invalid Bearer token"
    if status == 403:
        error, message = "insufficient_scope", "Insufficient scope"
    scopes = " ".join(_scopes(gateway))
    challenge = [f'error="{error}"', *([f'scope="{scopes}"'] if scopes else [])]
    challenge.append(f'resource_metadata="{gateway.gateway_url}{METADATA_PATH}"')
    return JSONResponse(
        {"jsonrpc": "2.0", "id": 0, "error": {"code": -32001, "message": message}},
        status,
        headers={"WWW-Authenticate": f"Bearer {', '.join(challenge)}"},
    )


async def _judged(gateway: Gateway, authorization: str | None, fetch: FetchJson) -> tuple[int, Mapping[str, object]]:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return 401, {}
    authorizer = Authorizer.from_api(_authorizer(gateway))
    try:
        discovery = await fetch(authorizer.discovery_url)
        claims = verify(token.strip(), await fetch(str(discovery["jwks_uri"])))
    except (LookupError, TokenError):
        return 401, {}
    return judge(authorizer, claims, issuer=str(discovery.get("issuer")), now=time.time()).status, claims


def resource_metadata(gateway: Gateway) -> Mapping[str, object]:
    """The protected-resource metadata, which anybody may read."""
    issuer, _, _ = _authorizer(gateway)["discoveryUrl"].partition("/.well-known/")
    document: dict[str, Any] = {"authorization_servers": [issuer], "resource": f"{gateway.gateway_url}/mcp"}
    if scopes := _scopes(gateway):
        document["scopes_supported"] = scopes
    return document


def _scopes(gateway: Gateway) -> list[str]:
    """The scopes that a client is told to ask for."""
    authorizer = _authorizer(gateway)
    mapping: Mapping[str, str] = authorizer.get("advertisedScopeMapping") or {}
    allowed: list[str] = authorizer.get("allowedScopes") or []
    return [mapping.get(scope, scope) for scope in allowed]


def _authorizer(gateway: Gateway) -> dict[str, Any]:
    return (gateway.authorizer_configuration or {})["customJWTAuthorizer"]
