"""An Okta org: its management API, and the token endpoints and keys of its authorization servers."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from sandbox.tenants.collection import Collection, Json
from sandbox.tenants.credentials import OKTA_API_TOKEN, OKTA_DOMAIN
from sandbox.tenants.issuer import Issued, discovery, published, token_endpoint
from sandbox.tenants.okta.entities import Status
from sandbox.tenants.okta.servers import (
    DEFAULT_SERVER,
    AuthorizationServer,
    OktaCollection,
    OktaError,
    Policies,
    Rules,
    State,
)
from sandbox.tenants.okta.tokens import claims_of, decide
from sandbox.tenants.tenant import Answer, Tenant
from sandbox.tenants.token_request import TokenRequest

_ISSUER = "/oauth2/{server}"
_SERVERS = "/authorizationServers"
_SERVER = _SERVERS + "/{server}"

_ORGANIZATION = {"id": "00osandboxOrg0000000", "pipeline": "idx"}
_PROFILE = {"login": "deployer@sandbox.example", "email": "deployer@sandbox.example"}
_DEPLOYER = {"id": "00usandboxDeployer00", "status": "ACTIVE", "profile": _PROFILE}
_POLICY_ID = "rstsandboxAccessPolicy"
_POLICY = {"id": _POLICY_ID, "name": "Any two factors", "type": "ACCESS_POLICY", "status": "ACTIVE", "system": True}
"""An org on Identity Engine has one for apps; service apps sign no user in, so nothing here judges by it."""


class OktaOrg(Tenant):
    """An org with the authorization server `default` and nothing else.

    The management API takes the sandbox's token, as SSWS or as Bearer. The org authorization server
    (`/oauth2/v1/token`) is not played: its tokens are opaque, no gateway can judge them.
    """

    base, update_method = "/api/v1", "PUT"

    def __init__(self) -> None:
        self.domain = OKTA_DOMAIN
        self.state = State(f"https://{self.domain}")
        super().__init__(
            [
                published("/.well-known/okta-organization", lambda _: _ORGANIZATION),
                token_endpoint(_ISSUER + "/v1/token", self._issue),
                published(_ISSUER + "/v1/keys", lambda request: self._active(request).key.jwks()),
                published(_ISSUER + "/.well-known/openid-configuration", self._discovery),
                published(_ISSUER + "/.well-known/oauth-authorization-server", self._discovery),
            ]
        )

    def routes(self) -> Sequence[Route]:
        state = self.state

        def server(request: Request) -> AuthorizationServer:
            return state.server(request.path_params["server"])

        def policies(request: Request) -> Policies:
            return server(request).policies

        def rules(request: Request) -> Rules:
            return policies(request).rules(request.path_params["policy"])

        return [
            self.route("/users/me", lambda _: (200, _DEPLOYER), "GET"),
            self.route("/policies", lambda _: (200, [_POLICY]), "GET"),
            self.route("/apps", self._create_app, "POST"),
            self.route("/apps/{key}/policies/{policy}", self._assign_policy, "PUT"),
            self.route("/internal/apps/{key}/settings/oauth/idToken", self._issuer_mode, "GET", "POST"),
            *self.collection("/apps", lambda _: state.apps),
            *self._lifecycle("/apps", lambda _: state.apps, (200, {})),
            *self.collection(_SERVERS, lambda _: state.servers),
            *self._lifecycle(_SERVERS, lambda _: state.servers),
            *self.collection(_SERVER + "/scopes", lambda request: server(request).scopes),
            *self.collection(_SERVER + "/claims", lambda request: server(request).claims),
            *self.collection(_SERVER + "/policies", policies),
            *self._lifecycle(_SERVER + "/policies", policies),
            *self.collection(_SERVER + "/policies/{policy}/rules", rules),
            *self._lifecycle(_SERVER + "/policies/{policy}/rules", rules),
        ]

    def mint(
        self, client_id: str, *, server: str = DEFAULT_SERVER, scopes: Sequence[str] = (), lifetime: int = 3600
    ) -> str:
        """An access token of an authorization server, granted or not; a negative `lifetime` makes an expired one.

        Raises LookupError where there is no server of that id.
        """
        with self.lock:
            claims = claims_of(self.server(server), client_id, scopes, now=int(time.time()), lifetime=lifetime)
        return self.sign(claims, server=server)

    def sign(self, claims: Mapping[str, object], *, server: str = DEFAULT_SERVER) -> str:
        """A token of an authorization server with exactly these claims; raises LookupError like `mint`."""
        return self.server(server).key.sign(claims, typ=None)

    def server(self, key: str = DEFAULT_SERVER) -> AuthorizationServer:
        if key not in self.state.below:
            raise LookupError(f"the Okta org has no authorization server {key}")
        return self.state.below[key]

    def leftovers(self) -> list[str]:
        """What a deployment made here and has not deleted."""
        with self.lock:
            found = [f"okta app {app.label} ({app.id})" for app in self.state.apps.values()]
            for key, server in self.state.below.items():
                if not server.document.default:
                    found.append(f"okta authorization server {server.document.name} ({key})")
                found += [f"okta scope {scope.name} on {key}" for scope in server.scopes.values() if not scope.system]
                found += [f"okta claim {claim.name} on {key}" for claim in server.claims.values()]
                found += [f"okta policy {policy.name} on {key}" for policy in server.policies.values()]
            return found

    def authorize(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("ssws", "bearer") or not hmac.compare_digest(token, OKTA_API_TOKEN):
            raise OktaError(401, "E0000011", "Invalid token provided")

    def show(self, kind: Collection[Any], entity: Any, request: Request) -> Json:
        """Okta tells an app's secret when it is made or replaced, and not when it is read."""
        document = entity.document()
        if kind is self.state.apps and request.method == "GET":
            del document["credentials"]["oauthClient"]["client_secret"]
        return document

    def malformed(self) -> OktaError:
        return OktaError(400, "E0000003", "The request body was not well-formed.")

    def unknown(self, request: str) -> OktaError:
        return OktaError(404, "E0000022", f"The sandbox does not play {request}.")

    def _lifecycle(
        self, path: str, of: Callable[[Request], OktaCollection[Any]], answer: Answer = (204, None)
    ) -> list[Route]:
        def route(operation: str, status: Status) -> Route:
            def respond(request: Request) -> Answer:
                of(request).set_status(request.path_params["key"], status)
                return answer

            return self.route(path + "/{key}/lifecycle/" + operation, respond, "POST")

        return [route("activate", "ACTIVE"), route("deactivate", "INACTIVE")]

    def _create_app(self, request: Request) -> Answer:
        status = "ACTIVE" if request.query_params.get("activate", "true") == "true" else "INACTIVE"
        app = self.state.apps.create(self.payload(request), status=status)
        return 200, self.show(self.state.apps, app, request)

    def _issuer_mode(self, request: Request) -> Answer:
        self.state.apps.find(request.path_params["key"])
        return 200, {"issuerMode": "ORG_URL"}

    def _assign_policy(self, request: Request) -> Answer:
        self.state.apps.find(request.path_params["key"])
        return (204, None) if request.path_params["policy"] == _POLICY_ID else self.refuse(request)

    def _issue(self, request: Request, asked: TokenRequest) -> Issued:
        with self.lock:
            server = self._active(request)
            app, scopes, lifetime = decide(asked, server, self.state)
            token = self.mint(app.client_id, server=server.id, scopes=scopes, lifetime=lifetime)
        return Issued(token, lifetime, scopes)

    def _discovery(self, request: Request) -> Json:
        with self.lock:
            server = self._active(request)
            scopes = [scope.name for scope in server.scopes.values() if scope.metadata_publish == "ALL_CLIENTS"]
        issuer = server.document.issuer
        return discovery(
            issuer,
            keys=f"{issuer}/v1/keys",
            authorization_endpoint=f"{issuer}/v1/authorize",
            token_endpoint=f"{issuer}/v1/token",
            scopes_supported=scopes,
            grant_types_supported=["client_credentials"],
        )

    def _active(self, request: Request) -> AuthorizationServer:
        server = self.state.server(request.path_params["server"])
        if server.document.status != "ACTIVE":
            raise OktaError(404, "E0000007", "Not found: the authorization server is inactive")
        return server
