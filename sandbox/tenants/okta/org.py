"""An Okta org: its management API, and the token endpoints and keys of its authorization servers."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sandbox.credentials import OKTA_API_TOKEN, OKTA_DOMAIN
from sandbox.tenants.collection import Collection, Json
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.okta.state import App, OktaError, Server, State, Status
from sandbox.tenants.okta.tokens import claims_of, decide
from sandbox.tenants.tenant import Answer, Tenant
from sandbox.tenants.token_request import TokenRequest

_ISSUER = "/oauth2/{server}"
_SERVER = "/authorizationServers/{server}"
_LIFECYCLE: dict[str, Status] = {"activate": "ACTIVE", "deactivate": "INACTIVE"}

_ORGANIZATION = {"id": "00osandboxOrg0000000", "pipeline": "idx"}
_PROFILE = {"login": "deployer@sandbox.example", "email": "deployer@sandbox.example"}
_DEPLOYER = {"id": "00usandboxDeployer00", "status": "ACTIVE", "profile": _PROFILE}
_ISSUER_MODE = {"issuerMode": "ORG_URL"}
_POLICY = {
    "id": "rstsandboxAccessPolicy",
    "name": "Any two factors",
    "type": "ACCESS_POLICY",
    "status": "ACTIVE",
    "system": True,
}
"""An org on Identity Engine has one for apps; service apps sign no user in, so nothing here judges by it."""


class OktaOrg(Tenant):
    """An org with the authorization server `default` and nothing else.

    The management API takes the sandbox's token, as SSWS or as Bearer. The org authorization server
    (`/oauth2/v1/token`) is not played: its tokens are opaque, no gateway can judge them.
    """

    vendor, base, update_method = "okta", "/api/v1", "PUT"

    def __init__(self) -> None:
        self.domain = OKTA_DOMAIN
        self.state = state = State()
        kinds: dict[str, Collection[Any]] = {
            "/apps": state.apps,
            "/authorizationServers": state.servers,
            f"{_SERVER}/scopes": state.scopes,
            f"{_SERVER}/claims": state.claims,
            f"{_SERVER}/policies": state.policies,
            f"{_SERVER}/policies/{{policy}}/rules": state.rules,
        }
        super().__init__(
            OktaError,
            kinds,
            [
                self.route("/users/me", lambda _: (200, _DEPLOYER), "GET"),
                self.route("/policies", lambda _: (200, [_POLICY]), "GET"),
                self.route("/apps/{key}/policies/{assigned}", lambda _: (204, None), "PUT"),
                self.route("/internal/apps/{key}/settings/oauth/idToken", lambda _: (200, _ISSUER_MODE), "GET", "POST"),
                *(self._lifecycle(path, kind) for path, kind in kinds.items() if "status" in kind.model.server_set),
            ],
            [
                published("/.well-known/okta-organization", lambda _: _ORGANIZATION),
                token_endpoint(_ISSUER + "/v1/token", self._issue),
                published(_ISSUER + "/v1/keys", lambda request: self._active(request).signer.jwks()),
                published(_ISSUER + "/.well-known/openid-configuration", self._discovery),
                published(_ISSUER + "/.well-known/oauth-authorization-server", self._discovery),
            ],
        )

    def sign(self, claims: Mapping[str, object], *, server: str) -> str:
        """A token of an authorization server with exactly these claims; raises LookupError where there is none."""
        if server not in self.state.servers:
            raise LookupError(f"the Okta org has no authorization server {server}")
        return self.state.servers[server].signer.sign(claims, typ=None)

    def authorize(self, request: Request) -> None:
        """Nobody may ask below a server or a policy that is not there."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("ssws", "bearer") or not hmac.compare_digest(token, OKTA_API_TOKEN):
            raise OktaError(401, "Invalid token provided")
        for parent, kind in (("server", self.state.servers), ("policy", self.state.policies)):
            if parent in request.path_params:
                kind.find(request.path_params[parent], request.path_params)

    def show(self, entity: Any, request: Request) -> Json:
        """Okta tells an app's secret when it is made or replaced, and not when it is read."""
        document = entity.document()
        if isinstance(entity, App) and request.method == "GET":
            del document["credentials"]["oauthClient"]["client_secret"]
        return document

    def _lifecycle(self, path: str, kind: Collection[Any]) -> Route:
        def respond(request: Request) -> Answer:
            entity = kind.find(request.path_params["key"], request.path_params)
            if request.path_params["operation"] not in _LIFECYCLE:
                return self.refuse(request)
            kind[entity.id] = entity.model_copy(update={"status": _LIFECYCLE[request.path_params["operation"]]})
            return (200, {}) if isinstance(entity, App) else (204, None)

        return self.route(path + "/{key}/lifecycle/{operation}", respond, "POST")

    def _issue(self, request: Request, asked: TokenRequest) -> Issued:
        with self.lock:
            server = self._active(request)
            scopes, lifetime = decide(asked, server, self.state)
            claims = claims_of(server, self.state, asked.client_id, scopes)
        return Issued(server.signer, claims, lifetime, scopes)

    def _discovery(self, request: Request) -> Json:
        with self.lock:
            server = self._active(request)
            scopes = self.state.scopes.search({"server": server.id})
        return discovery(
            server.issuer,
            keys=f"{server.issuer}/v1/keys",
            authorization_endpoint=f"{server.issuer}/v1/authorize",
            token_endpoint=f"{server.issuer}/v1/token",
            scopes_supported=[scope.name for scope in scopes if scope.metadata_publish == "ALL_CLIENTS"],
            grant_types_supported=["client_credentials"],
        )

    def _active(self, request: Request) -> Server:
        server = self.state.servers.find(request.path_params["server"])
        if server.status != "ACTIVE":
            raise OktaError(404, "Not found: the authorization server is inactive")
        return server
