"""An Okta org: its state, its HTTP side and the keys of its authorization servers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.tenants.credentials import OKTA_API_TOKEN, OKTA_DOMAIN
from sandbox.tenants.okta.errors import OktaError
from sandbox.tenants.okta.management import ManagementApi
from sandbox.tenants.okta.servers import AuthorizationServer
from sandbox.tenants.okta.state import DEFAULT_SERVER, State
from sandbox.tenants.okta.tokens import UnknownClientError, claims_of, decide
from sandbox.tenants.signing import SigningKey, altered
from sandbox.tenants.token_request import OAuthError, parse_token_request

_SERVER = "/oauth2/{server}"


class OktaOrg:
    """An org with the authorization server `default` and nothing else; `app` is its ASGI app.

    The org authorization server (`/oauth2/v1/token`) is not played: its tokens are opaque, no gateway can judge them.
    """

    def __init__(self, domain: str = OKTA_DOMAIN, api_token: str = OKTA_API_TOKEN) -> None:
        self.domain = domain
        self.state = State(f"https://{domain}")
        self.app: ASGIApp = _OriginForm(
            Starlette(
                routes=[
                    Route("/.well-known/okta-organization", self._organization),
                    Route(_SERVER + "/v1/token", self._token, methods=["POST"]),
                    Route(_SERVER + "/v1/keys", self._keys),
                    Route(_SERVER + "/.well-known/openid-configuration", self._discovery),
                    Route(_SERVER + "/.well-known/oauth-authorization-server", self._discovery),
                    *ManagementApi(self.state, api_token).routes(),
                ]
            )
        )

    def issuer(self, server: str = DEFAULT_SERVER) -> str:
        """What tokens of an authorization server carry as `iss`; raises LookupError where there is none of that id."""
        return self._server(server).document.issuer

    def mint(
        self,
        client_id: str,
        *,
        server: str = DEFAULT_SERVER,
        scopes: Sequence[str] = (),
        lifetime: int = 3600,
        claims: Mapping[str, object] | None = None,
        key: SigningKey | None = None,
    ) -> str:
        """An access token of an authorization server, granted or not: for tests of what refuses tokens.

        `lifetime` in seconds, negative for an expired one; `claims` go over the token's own, None takes one out; `key`
        signs instead of the server's. Raises LookupError where there is no server of that id.
        """
        with self.state.lock:
            issuing = self._server(server)
            own = claims_of(issuing, client_id, scopes, now=int(time.time()), lifetime=lifetime)
        return (key or issuing.key).sign(altered(own, claims or {}), typ=None)

    def key_id(self, server: str = DEFAULT_SERVER) -> str:
        """The `kid` of the key that an authorization server publishes; raises LookupError like `issuer`."""
        return self._server(server).key.kid

    def leftovers(self) -> list[str]:
        """What a deployment made here and has not deleted, one line each."""
        with self.state.lock:
            found = [f"okta app {app.label} ({app.id})" for app in self.state.apps.values()]
            for key, server in self.state.servers.items():
                if not server.document.default:
                    found.append(f"okta authorization server {server.document.name} ({key})")
                found += [f"okta scope {scope.name} on {key}" for scope in server.scopes.values() if not scope.system]
                found += [f"okta claim {claim.name} on {key}" for claim in server.claims.values()]
                found += [f"okta policy {policy.name} on {key}" for policy in server.policies.values()]
            return found

    async def _organization(self, _: Request) -> Response:
        return JSONResponse({"id": "00osandboxOrg0000000", "pipeline": "idx"})

    async def _token(self, request: Request) -> Response:
        body = await request.body()
        try:
            asked = parse_token_request(dict(request.headers), body, accepts_json=False)
            with self.state.lock:
                server = self._active(request)
                granted = decide(asked, server, self.state)
                claims = claims_of(
                    server, granted.app.client_id, granted.scopes, now=int(time.time()), lifetime=granted.lifetime
                )
        except UnknownClientError as error:
            return JSONResponse(OktaError(error.status, error.error, error.description).document(), error.status)
        except OAuthError as error:
            return JSONResponse({"error": error.error, "error_description": error.description}, error.status)
        except OktaError as error:
            return JSONResponse(error.document(), error.status)
        answer = {
            "token_type": "Bearer",
            "expires_in": granted.lifetime,
            "access_token": server.key.sign(claims, typ=None),
            "scope": " ".join(granted.scopes),
        }
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def _keys(self, request: Request) -> Response:
        try:
            return JSONResponse(self._active(request).key.jwks())
        except OktaError as error:
            return JSONResponse(error.document(), error.status)

    async def _discovery(self, request: Request) -> Response:
        try:
            server = self._active(request)
        except OktaError as error:
            return JSONResponse(error.document(), error.status)
        issuer = server.document.issuer
        published = [scope.name for scope in server.scopes.values() if scope.metadata_publish == "ALL_CLIENTS"]
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/v1/authorize",
                "token_endpoint": f"{issuer}/v1/token",
                "jwks_uri": f"{issuer}/v1/keys",
                "response_types_supported": ["code", "token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "grant_types_supported": ["client_credentials"],
                "scopes_supported": published,
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    def _server(self, key: str) -> AuthorizationServer:
        if key not in self.state.servers:
            raise LookupError(f"the Okta org has no authorization server {key}")
        return self.state.servers[key]

    def _active(self, request: Request) -> AuthorizationServer:
        server = self.state.server(request.path_params["server"])
        if not server.is_active:
            raise OktaError(404, "E0000007", "Not found: the authorization server is inactive")
        return server


class _OriginForm:
    """Takes requests in absolute form too (RFC 9112, section 3.2.2), as a client sends them that is told of a proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/"):
            raw = urlsplit(scope["raw_path"]).path or b"/"
            scope = {**scope, "path": urlsplit(scope["path"]).path or "/", "raw_path": raw}
        await self._app(scope, receive, send)
