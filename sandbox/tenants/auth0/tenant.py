"""An Auth0 tenant: its Management API v2, its token endpoint and the key that signs its tokens."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from starlette.requests import Request
from starlette.routing import Route

from sandbox.tenants.auth0.state import ManagementError, ResourceServer, State, invalid_body
from sandbox.tenants.auth0.tokens import claims_of, decide, token_type_of
from sandbox.tenants.collection import Collection, Json
from sandbox.tenants.credentials import AUTH0_API_TOKEN, AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, AUTH0_DOMAIN
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.signing import SigningKey
from sandbox.tenants.tenant import Answer, Tenant
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

    base, update_method = "/api/v2", "PATCH"

    def __init__(self) -> None:
        self.domain = AUTH0_DOMAIN
        self.issuer = f"https://{self.domain}/"
        self.management_audience = f"https://{self.domain}{self.base}/"
        self.state = State()
        self.key = SigningKey()
        self._add_deployer()
        super().__init__(
            [
                token_endpoint("/oauth/token", self._issue, accepts_json=True),
                published("/.well-known/openid-configuration", self._discovery),
                published("/.well-known/jwks.json", lambda _: self.key.jwks()),
            ]
        )

    def routes(self) -> Sequence[Route]:
        return [
            self.route("/clients/{key}/credentials", self._list_credentials, "GET"),
            *self.collection("/resource-servers", lambda _: self.state.apis),
            *self.collection("/clients", lambda _: self.state.clients),
            *self.collection("/client-grants", lambda _: self.state.grants),
        ]

    def mint(self, client_id: str, *, audience: str, scopes: Sequence[str] = (), lifetime: int | None = None) -> str:
        """An access token in the audience's dialect, granted or not; a negative `lifetime` makes an expired one.

        Raises LookupError for an audience that the tenant does not have.
        """
        api = self._api(audience)
        claims = claims_of(client_id, api, scopes, issuer=self.issuer, now=int(time.time()), lifetime=lifetime)
        return self.sign(claims, audience=audience)

    def sign(self, claims: Mapping[str, object], *, audience: str) -> str:
        """A token of exactly these claims, with the `typ` of the audience's dialect; raises LookupError like `mint`."""
        return self.key.sign(claims, typ=token_type_of(self._api(audience)))

    def leftovers(self) -> list[str]:
        """What a deployment made here and has not deleted."""
        state = self.state
        with self.lock:
            found = [f"auth0 resource server {api.identifier}" for api in state.apis.values() if not api.is_system]
            found += [f"auth0 client {c.name} ({c.client_id})" for c in state.clients.values() if not c.is_global]
            for grant in state.grants.values():
                if not grant.is_system:
                    found.append(f"auth0 client grant {grant.id} ({grant.client_id} at {grant.audience})")
            return found

    def authorize(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ManagementError(401, "Missing authentication", "missing_authentication")
        scopes = MANAGEMENT_SCOPES if token == AUTH0_API_TOKEN else self._scopes_of(token)
        path = request.url.path.removeprefix(self.base).split("/")
        kind = "client_credentials" if path[3:] == ["credentials"] else path[1].replace("-", "_")
        needed = f"{_VERBS.get(request.method)}:{kind}"
        if needed in MANAGEMENT_SCOPES and needed not in scopes:
            raise ManagementError(403, f"Insufficient scope, expected any of: {needed}", "insufficient_scope")
        request.state.shows_secrets = not scopes.isdisjoint(_READS_SECRETS)

    def show(self, kind: Collection[Any], entity: Any, request: Request) -> Json:
        """Without a client's secret for callers who may not read it; of the fields those that the query names."""
        document = entity.document()
        if not request.state.shows_secrets:
            document.pop("client_secret", None)
        named = request.query_params.get("fields", "").split(",")
        included = request.query_params.get("include_fields", "true") == "true"
        return {name: value for name, value in document.items() if named == [""] or (name in named) == included}

    def show_list(self, kind: Collection[Any], request: Request) -> object:
        """One page, with the number of all where it is asked for."""
        query = request.query_params
        try:
            page, limit = int(query.get("page", "0")), int(query.get("per_page", "50"))
        except ValueError:
            raise ManagementError(400, "page and per_page have to be integers", "invalid_query_string") from None
        found, start = kind.search(query), page * limit
        shown = [self.show(kind, entity, request) for entity in found[start : start + limit]]
        if query.get("include_totals") != "true":
            return shown
        return {"total": len(found), "start": start, "limit": limit, f"{kind.what.replace(' ', '_')}s": shown}

    def malformed(self) -> ManagementError:
        return invalid_body("'Expected type object'.")

    def unknown(self, request: str) -> ManagementError:
        return ManagementError(404, f"Not Found: the sandbox does not play {request}", "not_found")

    def _list_credentials(self, request: Request) -> Answer:
        """Clients on this tenant authenticate with a secret, so none has key credentials."""
        self.state.clients.find(request.path_params["key"])
        return 200, []

    def _add_deployer(self) -> None:
        api = {"name": "Auth0 Management API", "identifier": self.management_audience}
        scopes = [{"value": scope} for scope in sorted(MANAGEMENT_SCOPES)]
        client = {"name": "Deployer", "app_type": "non_interactive", "client_secret": AUTH0_CLIENT_SECRET}
        grant = {"client_id": AUTH0_CLIENT_ID, "audience": self.management_audience, "allow_all_scopes": True}
        self.state.apis.create({**api, "scopes": scopes}, is_system=True)
        self.state.clients.create(client, client_id=AUTH0_CLIENT_ID, **{"global": True})
        self.state.grants.create(grant, is_system=True)

    def _api(self, audience: str) -> ResourceServer:
        with self.lock:
            api = self.state.apis.of(audience)
        if api is None:
            raise LookupError(f"the Auth0 tenant has no API {audience}")
        return api

    def _scopes_of(self, token: str) -> frozenset[str]:
        try:
            claims = self.key.verify(token, issuer=self.issuer, audience=self.management_audience)
        except jwt.InvalidTokenError:
            raise ManagementError(401, "Invalid token", "invalid_token") from None
        return frozenset(str(claims.get("scope", "")).split())

    def _issue(self, _: Request, asked: TokenRequest) -> Issued:
        with self.lock:
            client, api, scopes = decide(asked, self.state)
            token = self.mint(client.client_id, audience=api.identifier, scopes=scopes)
        return Issued(token, api.token_lifetime, scopes)

    def _discovery(self, _: Request) -> Json:
        endpoints = {"authorization_endpoint": f"{self.issuer}authorize", "token_endpoint": f"{self.issuer}oauth/token"}
        return discovery(self.issuer, keys=f"{self.issuer}.well-known/jwks.json", **endpoints)
