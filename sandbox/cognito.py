"""What Amazon Cognito serves beside its API, over moto's user pools: token endpoint, discovery document and keys.

Rules: Cognito developer guide, "token endpoint" (grants, client authentication, errors with status 400) and
"understanding the access token". Only the client-credentials grant is served.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from moto.cognitoidp.models import CognitoIdpUserPool
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.aws.user_pools import access_token_lifetime, every_pool, pool_of_domain
from sandbox.network import host_of
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.signing import SigningKey
from sandbox.tenants.token_request import OAuthError, TokenRequest

TOKEN_HOST = re.compile(r"(?P<prefix>[a-z0-9-]+)\.auth\.(?P<region>[a-z0-9-]+)\.amazoncognito\.com")
ISSUER_HOST = re.compile(r"cognito-idp\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
ISSUER_PATH = re.compile(r"/[^/]+/\.well-known/(openid-configuration|jwks\.json)")


class CognitoIssuer:
    """Issues the tokens of every user pool in moto, each pool with a key of its own. `app` is the ASGI application."""

    def __init__(self) -> None:
        self._keys: dict[str, SigningKey] = {}
        self.app = Starlette(
            routes=[
                token_endpoint("/oauth2/token", self._issue),
                published("/{pool_id}/.well-known/openid-configuration", _discovery),
                published("/{pool_id}/.well-known/jwks.json", lambda request: self._key(_pool_or_404(request)).jwks()),
            ],
            exception_handlers={OAuthError: _refusal},
        )

    def sign(self, claims: Mapping[str, object], *, issuer: str) -> str:
        """A token with exactly these claims, signed with the key of the pool whose issuer is named.

        Raises LookupError where no pool has this issuer.
        """
        pool = _find_pool(issuer.rpartition("/")[2])
        if pool is None or _issuer(pool) != issuer:
            raise LookupError(f"no user pool issues as {issuer}")
        return self._key(pool).sign(claims, typ=None)

    def _issue(self, request: Request, asked: TokenRequest) -> Issued:
        pool = _pool_of_domain(host_of(request.scope))
        if asked.grant_type != "client_credentials":
            raise OAuthError(400, "unsupported_grant_type" if asked.grant_type else "invalid_request")
        if not asked.client_id:
            raise OAuthError(400, "invalid_request")
        client = pool.clients.get(asked.client_id)
        if client is None or not client.generate_secret or not asked.shows(client.secret):
            raise OAuthError(400, "invalid_client")
        config: Mapping[str, Any] = client.extended_config
        flows, allowed = config.get("AllowedOAuthFlows") or (), tuple(config.get("AllowedOAuthScopes") or ())
        if not config.get("AllowedOAuthFlowsUserPoolClient") or "client_credentials" not in flows:
            raise OAuthError(400, "unauthorized_client")
        scopes = asked.scopes or allowed
        if not scopes or not set(scopes) <= set(allowed):
            raise OAuthError(400, "invalid_scope")
        claims = {
            "sub": client.id,
            "token_use": "access",
            "scope": " ".join(scopes),
            "auth_time": int(time.time()),
            "iss": _issuer(pool),
            "version": 2,
            "jti": str(uuid.uuid4()),
            "client_id": client.id,
        }
        return Issued(self._key(pool), claims, access_token_lifetime(config))

    def _key(self, pool: CognitoIdpUserPool) -> SigningKey:
        return self._keys.get(pool.id) or self._keys.setdefault(pool.id, SigningKey())


def _refusal(_: Request, refused: Any) -> JSONResponse:
    """Cognito says neither why nor, with a 401, that it was the client."""
    return JSONResponse({"error": refused.error}, 400)


def _discovery(request: Request) -> Mapping[str, object]:
    pool = _pool_or_404(request)
    issuer, metadata = _issuer(pool), {"scopes_supported": ["openid", "email", "phone", "profile"]}
    if pool.domain:
        base = f"https://{pool.domain.domain}.auth.{pool.region}.amazoncognito.com/oauth2"
        metadata |= {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token"}
    return discovery(issuer, keys=f"{issuer}/.well-known/jwks.json", **metadata)


def _find_pool(pool_id: str) -> CognitoIdpUserPool | None:
    return next((pool for pool in every_pool() if pool.id == pool_id), None)


def _pool_or_404(request: Request) -> CognitoIdpUserPool:
    pool_id = str(request.path_params["pool_id"])
    if pool := _find_pool(pool_id):
        return pool
    raise HTTPException(404, f"User pool {pool_id} does not exist.")


def _pool_of_domain(host: str) -> CognitoIdpUserPool:
    place = TOKEN_HOST.fullmatch(host)
    if place and (pool := pool_of_domain(place["prefix"], place["region"])):
        return pool
    raise HTTPException(404, f"No user pool has the domain {host}.")


def _issuer(pool: CognitoIdpUserPool) -> str:
    return f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}"
