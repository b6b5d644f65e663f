"""What Amazon Cognito serves beside its API, over moto's user pools: token endpoint, discovery document and keys.

Rules: Cognito developer guide, "token endpoint" (grants, client authentication, errors with status 400) and
"understanding the access token". Only the client-credentials grant is served.
"""

from __future__ import annotations

import hmac
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cognitoidp.models import CognitoIdpUserPool, CognitoIdpUserPoolClient, cognitoidp_backends
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.network import host_of
from sandbox.tenants.signing import SigningKey
from sandbox.tenants.token_request import OAuthError, TokenRequest, parse_token_request

TOKEN_HOST = re.compile(r"(?P<prefix>[a-z0-9-]+)\.auth\.(?P<region>[a-z0-9-]+)\.amazoncognito\.com")
ISSUER_HOST = re.compile(r"cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
ISSUER_PATH = re.compile(r"/[^/]+/\.well-known/(openid-configuration|jwks\.json)")
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


class CognitoIssuer:
    """Issues the tokens of every user pool in moto, each pool with a key of its own. `app` is the ASGI application."""

    def __init__(self) -> None:
        self._keys: dict[str, SigningKey] = {}
        self.app = Starlette(
            routes=[
                Route("/oauth2/token", self._token, methods=["POST"]),
                Route("/{pool_id}/.well-known/openid-configuration", self._discovery),
                Route("/{pool_id}/.well-known/jwks.json", self._jwks),
            ]
        )

    def mint(self, claims: Mapping[str, object], *, issuer: str) -> str:
        """A token with exactly these claims, signed with the key of the pool whose issuer is named.

        Raises LookupError where no pool has this issuer.
        """
        pool = _find_pool(issuer.rpartition("/")[2])
        if pool is None or _issuer(pool) != issuer:
            raise LookupError(f"no user pool issues as {issuer}")
        return self._sign(pool, claims)

    async def _token(self, request: Request) -> Response:
        pool = _pool_of_domain(host_of(request.scope))
        try:
            asked = parse_token_request(request.headers, await request.body(), accepts_json=False)
            answer = await run_in_threadpool(self._grant, pool, asked)
        except OAuthError as refusal:
            # Cognito says neither why nor, with a 401, that it was the client.
            return JSONResponse({"error": refusal.error}, 400)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    def _grant(self, pool: CognitoIdpUserPool, asked: TokenRequest) -> dict[str, object]:
        if asked.grant_type != "client_credentials":
            error = "unsupported_grant_type" if asked.grant_type else "invalid_request"
            raise _refusal(error)
        client = _authenticated_client(pool, asked)
        settings = _settings(client)
        if not settings.client_credentials:
            raise _refusal("unauthorized_client")
        scopes = asked.scopes or settings.scopes
        if not scopes or not set(scopes) <= set(settings.scopes):
            raise _refusal("invalid_scope")
        now = int(time.time())
        claims = {
            "sub": client.id,
            "token_use": "access",
            "scope": " ".join(scopes),
            "auth_time": now,
            "iss": _issuer(pool),
            "exp": now + settings.lifetime,
            "iat": now,
            "version": 2,
            "jti": str(uuid.uuid4()),
            "client_id": client.id,
        }
        return {"access_token": self._sign(pool, claims), "expires_in": settings.lifetime, "token_type": "Bearer"}

    def _discovery(self, request: Request) -> Response:
        pool = _pool_or_404(request)
        issuer = _issuer(pool)
        document: dict[str, object] = {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "token"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        if pool.domain is not None:
            base = f"https://{pool.domain.domain}.auth.{pool.region}.amazoncognito.com"
            document["authorization_endpoint"] = f"{base}/oauth2/authorize"
            document["token_endpoint"] = f"{base}/oauth2/token"
        return JSONResponse(document)

    def _jwks(self, request: Request) -> Response:
        return JSONResponse(self._key(_pool_or_404(request)).jwks())

    def _sign(self, pool: CognitoIdpUserPool, claims: Mapping[str, object]) -> str:
        return self._key(pool).sign(claims, typ=None)

    def _key(self, pool: CognitoIdpUserPool) -> SigningKey:
        return self._keys.get(pool.id) or self._keys.setdefault(pool.id, SigningKey())


@dataclass(frozen=True)
class _ClientSettings:
    client_credentials: bool
    scopes: tuple[str, ...]
    lifetime: int
    """Of an access token, in seconds."""


def _settings(client: CognitoIdpUserPoolClient) -> _ClientSettings:
    config: Mapping[str, Any] = client.extended_config
    unit = (config.get("TokenValidityUnits") or {}).get("AccessToken", "hours")
    return _ClientSettings(
        client_credentials=bool(config.get("AllowedOAuthFlowsUserPoolClient"))
        and "client_credentials" in (config.get("AllowedOAuthFlows") or ()),
        scopes=tuple(config.get("AllowedOAuthScopes") or ()),
        lifetime=(config.get("AccessTokenValidity") or 1) * _SECONDS[unit],
    )


def _authenticated_client(pool: CognitoIdpUserPool, asked: TokenRequest) -> CognitoIdpUserPoolClient:
    if not asked.client_id:
        raise _refusal("invalid_request")
    client = pool.clients.get(asked.client_id)
    if client is None or not client.generate_secret:
        raise _refusal("invalid_client")
    if not hmac.compare_digest(client.secret.encode(), asked.client_secret.encode()):
        raise _refusal("invalid_client")
    return client


def _refusal(error: str) -> OAuthError:
    return OAuthError(400, error, "")


def _pools() -> Iterator[CognitoIdpUserPool]:
    for account in list(cognitoidp_backends.values()):
        for backend in list(account.values()):
            yield from list(backend.user_pools.values())


def _find_pool(pool_id: str) -> CognitoIdpUserPool | None:
    return next((pool for pool in _pools() if pool.id == pool_id), None)


def _pool_or_404(request: Request) -> CognitoIdpUserPool:
    pool_id = str(request.path_params["pool_id"])
    pool = _find_pool(pool_id)
    if pool is None:
        raise HTTPException(404, f"User pool {pool_id} does not exist.")
    return pool


def _pool_of_domain(host: str) -> CognitoIdpUserPool:
    place = TOKEN_HOST.fullmatch(host)
    for pool in _pools():
        if place and pool.region == place["region"] and pool.domain and pool.domain.domain == place["prefix"]:
            return pool
    raise HTTPException(404, f"No user pool has the domain {host}.")


def _issuer(pool: CognitoIdpUserPool) -> str:
    return f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}"
