"""What Amazon Cognito serves beside its API, over moto's user pools: token endpoint, discovery document and keys.

Rules: Cognito developer guide, "token endpoint" (grants, client authentication, errors with status 400) and
"understanding the access token". Only the client-credentials grant is served.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.cognitoidp.models import CognitoIdpUserPool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from sandbox.aws.user_pools import access_token_lifetime, every_pool
from sandbox.network import host_of
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.signing import SigningKey
from sandbox.tenants.token_request import OAuthError, TokenRequest

TOKEN_HOST = re.compile(r"[a-z0-9-]+\.auth\.[a-z0-9-]+\.amazoncognito\.com")
ISSUER_HOST = re.compile(r"cognito-idp\.[a-z0-9-]+\.amazonaws\.com")
ISSUER_PATH = re.compile(r"/[^/]+/\.well-known/(openid-configuration|jwks\.json)")


class CognitoIssuer:
    """Issues the tokens of every user pool in moto, each pool with a key of its own. `app` is the ASGI application."""

    def __init__(self) -> None:
        self._keys: dict[str, SigningKey] = {}
        self.app = Starlette(
            routes=[
                token_endpoint("/oauth2/token", self._issue),
                published("/{pool_id}/.well-known/openid-configuration", lambda request: _metadata(_named(request))),
                published("/{pool_id}/.well-known/jwks.json", lambda request: self._key(_named(request)).jwks()),
            ],
            exception_handlers={OAuthError: _refusal, LookupError: _unknown},
        )

    def sign(self, claims: Mapping[str, object], *, issuer: str) -> str:
        """A token with exactly these claims, signed with the key of the pool whose issuer is named.

        Raises LookupError where no pool has this issuer.
        """
        return self._key(_pool(lambda pool: _issuer(pool) == issuer, issuer)).sign(claims, typ=None)

    def _issue(self, request: Request, asked: TokenRequest) -> Issued:
        host = host_of(request.scope)
        pool = _pool(lambda pool: _domain(pool) == host, host)
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


def _unknown(_: Request, missing: Exception) -> JSONResponse:
    return JSONResponse({"error": str(missing)}, 404)


def _metadata(pool: CognitoIdpUserPool) -> Mapping[str, object]:
    issuer, metadata = _issuer(pool), {"scopes_supported": ["openid", "email", "phone", "profile"]}
    if pool.domain:
        base = f"https://{_domain(pool)}/oauth2"
        metadata |= {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token"}
    return discovery(issuer, keys=f"{issuer}/.well-known/jwks.json", **metadata)


def _named(request: Request) -> CognitoIdpUserPool:
    pool_id = request.path_params["pool_id"]
    return _pool(lambda pool: pool.id == pool_id, pool_id)


def _pool(is_meant: Callable[[CognitoIdpUserPool], bool], name: str) -> CognitoIdpUserPool:
    for pool in every_pool():
        if is_meant(pool):
            return pool
    raise LookupError(f"there is no user pool {name}")


def _domain(pool: CognitoIdpUserPool) -> str:
    return f"{pool.domain.domain}.auth.{pool.region}.amazoncognito.com" if pool.domain else ""


def _issuer(pool: CognitoIdpUserPool) -> str:
    return f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}"
