"""An Auth0 tenant: its Management API v2, its token endpoint and the key that signs its tokens."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jwt
from starlette.requests import Request

from sandbox.tenants.auth0.state import ManagementError, State, invalid_body
from sandbox.tenants.auth0.tokens import claims_of, decide, token_type_of
from sandbox.tenants.collection import Collection, Json
from sandbox.tenants.credentials import AUTH0_API_TOKEN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_DOMAIN
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.signing import SigningKey, altered
from sandbox.tenants.tenant import Answer, Call, Row, Tenant
from sandbox.tenants.token_request import TokenRequest

_KINDS = ("resource_servers", "clients", "client_grants", "client_keys", "client_credentials")
MANAGEMENT_SCOPES = frozenset(f"{verb}:{kind}" for verb in ("create", "read", "update", "delete") for kind in _KINDS)
_READS_SECRETS = ("read:client_keys", "read:client_credentials")


class Auth0Tenant(Tenant):
    """A tenant with the Management API and one application that may use all of it; otherwise empty.

    `issuer` is what its tokens carry as `iss`. The Management API takes `api_token` or a token from the token endpoint,
    such as the deployer application gets.
    """

    base, update_method = "/api/v2", "PATCH"

    def __init__(self, domain: str = AUTH0_DOMAIN, api_token: str = AUTH0_API_TOKEN) -> None:
        self.domain = domain
        self.issuer = f"https://{domain}/"
        self.management_audience = f"https://{domain}{self.base}/"
        self.state = State()
        self._key = SigningKey()
        self._api_token = api_token
        self._add_deployer()
        super().__init__(
            [
                token_endpoint("/oauth/token", self._issue, accepts_json=True),
                published("/.well-known/openid-configuration", self._discovery),
                published("/.well-known/jwks.json", lambda _: self._key.jwks()),
            ]
        )

    def table(self) -> Iterable[Row]:
        state = self.state
        return [
            Row("GET", "/clients/{key}/credentials", self._list_credentials, "read:client_credentials"),
            *self.collection("/resource-servers", lambda _: state.apis, "resource_servers"),
            *self.collection("/clients", lambda _: state.clients, "clients"),
            *self.collection("/client-grants", lambda _: state.grants, "client_grants"),
        ]

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
        with self.lock:
            api = self.state.apis.of(audience)
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
        state = self.state
        with self.lock:
            return [
                *(f"auth0 resource server {api.identifier}" for api in state.apis.values() if not api.is_system),
                *(f"auth0 client {c.name} ({c.client_id})" for c in state.clients.values() if not c.is_global),
                *(
                    f"auth0 client grant {g.id} ({g.client_id} at {g.audience})"
                    for g in state.grants.values()
                    if not g.is_system
                ),
            ]

    def authorize(self, request: Request, permission: str) -> frozenset[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ManagementError(401, "Missing authentication", "missing_authentication")
        scopes = MANAGEMENT_SCOPES if token == self._api_token else self._scopes_of(token)
        if permission and permission not in scopes:
            raise ManagementError(403, f"Insufficient scope, expected any of: {permission}", "insufficient_scope")
        return scopes

    def show(self, kind: Collection[Any], entity: Any, call: Call) -> Json:
        """Without a client's secret for callers who may not read it; of the fields those that the query names."""
        document = kind.document(entity)
        if call.permissions.isdisjoint(_READS_SECRETS):
            document.pop("client_secret", None)
        named = call.query.get("fields", "").split(",")
        included = call.query.get("include_fields", "true") == "true"
        return {name: value for name, value in document.items() if named == [""] or (name in named) == included}

    def show_list(self, kind: Collection[Any], call: Call) -> object:
        """One page, with the number of all where it is asked for."""
        try:
            page, limit = int(call.query.get("page", "0")), int(call.query.get("per_page", "50"))
        except ValueError:
            raise ManagementError(400, "page and per_page have to be integers", "invalid_query_string") from None
        found, start = kind.search(call.query), page * limit
        shown = [self.show(kind, entity, call) for entity in found[start : start + limit]]
        if call.query.get("include_totals") != "true":
            return shown
        return {"total": len(found), "start": start, "limit": limit, f"{kind.what.replace(' ', '_')}s": shown}

    def malformed(self, *, is_json: bool) -> ManagementError:
        if is_json:
            return invalid_body("'Expected type object'.")
        return ManagementError(400, "Invalid request payload JSON format", "invalid_body")

    def unknown(self, request: str) -> ManagementError:
        return ManagementError(404, f"Not Found: the sandbox does not play {request}", "not_found")

    def _list_credentials(self, call: Call) -> Answer:
        """Clients on this tenant authenticate with a secret, so none has key credentials."""
        self.state.clients.find(call.path["key"])
        return 200, []

    def _add_deployer(self) -> None:
        api = {"name": "Auth0 Management API", "identifier": self.management_audience}
        scopes = [{"value": scope} for scope in sorted(MANAGEMENT_SCOPES)]
        client = {"name": "Deployer", "app_type": "non_interactive", "client_secret": AUTH0_CLIENT_SECRET}
        grant = {"client_id": AUTH0_CLIENT_ID, "audience": self.management_audience, "allow_all_scopes": True}
        self.state.apis.create({**api, "scopes": scopes}, is_system=True)
        self.state.clients.create(client, client_id=AUTH0_CLIENT_ID, **{"global": True})
        self.state.grants.create(grant, is_system=True)

    def _scopes_of(self, token: str) -> frozenset[str]:
        try:
            claims = self._key.verify(token, issuer=self.issuer, audience=self.management_audience)
        except jwt.InvalidTokenError:
            raise ManagementError(401, "Invalid token", "invalid_token") from None
        return frozenset(str(claims.get("scope", "")).split())

    def _issue(self, _: Request, asked: TokenRequest) -> Issued:
        with self.lock:
            granted = decide(asked, self.state)
            token = self.mint(granted.client_id, audience=granted.api.identifier, scopes=granted.scopes)
        return Issued(token, granted.api.token_lifetime, granted.scopes)

    def _discovery(self, _: Request) -> Json:
        endpoints = {"authorization_endpoint": f"{self.issuer}authorize", "token_endpoint": f"{self.issuer}oauth/token"}
        return discovery(self.issuer, keys=f"{self.issuer}.well-known/jwks.json", endpoints=endpoints)
