"""An Auth0 tenant: its state, its HTTP side and the key that signs its tokens."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.tenants.auth0.entities import Client, Scope
from sandbox.tenants.auth0.errors import ManagementError
from sandbox.tenants.auth0.management import BASE, MANAGEMENT_SCOPES, ManagementApi
from sandbox.tenants.auth0.state import State
from sandbox.tenants.auth0.tokens import claims_of, decide, token_type_of
from sandbox.tenants.credentials import AUTH0_API_TOKEN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_DOMAIN
from sandbox.tenants.signing import SigningKey, altered
from sandbox.tenants.token_request import OAuthError, parse_token_request


class Auth0Tenant:
    """A tenant with the Management API and one application that may use all of it; otherwise empty.

    `app` is its ASGI app, `issuer` what its tokens carry as `iss`. The Management API takes `api_token` or a token
    from the token endpoint, such as the deployer application gets.
    """

    def __init__(self, domain: str = AUTH0_DOMAIN, api_token: str = AUTH0_API_TOKEN) -> None:
        self.domain = domain
        self.issuer = f"https://{domain}/"
        self.management_audience = f"https://{domain}{BASE}/"
        self.state = State()
        self._key = SigningKey()
        self._api_token = api_token
        self._add_deployer()
        self.app = Starlette(
            routes=[
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/.well-known/jwks.json", self._jwks),
                *ManagementApi(self.state, self._permissions).routes(),
            ]
        )

    def mint(
        self,
        client_id: str,
        *,
        audience: str,
        scopes: Sequence[str] = (),
        lifetime: int | None = None,
        claims: Mapping[str, object] | None = None,
        key: SigningKey | None = None,
    ) -> str:
        """An access token in the audience's dialect, granted or not: for tests of what refuses tokens.

        `lifetime` in seconds, negative for an expired one; `claims` go over the token's own, None takes one out; `key`
        signs instead of the tenant's. Raises LookupError for an audience that the tenant does not have.
        """
        with self.state.lock:
            api = self.state.api_by_identifier(audience)
        if api is None:
            raise LookupError(f"the Auth0 tenant has no API {audience}")
        own = claims_of(client_id, api, scopes, issuer=self.issuer, now=int(time.time()), lifetime=lifetime)
        return (key or self._key).sign(altered(own, claims or {}), typ=token_type_of(api))

    @property
    def key_id(self) -> str:
        """The `kid` of the key that the tenant publishes."""
        return self._key.kid

    def leftovers(self) -> list[str]:
        """What a deployment made here and has not deleted, one line each."""
        with self.state.lock:
            return [
                *(f"auth0 resource server {a.identifier}" for a in self.state.apis.values() if not a.is_system),
                *(f"auth0 client {c.name} ({c.client_id})" for c in self.state.clients.values() if not c.is_global),
                *(
                    f"auth0 client grant {g.id} ({g.client_id} at {g.audience})"
                    for g in self.state.grants.values()
                    if not g.is_system
                ),
            ]

    def _add_deployer(self) -> None:
        scopes = [Scope(value=scope).model_dump() for scope in MANAGEMENT_SCOPES]
        api = {"name": "Auth0 Management API", "identifier": self.management_audience, "scopes": scopes}
        self.state.create_api(api, is_system=True)
        self.state.clients[AUTH0_CLIENT_ID] = Client.model_validate(
            {
                "client_id": AUTH0_CLIENT_ID,
                "client_secret": AUTH0_CLIENT_SECRET,
                "name": "Deployer",
                "app_type": "non_interactive",
                "grant_types": ["client_credentials"],
                "token_endpoint_auth_method": "client_secret_basic",
                "global": True,
            }
        )
        grant = {"client_id": AUTH0_CLIENT_ID, "audience": self.management_audience, "allow_all_scopes": True}
        self.state.create_grant(grant, is_system=True)

    def _permissions(self, request: Request) -> frozenset[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ManagementError(401, "Missing authentication", "missing_authentication")
        if token == self._api_token:
            return frozenset(MANAGEMENT_SCOPES)
        try:
            claims = self._key.verify(token, issuer=self.issuer, audience=self.management_audience)
        except jwt.InvalidTokenError:
            raise ManagementError(401, "Invalid token", "invalid_token") from None
        return frozenset(str(claims.get("scope", "")).split())

    async def _token(self, request: Request) -> Response:
        body = await request.body()
        try:
            asked = parse_token_request(dict(request.headers), body, accepts_json=True)
            with self.state.lock:
                granted = decide(asked, self.state)
        except OAuthError as refusal:
            return JSONResponse({"error": refusal.error, "error_description": refusal.description}, refusal.status)
        token = self.mint(granted.client.client_id, audience=granted.api.identifier, scopes=granted.scopes)
        answer: dict[str, object] = {"access_token": token, "expires_in": granted.api.token_lifetime}
        if granted.scopes:
            answer["scope"] = " ".join(granted.scopes)
        return JSONResponse({**answer, "token_type": "Bearer"}, headers={"Cache-Control": "no-store"})

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}authorize",
                "token_endpoint": f"{self.issuer}oauth/token",
                "jwks_uri": f"{self.issuer}.well-known/jwks.json",
                "response_types_supported": ["code", "token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse(self._key.jwks())
