"""An Auth0 tenant: its Management API v2, its token endpoint and the key that signs its tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from starlette.requests import Request

from sandbox.credentials import AUTH0_API_TOKEN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_DOMAIN
from sandbox.tenants.auth0.state import ManagementError, State
from sandbox.tenants.auth0.tokens import claims_of, decide, token_type_of
from sandbox.tenants.collection import Collection, Json
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.signing import SigningKey
from sandbox.tenants.tenant import Tenant
from sandbox.tenants.token_request import TokenRequest

_VERBS = {"POST": "create", "GET": "read", "PATCH": "update", "DELETE": "delete"}
_KINDS = ("resource_servers", "clients", "client_grants", "client_keys", "client_credentials")
MANAGEMENT_SCOPES = frozenset(f"{verb}:{kind}" for verb in _VERBS.values() for kind in _KINDS)
_READS_SECRETS = ("read:client_keys", "read:client_credentials")


class Auth0Tenant(Tenant):
    """A tenant with the Management API and one application that may use all of it; otherwise empty.

    `issuer` is what its tokens carry as `iss`. The Management API takes the sandbox's token or one from the token
    endpoint, such as the deployer application gets.
    """

    vendor, base, update_method = "auth0", "/api/v2", "PATCH"

    def __init__(self) -> None:
        self.domain = AUTH0_DOMAIN
        self.issuer = f"https://{self.domain}/"
        self.management_audience = f"https://{self.domain}{self.base}/"
        self.state = State()
        self.key = SigningKey()
        self._add_deployer()
        super().__init__(
            ManagementError,
            {
                "/resource-servers": self.state.apis,
                "/clients": self.state.clients,
                "/client-grants": self.state.grants,
            },
            # Clients on this tenant authenticate with a secret, so none has key credentials.
            [self.route("/clients/{key}/credentials", lambda _: (200, []), "GET")],
            [
                token_endpoint("/oauth/token", self._issue, accepts_json=True),
                published("/.well-known/openid-configuration", self._discovery),
                published("/.well-known/jwks.json", lambda _: self.key.jwks()),
            ],
        )

    def sign(self, claims: Mapping[str, object], *, audience: str) -> str:
        """A token of exactly these claims, with the `typ` of the audience's dialect.

        Raises LookupError for an audience that the tenant does not have.
        """
        with self.lock:
            apis = self.state.apis.search({"identifier": audience})
        if not apis:
            raise LookupError(f"the Auth0 tenant has no API {audience}")
        return self.key.sign(claims, typ=token_type_of(apis[0]))

    def authorize(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ManagementError(401, "Missing authentication")
        scopes = MANAGEMENT_SCOPES if token == AUTH0_API_TOKEN else self._scopes_of(token)
        path = request.url.path.removeprefix(self.base).split("/")
        kind = "client_credentials" if path[3:] == ["credentials"] else path[1].replace("-", "_")
        needed = f"{_VERBS.get(request.method)}:{kind}"
        if needed in MANAGEMENT_SCOPES and needed not in scopes:
            raise ManagementError(403, f"Insufficient scope, expected any of: {needed}")
        request.state.shows_secrets = not scopes.isdisjoint(_READS_SECRETS)

    def show(self, entity: Any, request: Request) -> Json:
        """Without a client's secret for callers who may not read it."""
        document = entity.document()
        if not request.state.shows_secrets:
            document.pop("client_secret", None)
        return document

    def show_list(self, kind: Collection[Any], found: Sequence[Any], request: Request) -> object:
        """All in one page, with their number where it is asked for."""
        shown = super().show_list(kind, found, request)
        if request.query_params.get("include_totals") != "true":
            return shown
        return {"total": len(found), "start": 0, "limit": len(found), f"{kind.model.what.replace(' ', '_')}s": shown}

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
            claims = self.key.verify(token, issuer=self.issuer, audience=self.management_audience)
        except jwt.InvalidTokenError:
            raise ManagementError(401, "Invalid token") from None
        return frozenset(str(claims.get("scope", "")).split())

    def _issue(self, _: Request, asked: TokenRequest) -> Issued:
        with self.lock:
            api, scopes = decide(asked, self.state)
        claims = claims_of(asked.client_id, api, scopes, issuer=self.issuer)
        return Issued(self.key, claims, api.token_lifetime, scopes, token_type_of(api))

    def _discovery(self, _: Request) -> Json:
        endpoints = {"authorization_endpoint": f"{self.issuer}authorize", "token_endpoint": f"{self.issuer}oauth/token"}
        return discovery(self.issuer, keys=f"{self.issuer}.well-known/jwks.json", **endpoints)
